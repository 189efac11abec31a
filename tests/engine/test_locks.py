"""Locks of the library, all reductions: exact numbers of states, and no fault."""

from __future__ import annotations

import pytest

from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Shape
from lockwright.language.compile import compile_target

COUNTS = (
    ("ticket", 4, 2, "tso", 351),
    ("ticket", 4, None, "tso", 45),
    ("linux_ticket", 4, 2, "tso", 2_172),
    ("linux_ticket", 4, None, "tso", 613),
    ("tas", 4, 2, "tso", 196),
    ("ttas", 4, 2, "sc", 293),
    ("ttas", 4, None, "tso", 61),
    ("clh", 4, 2, "tso", 259),
    ("clh", 4, None, "tso", 34),
    ("mcs", 4, 2, "tso", 4_675),
    ("mcs", 5, 1, "tso", 828),
    ("mcs", 4, None, "sc", 154),
    ("futex2", 4, 2, "tso", 5_853),
    ("futex3", 4, None, "tso", 265),
    ("pv_ticket", 2, 1, "tso", 516),
    ("pv_ticket_2015", 2, 1, "tso", 216),
    ("qspinlock", 3, 1, "tso", 1_742),
    ("pvqspinlock", 2, 2, "sc", 20_797),
    ("linux_rwlock", 3, 2, "tso", 2_295),
    ("ttas", 4, 2, "tso", 445),
    ("mcs", 4, 2, "sc", 1_671),
    ("mcs", 4, None, "tso", 382),
)


@pytest.mark.parametrize(("lock", "threads", "acquisitions", "model", "states"), COUNTS)
def test_states(lock: str, threads: int, acquisitions: int | None, model: str, states: int) -> None:
    found = explore(compile_target(lock), Shape.plain(threads), model, acquisitions, Options())
    assert found.exhausted
    assert not found.faults
    assert found.states == states
