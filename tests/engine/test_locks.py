"""Locks of the library, all reductions: exact numbers of states, and no fault."""

from __future__ import annotations

import pytest

from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Shape
from lockwright.language.compile import compile_target

COUNTS = (
    ("ticket", 4, 2, "tso", 611),
    ("ticket", 4, None, "tso", 115),
    ("linux_ticket", 4, 2, "tso", 3_113),
    ("linux_ticket", 4, None, "tso", 918),
    ("tas", 4, 2, "tso", 241),
    ("ttas", 4, 2, "sc", 294),
    ("ttas", 4, None, "tso", 162),
    ("clh", 4, 2, "tso", 476),
    ("clh", 4, None, "tso", 95),
    ("mcs", 4, 2, "tso", 44_876),
    ("mcs", 5, 1, "tso", 1_139),
    ("mcs", 4, None, "sc", 3_403),
    ("futex2", 4, 2, "tso", 5_864),
    ("futex3", 4, None, "tso", 267),
    ("pv_ticket", 2, 1, "tso", 516),
    ("pv_ticket_2015", 2, 1, "tso", 216),
    ("qspinlock", 3, 1, "tso", 1_742),
    ("pvqspinlock", 2, 2, "sc", 19_009),
    ("linux_rwlock", 3, 2, "tso", 2_295),
)


@pytest.mark.parametrize(("lock", "threads", "acquisitions", "model", "states"), COUNTS)
def test_states(lock: str, threads: int, acquisitions: int | None, model: str, states: int) -> None:
    found = explore(compile_target(lock), Shape.plain(threads), model, acquisitions, Options())
    assert found.exhausted
    assert not found.faults
    assert found.states == states
