"""A race behind thousands of states in which threads stand at plain accesses that are no race."""

from __future__ import annotations

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_text

LATE = """
from lockwright.language import PerThread, Workload, thread, u8

class Late(Workload):
    mine: PerThread[u8]
    shared: u8

    def each_thread(self) -> None:
        for _ in range({rounds}):
            self.mine[thread()] = 1 - self.mine[thread()]
        self.shared = 1
"""


@pytest.mark.parametrize(("model", "rounds"), [("sc", 25), ("tso", 5)])
def test_a_late_race_is_told_with_its_steps(model: str, rounds: int) -> None:
    """What is known of pointers does not tell elements of one array apart: thousands of states come first."""
    result = check(compile_text(LATE.format(rounds=rounds)), Settings(threads=2, models=(model,)))
    (fault,) = result.faults
    assert (fault.kind, fault.confirmed) == ("data_race", True)
    assert fault.rows
    assert "shared" in fault.sentence


HEAP = """
from lockwright.language import Struct, Workload, alloc, free, u8

class Item(Struct):
    value: u8

class Sharing(Workload):
    shared: u8

    def each_thread(self) -> None:
        mine = alloc(Item)
        if mine is not None:
            mine.value = 1
            self.shared = mine.value
            free(mine)
"""


@pytest.mark.parametrize("model", ["sc", "tso"])
def test_a_race_among_threads_with_records_of_their_own(model: str) -> None:
    """The machine that plays the race has larger pools than the search that found it, so other addresses."""
    (fault,) = check(compile_text(HEAP), Settings(threads=2, models=(model,))).faults
    assert (fault.kind, fault.confirmed) == ("data_race", True)
    assert "shared" in fault.sentence
