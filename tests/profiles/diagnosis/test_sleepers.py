"""Sleepers whose stacks end in the C library: what they sleep for is what all wakers wake for."""

from __future__ import annotations

from dataclasses import replace

from tests.profiles.diagnosis.made import ORIGIN, sampled

from lockwright.profiles import Profile, Sample
from lockwright.profiles.diagnosis import CONTENDED, UNDECIDED, diagnose
from lockwright.profiles.model import Frame

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


def test_who_wakes_from_the_same_function_wakes_for_the_same_lock() -> None:
    """Rust's guard of a mutex is let go in the function that took it: nothing between it and the futex has a name."""
    waits = "finish_task_switch < __schedule < schedule < futex_do_wait < futex_wait < do_futex < syscall"
    lock = f"{waits} < futex::Mutex::lock_contended < deposit < run"
    wakes = "_raw_spin_unlock_irqrestore < wake_up_q < futex_wake < do_futex < syscall < deposit < run"
    found = diagnose(sampled((lock, 30), (wakes, 20), ("compute < run", 50)))
    assert found.headline == "contended lock: 50.0 % of busy time for a mutex of Rust wanted by deposit"
    assert not found.chain


def test_a_function_with_a_name_does_not_stand_for_code_without() -> None:
    spin = (
        "finish_task_switch",
        "schedule",
        "futex_do_wait",
        "do_futex",
        "ObjectMonitor::EnterI",
        "ObjectMonitor::enter",
    )
    named = Sample((*map(Frame, spin), Frame("Unsafe_Lock")), 1, 1, "work", None, "cycles")
    hidden = Sample((*map(Frame, spin), Frame("[unknown]", "/tmp/perf-7.map")), 40, 40, "work", None, "cycles")
    found = diagnose(Profile(ORIGIN, (named, hidden, *sampled(("run", 59)).samples), has_stacks=True))
    assert found.lock is not None
    assert (found.lock.kind, found.lock.caller) == ("monitor of Java", "")


def test_a_pause_is_of_the_lock_that_calls_it_or_of_none() -> None:
    of_monitor = "SpinPause < ObjectMonitor::TrySpin < ObjectMonitor::enter < deposit < run"
    found = diagnose(sampled((of_monitor, 30), ("deposit < run", 70)))
    assert found.headline == "contended lock: 30.0 % of busy time for a monitor of Java wanted by deposit"
    of_collector = "SpinPause < TaskTerminator::offer_termination < G1ParEvacuateFollowersClosure::do_void < run"
    assert diagnose(sampled((of_collector, 30), ("deposit < run", 70))).verdict == "no lock"
