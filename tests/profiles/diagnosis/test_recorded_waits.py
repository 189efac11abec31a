"""What recorded waits, and the number of samples, decide that shares alone cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.profiles.diagnosis.made import sampled, waited

from lockwright.profiles.diagnosis import CONTENDED, MINOR, NO_LOCK, UNDECIDED, diagnose

if TYPE_CHECKING:
    from lockwright.profiles import Profile

RELEASE = ("_raw_spin_unlock_irqrestore < tcp_write_xmit < tcp_sendmsg", 30)
SPIN = "native_queued_spin_lock_slowpath < _raw_spin_lock < alloc_fd"


def recorded(total_ns: float, *rows: tuple[str, float], seconds: float = 1.0, **facts: str) -> Profile:
    """Return samples of a clock that is an interrupt, and every wait of the run."""
    samples = sampled(RELEASE, *rows, ("work", 70), event="cpu-clock")
    waits = waited(("spinlock", "native_queued_spin_lock_slowpath < alloc_fd < dup", 10, total_ns), lock="0xff01")
    known = {"lock events s": f"{seconds}"} | {key.replace("_", " "): text for key, text in facts.items()}
    return replace(samples, waits=waits.waits, facts=known)


def test_recorded_waits_decide_what_runs_with_interrupts_off() -> None:
    found = diagnose(recorded(2e6))
    assert found.verdict == NO_LOCK
    assert found.headline.startswith("no contention: 2 ms of waiting in 1 s")
    assert any(one.sentence.endswith("they are too few: it is work") for one in found.cautions)
    assert diagnose(recorded(3e7)).verdict == MINOR
    assert diagnose(recorded(3e8)).verdict == CONTENDED


def test_waits_that_were_lost_decide_nothing() -> None:
    assert diagnose(recorded(2e6, lost_events="12")).verdict == UNDECIDED
    assert diagnose(recorded(2e6, lost_events="12", lost_samples="7", lost_waits="5")).verdict == UNDECIDED


def test_samples_that_were_lost_leave_waits_whole() -> None:
    assert diagnose(recorded(2e6, lost_events="12", lost_samples="12")).verdict == NO_LOCK
    assert diagnose(sampled(RELEASE, ("work", 70), event="cpu-clock")).verdict == UNDECIDED


@pytest.mark.parametrize(
    ("locks", "others", "verdict"),
    [(0, 10, UNDECIDED), (0, 40, NO_LOCK), (2, 18, UNDECIDED), (10, 10, CONTENDED), (1, 20, UNDECIDED)],
)
def test_few_samples_decide_only_what_their_interval_allows(locks: int, others: int, verdict: str) -> None:
    rows = [(SPIN, float(locks))] if locks else []
    found = diagnose(sampled(*rows, ("work", float(others))))
    assert found.verdict == verdict
    assert ("too few" in found.headline) == (verdict == UNDECIDED)


def test_of_many_small_locks_the_sum_is_told() -> None:
    rows = [(f"_raw_spin_lock < caller{at} < main", 4.0) for at in range(10)]
    found = diagnose(sampled(*rows, ("work", 960)))
    assert (
        found.headline == "visible but minor: 4.0 % of busy time for locks, first a spinlock wanted by caller0 (0.4 %)"
    )


def test_a_look_up_of_several_threads_may_hide_a_lock() -> None:
    hot = sampled(("main.lookup < main.worker", 80), ("work", 20), module="/usr/bin/app")
    found = diagnose(replace(hot, facts={"threads": "8"}))
    assert found.promise is None
    assert "perf annotate main.lookup" in found.record[0]
    assert diagnose(hot).promise is not None
