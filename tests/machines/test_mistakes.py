"""A person's own machine file: each mistake in it is one message at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockwright import machines
from lockwright.errors import LockwrightError

OWN = """\
what = "my box"
derive = { from = "opteron48", rule = "copy" }

[sources]
mine = "measured here"

[topology]
packages = 2
cores_per_die = 4
distances = ["same_die", "one_hop"]

[clock]
ghz = { v = 3.0, c = "A", s = "mine" }

[coherence]
hold = { v = 40, c = "A", s = "mine" }

[latency]
load.M.one_hop = { v = 300, c = "A", s = "mine" }
"""


def own(tmp_path: Path, text: str) -> machines.Machine:
    file = tmp_path / "box.toml"
    file.write_text(text, encoding="utf-8")
    return machines.load(file)


def test_a_file_of_ones_own_takes_the_rest_from_a_relative(tmp_path: Path) -> None:
    machine = own(tmp_path, OWN)
    model = machine.model()
    assert (model.name, model.cpus, model.ghz, model.hold_cycles) == ("box", 8, 3.0, 40)
    assert model.latency_cycles[0][4] == (81, 300)
    assert not any("hold" in one or "ghz" in one for one in machine.weak())
    assert any("from opteron48 by copy" in one for one in machine.weak())


def test_a_file_may_take_everything_from_a_relative(tmp_path: Path) -> None:
    model = own(tmp_path, 'what = "a twin"\nderive = { from = "opteron48", rule = "copy" }\n').model()
    twin = machines.load("opteron48").model()
    assert (model.distances, model.latency_cycles) == (twin.distances, twin.latency_cycles)


def test_a_relative_may_be_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "older.toml").write_text(OWN, encoding="utf-8")
    machine = own(tmp_path, 'what = "newer"\nderive = { from = "older.toml", rule = "copy" }\n')
    assert machine.model().hold_cycles == 40
    assert machine.sources["mine"] == "measured here"


LATENCY = 'load.M.one_hop = { v = 300, c = "A", s = "mine" }'
HOLD = 'hold = { v = 40, c = "A", s = "mine" }'
MISTAKES = {
    "negative": (LATENCY, LATENCY.replace("300", "-300"), "M005", "19:24", "`load.M.one_hop` cannot be -300 cycles"),
    "zero": (LATENCY, LATENCY.replace("300", "0"), "M005", "19:24", "expected 1 to 1,000,000 cycles"),
    "absurd": (LATENCY, LATENCY.replace("300", "3e9"), "M005", "19:24", "cannot be 3e+09 cycles"),
    "not a number": (LATENCY, LATENCY.replace("300", "nan"), "M005", "19:24", "cannot be nan cycles"),
    "a text": (LATENCY, LATENCY.replace("300", '"fast"'), "M004", "19:24", 'found the text `"fast"`'),
    "a truth": (LATENCY, LATENCY.replace("300", "true"), "M004", "19:24", "expected a number, found `true`"),
    "bare": (HOLD, "hold = 40", "M004", "16:8", 'write `{ v = 40, c = "D", s = "estimate" }`'),
    "no confidence": (HOLD, 'hold = { v = 40, s = "mine" }', "M004", "16:8", "it lacks `c`"),
    "confidence": (HOLD, HOLD.replace('"A"', '"E"'), "M004", "16:22", "expected `A` (measured)"),
    "source": (HOLD, HOLD.replace("mine", "min"), "M009", "16:31", "there is no source `min`"),
    "key of a number": (HOLD, HOLD.replace("s =", "src ="), "M003", "16:27", "has no key `src`"),
    "unit": (HOLD, HOLD.replace(" }", ', unit = "us" }'), "M004", "16:46", "expected `ns`, or nothing"),
    "time of a clock": ("ghz = { v = 3.0,", 'ghz = { unit = "ns", v = 3.0,', "M004", "13:16", "`ghz` is no time"),
    "property": (HOLD, HOLD.replace("hold", "holdd"), "M003", "16:1", "did you mean `hold`?"),
    "table": ("[coherence]", "[coherense]", "M003", "15:1", "did you mean `coherence`?"),
    "operation": (LATENCY, LATENCY.replace("load", "laod"), "M003", "19:1", "write `load.M.one_hop`"),
    "distance": (LATENCY, LATENCY.replace("one_hop", "one_hopp"), "M003", "19:1", "did you mean `one_hop`?"),
    "relative": ("opteron48", "opteron84", "M007", "2:1", "did you mean `opteron48`?"),
    "rule": ('rule = "copy"', 'rule = "coppy"', "M007", "2:39", "expected `copy`, `copy_ns`, `ratio` or `half_hop`"),
    "nothing": ('from = "opteron48", ', "", "M007", "2:10", "expected `from`, the name of a machine"),
    "itself": ("opteron48", "box.toml", "M007", "2:1", "in a circle"),
    "packages": ("packages = 2", "packages = 0", "M006", "8:12", "a machine has no 0 packages"),
    "too many": ("cores_per_die = 4", "cores_per_die = 4000", "M006", "8:12", "that makes 8,000 CPUs"),
    "line": ("packages = 2", "packages = 2\nline_bytes = 60", "M006", "9:14", "a power of two"),
    "hops": ("packages = 2", 'packages = 2\nhops = "ring"', "M006", "9:8", "there is no map of hops `ring`"),
    "parity": ("packages = 2", 'packages = 2\nhops = "parity"', "M006", "9:8", "`parity` is for packages of two dies"),
    "matrix": ("packages = 2", "packages = 2\nhops = [[0, 1], [0, 0]]", "M006", "9:8", "the way back is as long"),
    "small matrix": ("packages = 2", "packages = 2\nhops = [[0]]", "M006", "9:8", "2 rows of 2 numbers"),
    "distances": ('["same_die", "one_hop"]', '["same_die"]', "M006", "10:13", "2 distances apart"),
    "syntax": ("packages = 2", "packages = = 2", "M002", "8:12", "this is not TOML"),
    "text": ('what = "my box"', "what = 3", "M004", "1:8", "expected a text in quotes"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_one_mistake_is_one_message_at_its_place(kind: str, tmp_path: Path) -> None:
    right, wrong, code, place, words = MISTAKES[kind]
    assert right in OWN
    with pytest.raises(LockwrightError) as raised:
        own(tmp_path, OWN.replace(right, wrong, 1))
    assert [one.code for one in raised.value.diagnostics] == [code]
    text = str(raised.value)
    assert f"box.toml:{place}\n" in text
    assert words in text
    assert "^" in text


def test_several_mistakes_are_told_together(tmp_path: Path) -> None:
    text = OWN.replace(LATENCY, LATENCY.replace("300", "-1")).replace(HOLD, "hold = 40").replace("2\n", "0\n")
    with pytest.raises(LockwrightError) as raised:
        own(tmp_path, text)
    assert [one.code for one in raised.value.diagnostics] == ["M006", "M004", "M005"]


def test_a_message_as_a_person_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("box.toml").write_text(OWN.replace("300", "-300"), encoding="utf-8")
    with pytest.raises(LockwrightError) as raised:
        machines.load("box.toml")
    assert str(raised.value) == (
        "error[M005]: `load.M.one_hop` cannot be -300 cycles\n"
        "  --> box.toml:19:24\n"
        "   |\n"
        "17 |\n"
        "18 | [latency]\n"
        '19 | load.M.one_hop = { v = -300, c = "A", s = "mine" }\n'
        "   |                        ^^^^ expected 1 to 1,000,000 cycles\n"
        "   |"
    )


def test_what_a_machine_lacks_is_named(tmp_path: Path) -> None:
    machine = own(tmp_path, OWN.replace('derive = { from = "opteron48", rule = "copy" }\n', ""))
    assert not machine.is_runnable
    assert {"min_transfer", "load.M.same_die", "store.S.one_hop", "l1.kib", "read_occupancy"} <= set(machine.lacks)
    assert not {"hold", "ghz", "load.M.one_hop", "load.E.one_hop"} & set(machine.lacks)
    with pytest.raises(LockwrightError, match="`box` cannot be run: it lacks") as raised:
        machine.model()
    assert raised.value.diagnostics[0].code == "M008"


def test_an_unknown_machine_names_the_nearest() -> None:
    with pytest.raises(LockwrightError, match="did you mean `opteron48`") as raised:
        machines.load("opteron84")
    assert raised.value.diagnostics[0].code == "M001"
    with pytest.raises(LockwrightError, match="holds costs of a kernel"):
        machines.load("kernel_kvm_params")
    with pytest.raises(LockwrightError, match="cannot be read: no such file") as raised:
        machines.load("nowhere.toml")
    assert raised.value.diagnostics[0].code == "U002"


def test_other_numbers_for_a_sensitivity() -> None:
    machine = machines.load("xeon80")
    other = machine.with_numbers({"hold": 80, "load.M.one_hop": 300, "read_occupancy": 50, "rereads_last": False})
    model = other.model()
    assert (model.hold_cycles, model.latency_cycles[0][4][1], model.rereads_last) == (80, 300, False)
    assert (model.read_occupancy_cycles, model.read_occupancy_percent) == (50, 100)
    assert machine.model().hold_cycles == 100
    assert any(one.startswith("hold = 80 cycles") and "set for this run" in one for one in other.weak())


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"holdd": 1}, "M011", "did you mean `hold`"),
        ({"load.M.three_hops": 1}, "M011", "did you mean `load.M.two_hops`"),
        ({"hold": -1}, "M005", "`hold` cannot be -1"),
        ({"hold": "long"}, "M005", "`hold` cannot be long"),
        ({"arbitration": "none"}, "M005", "one of core, node"),
    ],
)
def test_numbers_that_cannot_be(changed: dict[str, bool | float | str], code: str, words: str) -> None:
    with pytest.raises(LockwrightError, match=words) as raised:
        machines.load("xeon80").with_numbers(changed)
    assert raised.value.diagnostics[0].code == code
