"""Where keys and values stand in a TOML text, and that no text whatever breaks the reader."""

from __future__ import annotations

import random
import tomllib

from tests.machines.test_mistakes import OWN

from lockwright.errors import LockwrightError
from lockwright.machines.catalogue import FILES, loaded
from lockwright.machines.positions import positions

TEXT = '''\
# a comment = "with a value"
text = """
key = 1
"""
a.b."c d" = { v = 1, w = [2, { x = 3 }], 'y' = "}" } # { z = 1 }

[t.u]
rows = [
    [0, 1],  # = 5
]
last = "="
'''


def test_where_keys_and_values_stand() -> None:
    tomllib.loads(TEXT)
    found = positions(TEXT, "f.toml")
    assert {path: str(span) for path, span in found.values.items()} == {
        ("text",): "f.toml:2:8",
        ("a", "b", "c d"): "f.toml:5:13",
        ("a", "b", "c d", "v"): "f.toml:5:19",
        ("a", "b", "c d", "w"): "f.toml:5:26",
        ("a", "b", "c d", "w", "x"): "f.toml:5:36",
        ("a", "b", "c d", "y"): "f.toml:5:48",
        ("t", "u", "rows"): "f.toml:8:8",
        ("t", "u", "last"): "f.toml:11:8",
    }
    assert str(found.key(("t", "u"))) == "f.toml:7:1"
    assert str(found.value(("t", "u", "missing"))) == "f.toml:7:1"
    assert str(found.key(("nowhere",))) == "f.toml:1:1"


VALUES = (
    "-1", "0", "1e9", "nan", "true", '"x"', "[]", "{}", "[[0]]", "[6, 6]", "{ v = 3 }", '"mesh"', '"hypercube"', "64",
    '{ v = 3, c = "D", s = "estimate" }', '{ v = -3, c = "D", s = "estimate" }',
    '{ v = 1e-300, unit = "ns", c = "D", s = "estimate" }',
    "2020-01-01",
    '{ derive = { rule = "half_hop" } }', '{ derive = { from = "tilera36", rule = "ratio", by = "ghz" } }',
    '{ from = "niagara2", rule = "copy" }', '{ from = "box.toml", rule = "copy" }', "{ a = { b = 1 } }", "1" + "0" * 30,
)  # fmt: skip
KEYS = (
    "derive", "what", "topology", "hops", "mesh", "distances", "load.M.one_hop", "load.M", "load", "latency", "clock",
    "facts", "anchor", "sources", "notes", "hold", "ghz", "l1.kib", "l1", "packages", "threads_per_core", '"a b"', "c",
)  # fmt: skip


def test_any_text_is_a_machine_or_refused() -> None:
    chance = random.Random(1)
    texts = [OWN, *(path.read_text(encoding="utf-8") for path in FILES.glob("*.toml"))]
    codes = set()
    for _ in range(300):
        lines = chance.choice(texts).splitlines()
        for _ in range(chance.randint(1, 3)):
            place, what = chance.randrange(len(lines)), chance.random()
            if what < 0.5 and "=" in lines[place]:
                lines[place] = f"{lines[place].partition('=')[0]} = {chance.choice(VALUES)}"
            elif what < 0.9:
                lines.insert(place, f"{chance.choice(KEYS)} = {chance.choice(VALUES)}")
            else:
                lines.insert(place, f"[{chance.choice(KEYS)}]")
        try:
            machine = loaded("box", "box.toml", "\n".join(lines))
            if machine.is_runnable:
                assert machine.model().cpus == machine.topology.cpus
            assert machine.weak()
        except LockwrightError as error:
            codes |= {one.code if one.primary.span.line else "nowhere" for one in error.diagnostics}
    assert codes - {"M009"} == {"M002", "M003", "M004", "M005", "M006", "M007"}
