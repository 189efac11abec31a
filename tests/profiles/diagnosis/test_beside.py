"""What else a recording has beside its samples: the waits for the same lock, and what the recorder itself cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.profiles.comparing.made import compared
from tests.profiles.diagnosis.made import sampled, waited

from lockwright.profiles import read
from lockwright.profiles.diagnosis import diagnose
from lockwright.report.profile import profile_text

RECORDINGS = Path(__file__).parents[1] / "recordings"
WAITS = "rwsem_down_write_slowpath < down_write < append < vfs_write"
SPIN = "native_queued_spin_lock_slowpath < _raw_spin_lock < find < main"
TRACED = f"perf_swevent_event < perf_tp_event < perf_trace_contention_begin < {SPIN}"


def test_waits_of_the_lock_that_samples_show_are_told_with_it() -> None:
    waits = waited(("rwsem:W", WAITS, 100, 4e9), ("mutex", "__mutex_lock < other < main", 9, 9e9), lock="")
    found = replace(sampled((WAITS, 30), ("work < main", 70)), waits=waits.waits, facts={"lock events s": "2.0"})
    told = diagnose(found)
    assert told.headline == (
        "contended lock: 30.0 % of busy time for an rwsem wanted by append; 2 tasks wait for it at any moment"
    )
    assert told.lock is not None
    assert told.lock.recorded is not None
    assert told.lock.recorded.contended == 100
    assert "recorded beside the samples: 4 s of waiting for it in 100 waits of 40 ms" in " ".join(
        profile_text(found).split()
    )


def test_waits_of_another_kind_by_the_same_caller_are_another_lock_s() -> None:
    waits = waited(("mutex", "__mutex_lock < find < main", 100, 4e8))
    found = diagnose(replace(sampled((SPIN, 30), ("work", 70)), waits=waits.waits, facts={"lock events s": "20.0"}))
    assert found.lock is not None
    assert found.lock.recorded is None


def test_what_a_recorder_s_tracepoints_cost_is_no_time_of_the_lock() -> None:
    found = diagnose(sampled((TRACED, 50), (SPIN, 10), ("work < main", 40)))
    assert found.lock is not None
    assert found.lock.share_busy_percent == pytest.approx(20.0)
    (caution,) = [one.sentence for one in found.cautions if one.name == "profiler"]
    assert caution.startswith("50.0 % of the samples are in tracepoints that the recorder set")


@pytest.mark.parametrize(("load", "most_percent"), [("position", 3.0), ("append", 4.0), ("rename", 6.0)])
def test_with_events_and_without_a_lock_has_about_the_same_share(load: str, most_percent: float) -> None:
    shares = []
    for mode in ("cpu", "record"):
        lock = diagnose(read(str(RECORDINGS / f"{load}.{mode}.script.gz"))).lock
        assert lock is not None
        shares.append(lock.share_busy_percent or 0.0)
    assert shares[0] == pytest.approx(shares[1], abs=most_percent)


def test_a_comparison_leaves_tracepoints_out_as_well() -> None:
    found = compared({TRACED: 500, SPIN: 100, "work": 400}, {SPIN: 200, "work": 800})
    assert "no change beyond chance" in found.headline


def test_readers_of_a_lock_of_user_space_are_asked_for_likewise() -> None:
    reads = "__futex_abstimed_wait_common < pthread_rwlock_rdlock < serve < main"
    found = diagnose(sampled((reads, 40), ("work < main", 60)))
    assert any("whether readers should share this lock" in one.sentence for one in found.cautions)


def test_a_gain_is_told_with_what_it_was_measured_on() -> None:
    text = " ".join(profile_text(sampled((SPIN, 80), ("work", 20))).split())
    assert "23.9 times (elapsed, timer_gettime() in 16 processes, 2 sockets, 8 cores, 16 hardware threads)" in text
