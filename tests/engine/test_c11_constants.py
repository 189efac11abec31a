"""Cells that no thread writes: C11 keeps them out of the state only where they are the same in all states and names.

Exact, for two threads that go round once: what goes wrong, and how many states there are with all reductions.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.agree.facts import by_engine, by_plain

from lockwright.check.engine.run import Options
from lockwright.ir.inline import inline
from lockwright.ir.program import Shape
from lockwright.ir.waiting import waiting
from lockwright.language.compile import compile_target

PROGRAMS = Path(__file__).parent / "programs" / "c11_constants.py"
EXPECTED: dict[str, tuple[set[str], bool, int]] = {
    "Torn": ({"data_race", "two_holders"}, True, 20),
    "TicketAtRest": (set(), False, 3),
    "Holder": (set(), False, 36),
    "Leader": (set(), False, 19),
    "CountedAtRest": (set(), False, 7),
    "Renewed": (set(), False, 18),
    "Published": ({"data_race", "leak"}, False, 15),
}
"""Faults, whether threads hang, and states."""
SWITCHES = ("tickets", "symmetry", "merge")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_found_and_in_how_many_states(name: str) -> None:
    ready, shape = waiting(inline(compile_target(f"{PROGRAMS}:{name}"))), Shape.plain(2)
    faults, hangs, states = EXPECTED[name]
    plain = by_plain(ready, shape, "c11", 1, 1_000)
    assert plain is not None
    assert (set(plain[0].faults), plain[0].hangs) == (faults, hangs)
    reduced = by_engine(ready, shape, "c11", 1, Options())
    assert reduced is not None
    assert (reduced[0], reduced[1].states) == (plain[0], states)
    for switch in SWITCHES:
        some = by_engine(ready, shape, "c11", 1, replace(Options(), **{switch: False}))
        assert some is not None
        assert some[0] == plain[0], switch
    raw = by_engine(ready, shape, "c11", 1, Options.raw())
    assert raw is not None
    assert raw[0] == plain[0]


@pytest.mark.parametrize("model", ["sc", "tso"])
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_other_models_agree_too(name: str, model: str) -> None:
    ready, shape = waiting(inline(compile_target(f"{PROGRAMS}:{name}"))), Shape.plain(2)
    plain = by_plain(ready, shape, model, 1, 1_000)
    assert plain is not None
    for options in (Options(), Options(tickets=False), Options(symmetry=False), Options.raw()):
        found = by_engine(ready, shape, model, 1, options)
        assert found is not None
        assert (found[0].faults, found[0].hangs) == (plain[0].faults, plain[0].hangs)
