"""Sleepers whose stacks end in the C library: what they sleep for is what all wakers wake for."""

from __future__ import annotations

from dataclasses import replace

from tests.profiles.diagnosis.made import sampled

from lockwright.profiles.diagnosis import CONTENDED, UNDECIDED, diagnose

SLEEPS = "__schedule < schedule < futex_do_wait < __futex_wait < do_futex < __futex_abstimed_wait_common"
POSTS = "_raw_spin_unlock_irqrestore < wake_up_q < futex_wake < do_futex < sem_post < start_thread"
TAKES = "sem_wait < visitor < start_thread"
SIGNALS = "_raw_spin_unlock_irqrestore < wake_up_q < futex_wake < do_futex < pthread_cond_signal < put"
WORK = ("compute", 40.0)


def test_who_is_woken_by_one_kind_of_lock_alone_slept_for_it() -> None:
    found = diagnose(sampled((SLEEPS, 30), (POSTS, 29), (TAKES, 1), WORK))
    assert found.verdict == CONTENDED
    assert found.headline == "contended lock: 60.0 % of busy time for a POSIX semaphore wanted by visitor"
    assert found.lock is not None
    assert "who wakes its waiters" in found.lock.rests_on
    assert any("counts work" in one.sentence for one in found.cautions)


def test_two_kinds_of_wakers_tell_nothing() -> None:
    found = diagnose(sampled((SLEEPS, 30), (POSTS, 15), (SIGNALS, 14), (TAKES, 1), WORK))
    assert found.verdict == UNDECIDED


def test_who_is_woken_for_a_condition_waits_for_work() -> None:
    found = diagnose(sampled((SLEEPS, 30), (SIGNALS, 30), WORK))
    assert found.headline.startswith("no lock in sight")


def test_sleepers_of_another_command_are_not_joined() -> None:
    sleeping, posting = sampled((SLEEPS, 50), command="other"), sampled((POSTS, 29), (TAKES, 1), WORK)
    found = diagnose(replace(posting, samples=posting.samples + sleeping.samples))
    assert found.verdict == UNDECIDED
    assert found.lock is not None
    assert found.lock.kind == "futex"
