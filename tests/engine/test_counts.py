"""Exact numbers of states: a reduction that gets weaker, or too strong, shows here."""

from __future__ import annotations

import pytest
from tests.engine import hand_made

from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Shape

ALL, MERGED, RAW = Options(), Options(symmetry=False, tickets=False), Options.raw(keep_graph=False)


@pytest.mark.parametrize(
    ("lock", "threads", "acquisitions", "model", "options", "states"),
    [
        ("ticket", 2, 2, "sc", RAW, 436),
        ("ticket", 2, 2, "tso", RAW, 916),
        ("ticket", 4, 2, "sc", ALL, 267),
        ("ticket", 4, 2, "tso", ALL, 351),
        ("ticket", 4, 2, "tso", MERGED, 6_513),
        ("ticket", 4, None, "tso", ALL, 45),
        ("ttas", 2, 2, "tso", RAW, 864),
        ("ttas", 4, 2, "sc", ALL, 378),
        ("ttas", 4, 2, "tso", ALL, 630),
        ("ttas", 4, None, "tso", ALL, 95),
    ],
)
def test_states(lock: str, threads: int, acquisitions: int | None, model: str, options: Options, states: int) -> None:
    found = explore(getattr(hand_made, lock)(), Shape.plain(threads), model, acquisitions, options)
    assert found.exhausted
    assert not found.faults
    assert found.states == states


def test_budget_of_states() -> None:
    found = explore(hand_made.ticket(), Shape.plain(3), "tso", 2, RAW, budget_states=100)
    assert not found.exhausted
    assert found.reason == "states"


def test_first_moves_lead_to_the_fault() -> None:
    program = hand_made.ttas()
    take = next(block for block in program.functions["L.lock"].blocks if block.label == "take")
    take.instructions[-1] = take.instructions[-1].__class__("jump", attributes=("in",))
    found = explore(program, Shape.plain(2), "sc", 1, RAW)
    fault = next(one for one in found.faults if one.kind == "two_holders")
    moves, state = 1, fault.state
    while found.parent[state] >= 0:
        moves, state = moves + 1, found.parent[state]
    assert moves == 10
