"""Each false friend, where it is and where it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.profiles.diagnosis.made import sampled

from lockwright.profiles.diagnosis import NO_LOCK, diagnose

SPIN = ("native_queued_spin_lock_slowpath < _raw_spin_lock < insert < main", 20.0)
REST = ("work < main", 60.0)
PRESENT = {
    "unlock": ("_raw_spin_unlock_irqrestore < wake < main", 30.0),
    "line of the lock": ("mutex_lock < open < main", 20.0),
    "spinning on the owner": ("mutex_spin_on_owner < __mutex_lock < open < main", 20.0),
    "page lock": ("folio_wait_bit_common < read_page < main", 20.0),
    "polling": ("mlx5_rx_burst < forward < main", 20.0),
    "profiler": ("perf_event_overflow < main", 20.0),
}


@pytest.mark.parametrize("name", PRESENT)
def test_it_is_seen(name: str) -> None:
    found = {one.name: one.sentence for one in diagnose(sampled(SPIN, PRESENT[name], REST)).cautions}
    assert name in found
    assert " % " in found[name]


def test_none_without_reason() -> None:
    assert diagnose(sampled(SPIN, ("work < main", 80))).cautions == ()


def test_contention_of_the_profiler_s_own_is_left_out() -> None:
    own = "native_queued_spin_lock_slowpath < _raw_spin_lock < perf_event_ctx_lock_nested < main"
    found = diagnose(sampled((own, 40), ("work < main", 60)))
    assert found.verdict == NO_LOCK
    assert any("the profiler itself takes" in one.sentence for one in found.cautions)


def test_a_taking_function_alone_may_be_inlined_waiting() -> None:
    found = diagnose(sampled(("_raw_spin_lock < futex_like < main", 30), ("work < main", 70)))
    assert any("it may be inlined" in one.sentence for one in found.cautions)


def test_the_share_of_the_command_that_wants_the_lock_is_told() -> None:
    wants, works = "rwsem_down_write_slowpath < down_write < write_iter < main", "work < main"
    own = sampled((wants, 30), (works, 70), command="append")
    others = sampled((works, 900), command="build")
    found = diagnose(replace(own, samples=own.samples + others.samples))
    told = [one.sentence for one in found.cautions if one.name == "one command"]
    (sentence,) = told
    assert sentence == (
        "2 commands are in the recording, and append has 100 % of this lock: 30.0 % of its own 10.0 % of busy time"
        "; `--command append` takes it alone"
    )
    assert not [one for one in diagnose(own).cautions if one.name == "one command"]
