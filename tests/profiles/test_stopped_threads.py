"""Backtraces and thread dumps: who waits for which lock, who has it, and where that one stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import content, of, profile

from lockwright.profiles.diagnosis import CONTENDED, NO_LOCK, UNDECIDED, diagnose
from lockwright.profiles.diagnosis.groups import waiter
from lockwright.profiles.readers.gdb import call_of
from lockwright.profiles.readers.jstack import READER
from lockwright.report.profile_page import profile_page

if TYPE_CHECKING:
    from lockwright.profiles import Profile


OWNABLE = "lock of java.util.concurrent"
ACQUIRE = "java.util.concurrent.locks.AbstractQueuedSynchronizer.acquire"


def waits(found: Profile) -> list[tuple[str, str, str, int, str]]:
    return sorted(
        (one.lock.partition("@")[0], one.kind, one.stack[0].symbol, one.contended, one.owner) for one in found.waits
    )


def test_a_mutex_whose_owner_was_printed() -> None:
    found = profile("gdb/owner-printed.txt")
    assert found.provenance.skipped == 0
    assert sum(one.count for one in found.samples) == 13
    assert {one.event for one in found.samples} == {"threads"}
    assert waits(found) == [
        ("accounts", "pthread lock:R", "__pthread_rwlock_rdlock_full64", 1, ""),
        ("accounts", "pthread lock:W", "__pthread_rwlock_wrlock_full64", 1, ""),
        ("ledger", "pthread lock", "__GI___lll_lock_wait", 5, "ledger (LWP 18995)"),
    ]
    (held,) = found.blamed
    assert [one.symbol for one in held.stack if one.symbol in {"write_log", "post_entry"}] == [
        "write_log",
        "post_entry",
    ]
    assert held.lock == "ledger@555555558160"


def test_what_is_said_of_it() -> None:
    said = diagnose(profile("gdb/owner-printed.txt"))
    assert said.verdict == CONTENDED
    assert said.headline == (
        "contended lock: 5 of 13 threads wait for a pthread lock ledger wanted by post_entry; ledger (LWP 18995) has "
        "it, in write_log, asleep in __GI___clock_nanosleep"
    )
    assert said.lock is not None
    assert said.lock.standing is not None
    assert (said.lock.standing.waiting, said.lock.standing.tasks, said.lock.standing.moments) == (5, 13, 1)
    assert (said.lock.standing.holder_at, said.lock.standing.holder_in) == ("write_log", "post_entry")
    assert [one.name for one in said.cures] == ["move work out"]
    assert "sleeps in __GI___clock_nanosleep, called by write_log" in said.cures[0].because
    assert said.promise is None
    assert any("0x555555558160" in one for one in said.record)


@pytest.mark.parametrize(
    ("name", "threads", "expected"),
    [
        ("locals", 13, [("ledger", "post_entry", 5), ("accounts", "look_up", 2)]),
        ("cpp", 8, [("cache[abi:cxx11]", "kv::Cache<std::string, long>::put", 4)]),
        ("eu-stack-cpp", 8, [("", "kv::Cache<std::string, std::vector<int> >::put", 4)]),
        ("eu-stack-sources", 13, [("", "post_entry", 5), ("", "look_up", 2)]),
        ("pstack", 4, [("", "trx_commit_list_add", 2)]),
    ],
)
def test_backtraces(name: str, threads: int, expected: list[tuple[str, str, int]]) -> None:
    found = profile(f"gdb/{name}.txt")
    assert found.provenance.skipped == 0
    assert sum(one.count for one in found.samples) == threads
    callers: dict[tuple[str, str], int] = {}
    for one in found.waits:
        whose = waiter(one.stack).caller
        key = (one.lock.partition("@")[0], whose)
        callers[key] = callers.get(key, 0) + one.contended
    assert sorted((lock, who, count) for (lock, who), count in callers.items()) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__lll_lock_wait () from /lib64/libc.so.6", ("__lll_lock_wait", "", "/lib64/libc.so.6")),
        ('f (s="a(b", n=1) at x.c:3', ("f", 's="a(b", n=1', "")),
        ("operator() (__closure=0x7f) at cache.cc:27", ("operator()", "__closure=0x7f", "")),
        (
            "std::__invoke<main()::<lambda()> >(struct {...} &&) (__fn=...) at invoke.h:96",
            ("std::__invoke<main()::<lambda()> >(struct {...} &&)", "__fn=...", ""),
        ),
        ("post_entry - /usr/bin/ledger", ("post_entry", "", "/usr/bin/ledger")),
    ],
)
def test_calls(text: str, expected: tuple[str, str, str]) -> None:
    assert call_of(text) == expected


def test_a_backtrace_that_a_terminal_wrapped() -> None:
    """As gdb prints it where the width is set: arguments go on in the next line, four columns further in."""
    found = of(
        "Thread 2 (Thread 0x7f10 (LWP 12)):\n"
        "#0  __lll_lock_wait (futex=futex@entry=0x55d160 <ledger>, \n    private=0) at lowlevellock.c:49\n"
        "#1  0x00007f01 in __GI___pthread_mutex_lock (mutex=0x55d160 <ledger>)\n"
        "    at ../nptl/pthread_mutex_lock.c:80\n"
        "#2  0x000055d2 in post_entry (n=1) at ledger.c:12\n"
        "Thread 1 (Thread 0x7f11 (LWP 11)):\n#0  0x0001 in poll () from /lib64/libc.so.6\n#1  0x0002 in main ()\n"
    )
    (wait,) = found.waits
    assert (wait.lock, wait.stack[-1].symbol, found.provenance.skipped) == ("ledger@55d160", "post_entry", 0)
    said = diagnose(found)
    assert said.verdict == UNDECIDED
    assert said.headline.startswith("undecided: 1 of 2 threads waits for a pthread lock ledger wanted by post_entry")


def test_backtraces_one_after_the_other_are_several_looks() -> None:
    text = content("gdb/pstack.txt").decode()
    found = of(text * 3)
    assert (found.facts["moments"], sum(one.contended for one in found.waits)) == ("3", 6)
    said = diagnose(found)
    assert said.headline.startswith("contended lock: 2 of 4 threads, on average over 3 looks, wait for a pthread lock")


def test_threads_that_wait_for_work_are_no_contention() -> None:
    stack = "#0  0x01 in pthread_cond_wait@@GLIBC_2.3.2 () from /lib64/libc.so.6\n#1  0x02 in worker () \n"
    said = diagnose(of("".join(f"Thread {at} (Thread 0x7f{at} (LWP {at})):\n{stack}" for at in range(1, 9))))
    assert (said.verdict, said.headline) == (NO_LOCK, "no lock in sight: none of 8 threads waits for one")


def test_sleepers_below_functions_without_names_decide_nothing() -> None:
    """A server without its symbols: what it waits for in a futex may be a lock."""
    stack = (
        "#0  futex_wait (private=0, expected=2, futex_word=0x5580) at futex-internal.h:146\n"
        "#1  0x02 in __pthread_cond_wait (cond=0x5580, mutex=0x5590) at pthread_cond_wait.c:503\n"
        "#2  0x03 in ?? ()\n#3  0x04 in start_thread (arg=0x0) at pthread_create.c:442\n"
    )
    said = diagnose(of("".join(f"Thread {at} (Thread 0x7f{at} (LWP {at})):\n{stack}" for at in range(1, 9))))
    assert said.verdict == UNDECIDED
    assert said.headline == (
        "undecided: 8 of 8 threads sleep in a futex, or for a condition, and the functions that want it have no names"
    )
    assert "debug symbols" in said.record[0]


def test_who_sleeps_for_conditions_is_named() -> None:
    said = diagnose(profile("gdb/cpp.txt"))
    assert not any("makes of one" in one.sentence for one in said.cautions)
    text = (
        "#0  0x01 in pthread_cond_wait () from /lib64/libc.so.6\n#1  0x02 in row_lock_wait ()\n#2  0x03 in handle ()\n"
    )
    said = diagnose(of("".join(f"Thread {at} (Thread 0x7f{at} (LWP {at})):\n{text}" for at in range(1, 6))))
    assert any("called by row_lock_wait (5): for work, or for a lock" in one.sentence for one in said.cautions)


def test_a_deadlock_is_told_first() -> None:
    found = profile("jstack/deadlock-17.txt")
    assert found.provenance.skipped == 0
    said = diagnose(found)
    assert said.verdict == CONTENDED
    assert said.headline == (
        "deadlock: transfer-1 waits for OrderService$Journal, which transfer-2 has; transfer-2 waits for "
        "OrderService$Stock, which transfer-1 has"
    )
    assert not said.cures
    assert any("in one order" in one.sentence for one in said.cautions)


def test_two_dumps_are_two_moments() -> None:
    found = profile("jstack/two-dumps-17.txt")
    assert (found.provenance.skipped, found.facts["moments"]) == (0, "2")
    assert waits(found) == [
        ("OrderService$Stock", "monitor of Java", "ObjectMonitor::enter", 3, "order-0"),
        ("OrderService$Stock", "monitor of Java", "ObjectMonitor::enter", 3, "order-1"),
        ("ReentrantLock", OWNABLE, ACQUIRE, 1, "price-0"),
        ("ReentrantLock", OWNABLE, ACQUIRE, 1, "price-1"),
        ("ReentrantReadWriteLock", f"{OWNABLE}:R", f"{ACQUIRE}", 2, "reload"),
    ]
    said = diagnose(found)
    assert said.headline == (
        "contended lock: 3 of 16 threads, on average over 2 looks, wait for a monitor of Java OrderService$Stock "
        "wanted by OrderService.reserve; order-1 has it, in OrderService.audit, asleep in java.lang.Thread.sleep"
    )
    assert [one.share_percent for one in said.chain] == [20.0, 20.0]


def test_who_waits_for_work_has_given_the_monitor_back() -> None:
    """`Object.wait` shows a monitor as locked that the thread does not have any more."""
    text = content("jstack/two-dumps-17.txt").decode()
    assert "- waiting on <0x" in text
    assert not any("Object.wait" in frame.symbol for one in of(text).waits for frame in one.stack)
    assert not any("ConditionObject" in one.lock for one in of(text).waits)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("thread-info-17", [("java.lang.Object", "Dump.lambda$main$1", 3, "holder")]),
        (
            "virtual-threads-25",
            [("ReentrantLock", "Virtual.charge", 3, ""), ("java.lang.Object", "Virtual.settle", 2, "settle-0")],
        ),
    ],
)
def test_other_texts_of_a_jvm(name: str, expected: list[tuple[str, str, int, str]]) -> None:
    found = profile(f"jstack/{name}.txt")
    assert found.provenance.skipped == 0
    seen = [(one.lock.partition("@")[0], waiter(one.stack).caller, one.contended, one.owner) for one in found.waits]
    assert sorted(seen) == expected


def test_a_thread_that_takes_its_monitor_again_is_blocked() -> None:
    """JDK 8 and before: a thread that was notified, and waits for the monitor that it gave back."""
    found = of(
        '"a" prio=10 tid=0x2b nid=0xa5d in Object.wait() [0x00]\n'
        "   java.lang.Thread.State: BLOCKED (on object monitor)\n"
        "        at java.lang.Object.wait(Native Method)\n        at hudson.model.Queue.pop(Queue.java:957)\n"
        "        - locked <0x00000004041e2428> (a hudson.model.Queue)\n\n"
        '"b" prio=10 tid=0x2c nid=0xa5e runnable [0x00]\n   java.lang.Thread.State: RUNNABLE\n'
        "        at hudson.model.Queue.maintain(Queue.java:1)\n"
        "        - locked <0x00000004041e2428> (a hudson.model.Queue)\n"
    )
    (wait,) = found.waits
    assert (wait.lock, wait.owner) == ("hudson.model.Queue@4041e2428", "b")


def test_a_trace_of_an_exception_is_no_thread_dump() -> None:
    lines = "java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n"
    assert not READER.claims(lines.splitlines())


def test_the_page_counts_threads_and_no_time() -> None:
    found = profile("gdb/owner-printed.txt")
    page = profile_page(found, diagnose(found))
    assert "<h2>Where threads stand</h2>" in page
    assert "the number of threads that were seen in it" in page
    assert "of busy time" not in page
