"""A thread that comes to an await again with the next round of a loop around it does not wait there."""

from __future__ import annotations

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_text

ASKING = """
from lockwright.language import Atomic, PerThread, Workload, pause, relaxed, thread, threads, u8

class Asking(Workload):
    busy: PerThread[Atomic[u8]]

    def each_thread(self) -> None:
        self.busy[thread()].store(1, relaxed)
        {after}
        for other in range(threads()):
            while self.busy[other].load(relaxed):
                pause()
"""


@pytest.mark.parametrize(
    ("after", "kinds"), [("self.busy[thread()].store(0, relaxed)", []), ("pause()", ["endless_await"])]
)
def test_who_asks_one_after_the_other(after: str, kinds: list[str]) -> None:
    result = check(compile_text(ASKING.format(after=after)), Settings(threads=2, models=("c11",)))
    assert [one.kind for one in result.faults] == kinds
