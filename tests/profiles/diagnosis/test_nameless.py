"""Callers without a name: a place in a stripped program, frames between those of a lock, and what would name them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.profiles.diagnosis.made import ORIGIN, sampled

from lockwright.profiles import Profile, Sample
from lockwright.profiles.diagnosis import UNDECIDED, diagnose
from lockwright.profiles.model import Frame

PROGRAM, JIT, LIBC = "/usr/sbin/mariadbd", "/tmp/perf-22256.map", "/usr/lib/x86_64-linux-gnu/libc.so.6"
KERNEL = "[kernel.kallsyms]"


def frames(*pairs: tuple[str, str]) -> tuple[Frame, ...]:
    """Return a stack of names and objects; nameless ones lie at 0xde2b6c, 0xde2b6d and so on."""
    return tuple(Frame(symbol, module, address=0xDE2B6C + at) for at, (symbol, module) in enumerate(pairs))


def profile(*stacks: tuple[tuple[Frame, ...], float], **facts: str) -> Profile:
    samples = tuple(Sample(stack, weight, int(weight), "work", None, "cycles") for stack, weight in stacks)
    return Profile(ORIGIN, samples, has_stacks=True, facts={key.replace("_", " "): text for key, text in facts.items()})


WORK = (frames(("compute", PROGRAM)), 60.0)


def test_a_stripped_program_has_places_in_place_of_names() -> None:
    lock = frames(("__lll_lock_wait", LIBC), ("pthread_mutex_lock", LIBC), ("[unknown]", PROGRAM))
    found = diagnose(profile((lock, 40), WORK))
    assert found.headline == "contended lock: 40.0 % of busy time for a pthread lock wanted by mariadbd+0xde2b6e"
    assert found.record[0].startswith("the symbols of `mariadbd` (a package with `-dbgsym`")


@pytest.mark.parametrize("module", [JIT, LIBC, "//anon", "", "[unknown]", "[vdso]"])
def test_code_made_at_run_time_and_the_c_library_have_no_places(module: str) -> None:
    lock = frames(("__lll_lock_wait", LIBC), ("pthread_mutex_lock", LIBC), ("[unknown]", module))
    found = diagnose(profile((lock, 40), WORK))
    assert found.lock is not None
    assert found.lock.caller == ""


def test_code_made_at_run_time_wants_a_map_of_its_names() -> None:
    lock = frames(("ObjectMonitor::enter", "/usr/lib/jvm/libjvm.so"), ("[unknown]", JIT))
    (advice, *_) = diagnose(profile((lock, 40), WORK, call_graph="dwarf,8192")).record
    assert "-XX:+DumpPerfMapAtExit" in advice


def test_stacks_that_were_copied_are_not_told_to_be_copied() -> None:
    lock = frames(*[("__lll_lock_wait", LIBC), ("pthread_mutex_lock", LIBC)] * 2)
    assert "dwarf,65528" in diagnose(profile((lock, 40), WORK, call_graph="dwarf,8192")).record[0]
    assert "--call-graph dwarf --" in diagnose(profile((lock, 40), WORK)).record[0]


def test_stacks_that_end_after_a_call_of_the_c_library_were_not_copied_too_short() -> None:
    """Perf 6.1 looks for rules of unwinding where the library lay in the program before: in a shell, for one."""
    lock = frames(("__lll_lock_wait", LIBC), ("pthread_mutex_lock", LIBC))
    assert "record -p PID" in diagnose(profile((lock, 40), WORK, call_graph="dwarf,8192")).record[0]


def test_frames_without_a_name_may_lie_between_those_of_a_lock() -> None:
    names = ("ProcSleep", "[unknown]", "LockAcquireExtended", "XactLockTableWait", "heap_update")
    found = diagnose(profile((frames(*((one, "/usr/bin/postgres") for one in names)), 40), WORK))
    assert found.lock is not None
    assert (found.lock.kind, found.lock.caller) == ("PostgreSQL lock of a table or row", "heap_update")


def test_a_futex_that_a_nameless_place_calls_may_be_an_event() -> None:
    lock = frames(("futex_wait", KERNEL), ("do_futex", KERNEL), ("syscall", LIBC), ("[unknown]", PROGRAM))
    found = diagnose(profile((lock, 40), WORK))
    assert found.verdict == UNDECIDED
    assert found.headline == (
        "undecided: 40.0 % of busy time waits for a futex, most of it called at mariadbd+0xde2b6f: a lock or an event"
    )


def test_one_caller_of_a_hundredth_names_no_futex() -> None:
    nameless, named = "futex_do_wait < futex_wait < do_futex < [unknown]", "futex_do_wait < do_futex < syscall < once"
    assert diagnose(sampled((nameless, 39), (named, 1), ("work", 60))).verdict == UNDECIDED


def test_a_caller_is_told_once() -> None:
    ways = [(f"osq_lock < down_write < chmod_common < {one}", 20.0) for one in ("do_fchmodat", "vfs_fchmod")]
    found = diagnose(sampled(*ways, ("work", 60)))
    assert found.headline == "contended lock: 40.0 % of busy time for an rwsem wanted by chmod_common"


def test_the_kernel_has_no_locks_of_a_program() -> None:
    hot = sampled(("posix_lock_inode < fcntl_setlk < do_fcntl", 90), ("work", 10), module=KERNEL)
    assert diagnose(hot).headline.startswith("no lock in sight")
    assert (
        "posix_lock_inode"
        in diagnose(
            replace(hot, samples=sampled(("posix_lock_inode < fcntl_setlk", 90), ("work", 10)).samples)
        ).headline
    )


@pytest.mark.parametrize(
    ("module", "advice"),
    [(LIBC, "the symbols of `libc.so.6`"), (KERNEL, "`sysctl kernel.kptr_restrict=0`, then record again")],
)
def test_where_locks_are_and_no_names_nothing_is_decided(module: str, advice: str) -> None:
    found = diagnose(profile((frames(("[unknown]", module), ("teller", PROGRAM)), 40), WORK))
    assert found.verdict == UNDECIDED
    assert found.headline == (
        "undecided: 40.0 % of busy time in functions of the kernel or the C library that have no names here"
    )
    assert found.record[0].startswith(advice)


def test_a_program_without_names_is_said_to_be_one() -> None:
    found = diagnose(profile((frames(("[unknown]", "/usr/lib/liblzma.so.5")), 90), WORK))
    assert found.headline == (
        "no lock in sight: no sample in a function that takes one or waits for one; 60 % of busy time is in functions "
        "without names"
    )
