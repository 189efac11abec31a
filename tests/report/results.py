"""Results made by hand, so that a report is tested without a search."""

from __future__ import annotations

from lockwright.diagnostics.span import Span
from lockwright.results import CheckResult, Fault, Remark, Row, Run, Wait

SOURCE = """class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.load(acquire):
            pause()
        self.held.store(1, relaxed)
"""
LOAD = Span("mine.py", 5, 15, 5, 38)
STORE = Span("mine.py", 7, 9, 7, 36)


def proved() -> CheckResult:
    runs = [Run(model, 3, times, "proved", 46) for model in ("sc", "tso", "c11") for times in (2, None)]
    return CheckResult(
        "mine",
        runs,
        claims=["at most one holder", "no deadlock", "no lost wake-up"],
        waits=[Wait("lock", "while self.held.load(acquire)", LOAD)],
        not_covered=["more threads"],
    )


def faulty() -> CheckResult:
    rows = (
        Row(1, 0, "lock: reads held = 0", LOAD, "Mine.lock"),
        Row(2, 1, "lock: reads held = 0 <T1>", LOAD, "Mine.lock"),
        Row(3, 0, "held 0 → 1, enters", STORE, "Mine.lock"),
        Row(4, 1, "held 1 → 1, enters", STORE, "Mine.lock", note="changes nothing"),
    )
    fault = Fault(
        "two_holders",
        "two threads are in the critical section of mine: T1 since step 3, T2 since step 4",
        "sc",
        2,
        1,
        rows,
        primary=Remark(STORE, "T2 held 1 → 1, step 4"),
        function="Mine.lock",
        secondary=(Remark(LOAD, "both read 0 here"),),
        origin="the logic",
        helps=("take it with `exchange`",),
        switches=3,
        states=37,
        moves=(0, 1, 0, 1),
    )
    return CheckResult("mine", [Run("sc", 2, 1, "fault", 37)], [fault], sources={"mine.py": SOURCE})
