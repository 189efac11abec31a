"""Sleeps on futexes: which are waits for a lock, of which kind, for how long, and whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockwright.profiles import read
from lockwright.profiles.diagnosis import diagnose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockwright.profiles import Profile

WAIT, WAKE, WAIT_BITSET = "0x00000080", "0x00000081", "0x00000189"
LIBC, JVM = "(/lib/libc.so.6)", "(/lib/libjvm.so)"
MUTEX = ("__lll_lock_wait (/lib/libc.so.6)", "pthread_mutex_lock@@GLIBC_2.2.5 (/lib/libc.so.6)")
CONDITION = ("__futex_abstimed_wait_common (/lib/libc.so.6)", "pthread_cond_wait@@GLIBC_2.3.2 (/lib/libc.so.6)")
SECONDS = "# elapsed_s : 2.0\n# lock events s : 2.0\n#\n"
WORK = "\n".join(
    f"prog {9 + at % 2} [000] 1.{at:09}: 1000000 cpu-clock:\n\t401000 work+0x1 (/bin/prog)\n" for at in range(300)
)


def sleep(
    stack: Sequence[str], *, at_s: float, for_s: float, thread: int = 7, word: int = 0x7F01, op: str = WAIT
) -> str:
    frames = "".join(f"\t{0x1000 + at:x} {one.replace(' (', '+0x1 (')}\n" for at, one in enumerate(stack))
    call = f"uaddr: {word:#x}, op: {op}, val: 0x2, utime: 0x0, uaddr2: 0x0, val3: 0x0"
    return (
        f"prog {thread} [001] {at_s:.9f}: syscalls:sys_enter_futex: {call}\n{frames}\n"
        f"prog {thread} [001] {at_s + for_s:.9f}: syscalls:sys_exit_futex: 0x0\n"
    )


def often(stack: Sequence[str], number: int = 100, for_s: float = 0.005, op: str = WAIT) -> str:
    """Return sleeps of two threads, on words of their own, `number` times each."""
    return "".join(
        sleep(stack, at_s=1 + at * for_s * 2, for_s=for_s, thread=7 + one, word=0x7F00 + 8 * one, op=op)
        for at in range(number)
        for one in range(2)
    )


def profile(tmp_path: Path, *parts: str) -> Profile:
    file = tmp_path / "recording.script"
    file.write_text("".join(parts), encoding="utf-8")
    return read(str(file))


def test_a_wait_is_from_the_call_to_its_return(tmp_path: Path) -> None:
    stack = (*MUTEX, "deposit (/bin/prog)", "main (/bin/prog)")
    found = profile(
        tmp_path,
        sleep(stack, at_s=1.0, for_s=0.25),
        sleep(stack, at_s=1.5, for_s=0.5),
        sleep(stack, at_s=1.6, for_s=0.1, thread=8, word=0x7F40),
        sleep((*MUTEX, "wakes (/bin/prog)"), at_s=2.5, for_s=0.1, op=WAKE),
    )
    one, other = found.waits
    assert (one.lock, one.kind, one.contended, one.ended) == ("0x7f01", "pthread lock", 2, 2)
    assert one.total_ns == pytest.approx(750e6)
    assert one.longest_ns == pytest.approx(500e6)
    assert next(frame.symbol for frame in one.stack) == "futex_wait"
    assert one.stack[-1].symbol == "main"
    assert other.lock == "0x7f40"
    assert not found.samples


def test_a_call_that_finds_the_word_changed_is_no_wait(tmp_path: Path) -> None:
    back = sleep((*MUTEX, "deposit (/bin/prog)"), at_s=1.0, for_s=0.25).replace(
        "futex: 0x0", "futex: 0xfffffffffffffff5"
    )
    assert not profile(tmp_path, back, WORK).waits
    slept = sleep((*MUTEX, "deposit (/bin/prog)"), at_s=1.5, for_s=0.5).replace(
        "futex: 0x0", "futex: 0xffffffffffffff92"
    )
    (wait,) = profile(tmp_path, back, slept, WORK).waits
    assert (wait.contended, wait.ended) == (1, 1)
    assert wait.longest_ns == pytest.approx(500e6)


def test_many_words_without_names_count_together(tmp_path: Path) -> None:
    stack = (f"syscall {LIBC}", "[unknown] (/p)")
    words = "".join(
        sleep(stack, at_s=1 + at / 100, for_s=0.009, thread=100 + one, word=0x8000 + 64 * at + one)
        for at in range(60)
        for one in range(2)
    )
    known = sleep((*MUTEX, "deposit (/bin/prog)"), at_s=1, for_s=0.05)
    found = diagnose(profile(tmp_path, SECONDS, words, known, WORK))
    assert (
        found.headline == "undecided: 1.08 s asleep on futexes in p+0x1001, which has no name: for a lock, or for work"
    )


def test_who_still_sleeps_has_no_time(tmp_path: Path) -> None:
    begun = sleep((*MUTEX, "deposit (/bin/prog)"), at_s=1.0, for_s=0.25).partition("\n\n")[0] + "\n\n"
    found = profile(tmp_path, begun, begun, WORK)
    (wait,) = found.waits
    assert (wait.contended, wait.ended, wait.total_ns) == (2, 0, 0)
    assert found.facts["sleeps without an end"] == "2"


@pytest.mark.parametrize(
    ("stack", "kind", "has_word"),
    [
        ((*MUTEX, "deposit (/bin/prog)"), "pthread lock", True),
        ((f"__pthread_mutex_cond_lock {LIBC}", *CONDITION[1:], "take (/bin/prog)"), "pthread lock", True),
        ((*CONDITION, "[unknown] (/bin/prog)", "run (/bin/prog)"), "futex", False),
        ((*CONDITION, "take_gil (/bin/python3)"), "global lock of Python", False),
        ((*CONDITION, "[unknown] (/bin/py)", "PyEval_RestoreThread (/bin/py)"), "global lock of Python", False),
        ((*CONDITION, f"Parker::park {JVM}", f"Unsafe_Park {JVM}", "[unknown] (/tmp/perf-1.map)"), "futex", False),
        ((*CONDITION, f"os::PlatformEvent::park {JVM}", f"ObjectMonitor::EnterI {JVM}"), "monitor of Java", False),
        ((f"syscall {LIBC}", "std::sys::sync::mutex::futex::Mutex::lock_contended (/p)"), "mutex of Rust", True),
        ((f"syscall {LIBC}", "[unknown] (/bin/prog)"), "futex", True),
        ((f"__futex_abstimed_wait_common {LIBC}",), "futex", True),
        (("runtime.futex (/p)", "runtime.futexsleep (/p)", "runtime.lock2 (/p)"), "Go runtime mutex", False),
        ((f"do_futex_wait {LIBC}", f"sem_wait {LIBC}", "PGSemaphoreLock (/p)"), "PostgreSQL LWLock", False),
    ],
)
def test_the_stack_tells_what_is_slept_for(stack: tuple[str, ...], kind: str, has_word: bool, tmp_path: Path) -> None:
    (wait,) = profile(tmp_path, sleep(stack, at_s=1.0, for_s=0.05)).waits
    assert (wait.kind, bool(wait.lock)) == (kind, has_word)


@pytest.mark.parametrize(
    "stack",
    [
        (*CONDITION, "take_work (/bin/prog)", "worker (/bin/prog)"),
        (f"do_futex_wait {LIBC}", f"sem_wait {LIBC}", f"PosixSemaphore::wait {JVM}", f"GangWorker::loop {JVM}"),
        ("runtime.futex (/p)", "runtime.notesleep (/p)", "runtime.findRunnable (/p)", "runtime.semacquire1 (/p)"),
        (
            "__futex_abstimed_wait_common (/lib/libc.so.6)",
            "__pthread_clockjoin_ex (/lib/libc.so.6)",
            "main (/bin/prog)",
        ),
    ],
)
def test_who_waits_for_work_waits_for_no_lock(stack: tuple[str, ...], tmp_path: Path) -> None:
    found = profile(tmp_path, SECONDS, often(stack, op=WAIT_BITSET), WORK)
    assert not found.waits
    assert found.facts["asleep for work"] == "1.000000 s in 200 sleeps"
    assert diagnose(found).verdict == "no lock"


def test_a_mutex_whose_waiters_sleep_is_contended(tmp_path: Path) -> None:
    found = diagnose(profile(tmp_path, SECONDS, often((*MUTEX, "deposit (/bin/prog)", "main (/bin/prog)")), WORK))
    assert found.verdict == "contended lock"
    assert found.headline.startswith("contended lock: a pthread lock wanted by deposit, 500 ms of waiting in 100 waits")


def test_an_operation_that_locks_tells_a_lock_where_no_name_does(tmp_path: Path) -> None:
    file = profile(tmp_path, SECONDS, often((f"syscall {LIBC}", "[unknown] (/p)"), op="0x00000086"), WORK)
    assert {one.kind for one in file.waits} == {"PI futex"}
    assert diagnose(file).headline.startswith("contended lock: a PI futex wanted by p+0x1001, 500 ms of waiting")


def test_a_call_that_takes_a_free_lock_is_no_wait(tmp_path: Path) -> None:
    stack = (f"syscall {LIBC}", "[unknown] (/p)")
    assert not profile(tmp_path, SECONDS, often(stack, for_s=4e-6, op="0x00000086"), WORK).waits


def test_few_waits_on_the_way_through_a_futex_are_no_matter(tmp_path: Path) -> None:
    found = diagnose(profile(tmp_path, SECONDS, often((f"syscall {LIBC}", "[unknown] (/p)"), 4, 0.001), WORK))
    assert found.verdict == "no lock"


def test_sleeps_that_no_name_explains_are_undecided(tmp_path: Path) -> None:
    stack = (*CONDITION, "[unknown] (/usr/sbin/served)", "[unknown] (/usr/sbin/served)")
    found = diagnose(profile(tmp_path, SECONDS, often(stack), WORK))
    assert found.headline == (
        "undecided: 1 s asleep on futexes in served+0x1002, which has no name: for a lock, or for work"
    )
    compiled = diagnose(profile(tmp_path, SECONDS, often((*CONDITION, "[unknown] (/tmp/perf-77.map)")), WORK))
    assert "in code that was compiled at run time" in compiled.headline
    ended = diagnose(profile(tmp_path, SECONDS, often(CONDITION[:1]), WORK))
    assert ended.headline == "undecided: 1 s asleep on futexes by prog: for a lock, or for work"
    python = (f"sem_wait {LIBC}", "PyThread_acquire_lock_timed (/p)", "acquire_timed (/p)", "main (/p)")
    made_of_any = diagnose(profile(tmp_path, SECONDS, often(python), WORK))
    assert made_of_any.headline == "undecided: 1 s asleep on futexes in acquire_timed: for a lock, or for work"
    own = diagnose(
        profile(tmp_path, SECONDS, often(("syscall (/lib/libc.so.6)", "await_turn (/p)", "main (/p)")), WORK)
    )
    assert own.headline == "undecided: 1 s asleep on futexes in await_turn: for a lock, or for work"


def test_a_lock_with_a_name_goes_before_longer_sleeps_without(tmp_path: Path) -> None:
    unknown = often((*CONDITION, "[unknown] (/usr/sbin/served)"), for_s=0.005)
    known = often((*MUTEX, "deposit (/bin/prog)"), for_s=0.003)
    found = diagnose(profile(tmp_path, SECONDS, unknown, known, WORK))
    assert found.headline.startswith("contended lock: a pthread lock wanted by deposit")
    many = "".join(often((*CONDITION, "[unknown] (/usr/sbin/served)"), for_s=one) for one in (0.005, 0.006, 0.007))
    found = diagnose(profile(tmp_path, SECONDS, many, known, WORK))
    assert found.verdict == "undecided"  # 3.6 s without a name, 0.3 s with one


@pytest.mark.parametrize(
    "stack",
    [
        ("do_futex_wait (/lib/libc.so.6)", "sem_wait (/lib/libc.so.6)", "worker (/bin/prog)"),
        (*CONDITION, "[unknown] (/bin/prog)"),
    ],
)
def test_who_sleeps_long_for_a_signal_waits_for_work(stack: tuple[str, ...], tmp_path: Path) -> None:
    found = diagnose(profile(tmp_path, SECONDS, sleep(stack, at_s=1, for_s=0.9), sleep(stack, at_s=2, for_s=0.9), WORK))
    assert found.verdict == "no lock"
    few = diagnose(profile(tmp_path, SECONDS, often(stack), WORK))
    assert few.verdict in {"contended lock", "undecided"}


def test_lost_events_end_what_was_open(tmp_path: Path) -> None:
    begun, _, ended = sleep((*MUTEX, "deposit (/bin/prog)"), at_s=1.0, for_s=0.25).partition("\n\n")
    lost = "prog 7 [001] 1.100000000: PERF_RECORD_LOST lost 12\n"
    (wait,) = profile(tmp_path, begun, "\n\n", lost, ended).waits
    assert (wait.contended, wait.ended) == (1, 0)
