"""bpftrace, bcc, folded stacks and Go: samples, times off the CPU, and calls that no sample stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.profiles.captured import of, place, profile

if TYPE_CHECKING:
    from lockwright.profiles import Profile


def top(found: Profile) -> list[tuple[str, str, float]]:
    return [(one.command, one.stack[0].symbol, one.weight) for one in found.samples]


def waiting(found: Profile) -> list[tuple[str, str, str, int, float]]:
    return [(one.kind, one.command, one.stack[0].symbol, one.contended, one.total_ns) for one in found.waits]


def test_samples_of_bpftrace() -> None:
    found = profile("bpftrace/sampled.txt")
    assert top(found) == [
        ("timer_gettime_b", "native_queued_spin_lock_slowpath", 8112),
        ("dd", "copy_user_enhanced_fast_string", 204),
        ("Func___", "lru_note_cost_unlock_irq", 354),
    ]
    assert found.samples[0].stack[0].offset == 412
    assert not found.waits


def test_calls_of_a_slow_path_are_no_samples() -> None:
    found = profile("bpftrace/calls-of-the-slow-path.txt")
    assert not found.samples
    assert waiting(found) == [
        ("spinlock", "", "__pv_queued_spin_lock_slowpath", 47235, 0),
        ("spinlock", "", "__pv_queued_spin_lock_slowpath", 56844, 0),
    ]
    found = profile("bcc_stacks/stackcount.txt")
    assert not found.samples
    assert [one.contended for one in found.waits] == [1204, 17]


def test_calls_of_something_else_are_an_event_of_their_own() -> None:
    found = of("@[\n    vfs_read+0\n    ksys_read+97\n, dd]: 12\n@[\n    vfs_read+0\n    sys_pread64+9\n, dd]: 3\n")
    assert {one.event for one in found.samples} == {"calls of vfs_read"}


def test_times_off_the_cpu() -> None:
    found = profile("bpftrace/off-cpu-sums.txt")
    assert found.unit == "period"
    assert {one.event for one in found.samples} == {"off-cpu"}
    assert waiting(found) == [("rwsem:W", "unlinker", "rwsem_down_write_slowpath", 0, 400_112_877)]
    assert [one.symbol for one in found.samples[0].stack[-2:]] == ["unlink", "main"]
    for name, ns in (("bcc_stacks/offcputime-2016.txt", 40_112_877_000), ("folded/offcputime.txt", 40_112_877_000)):
        found = profile(name)
        assert ("rwsem:W", "unlinker", "rwsem_down_write_failed", 0, ns) in waiting(found)
        assert found.unit == "period"
        assert all(one.event == "off-cpu" for one in found.samples)


def test_histograms_are_counts() -> None:
    found = profile("bpftrace/histograms.txt")
    assert waiting(found) == [("mutex", "", "mutex_lock", 128, 0), ("mutex", "", "mutex_lock", 12, 0)]


@pytest.mark.parametrize(
    ("value", "weight"), [("42", 42), ("count 5, average 10, total 50", 50), ("-3", 0), ("", 0), ("nonsense", 0)]
)
def test_values(value: str, weight: float) -> None:
    found = of(f"@x[\n    f+100\n    main+3\n]: {value}\n@x[\n    g+50\n    main+3\n]: 1\n")
    assert {one.stack[0].symbol: one.weight for one in found.samples} == {"f": weight, "g": 1}
    assert found.provenance.skipped == (value == "nonsense")


def test_a_key_that_breaks_off() -> None:
    text = place("bpftrace/sampled.txt").read_text()
    found = of(text[: text.rindex("asm_exc")])
    assert len(found.samples) == 2
    assert "has no value" in found.provenance.cut


def test_the_task_of_a_stack() -> None:
    found = profile("bcc_stacks/profile.txt")
    assert top(found) == [
        ("cp", "filemap_map_pages", 1),
        ("timers", "native_queued_spin_lock_slowpath", 44),
        ("func_ab", "func_a", 5),
    ]
    assert found.samples[1].stack[-1].symbol == "timer_gettime"


def test_who_waits_and_who_wakes() -> None:
    found = profile("bcc_stacks/offwaketime.txt")
    assert waiting(found) == [("rwsem:W", "unlinker", "rwsem_down_write_failed", 0, 4_334_521_000)]
    assert not any("up_write" in [frame.symbol for frame in one.stack] for one in found.samples)
    folded = profile("folded/offwaketime.txt")
    assert [one.command for one in folded.samples] == ["unlinker", "run", "svscan"]
    assert not any("rwsem_wake" in [frame.symbol for frame in one.stack] for one in folded.samples)


def test_what_only_wakes_is_refused() -> None:
    text = """Tracing blocked time (us) by kernel stack... Hit Ctrl-C to end.
^C
    target:          vmstat
    ffffffff810df082 hrtimer_wakeup
    ffffffff810dfba8 hrtimer_interrupt
    waker:           swapper/1
        4000415
"""
    with pytest.raises(Exception, match="P004"):
        of(text)


def test_marks_and_delimiters_of_folded_stacks() -> None:
    first = profile("folded/bcc-profile-annotated.txt").samples[0]
    assert [one.symbol for one in first.stack] == [
        "osq_lock",
        "mutex_lock",
        "vfs_read",
        "SyS_read",
        "entry_SYSCALL_64_fastpath",
        "read",
        "[unknown]",
        "dd",
    ]
    assert first.stack[0].module == "[kernel]"
    java = profile("folded/async-profiler.txt").samples[0]
    assert "java/util/concurrent/locks/ReentrantLock.lock" in [one.symbol for one in java.stack]


def test_mutexes_of_go() -> None:
    found = profile("go_traces/mutex.txt")
    assert waiting(found) == [
        ("Go mutex", "", "sync.(*Mutex).Unlock", 0, 3.08 * 60e9),
        ("Go RWMutex:W", "", "sync.(*RWMutex).Unlock", 0, 410e6),
    ]
    assert found.facts["stacks"].startswith("of who released the lock")
    assert [one.symbol for one in found.waits[0].stack[1:3]] == ["main.(*Cache).Put", "main.(*Server).handle"]
    blocked = profile("go_traces/block.txt")
    assert [one[0] for one in waiting(blocked)] == ["Go mutex", "Go RWMutex:R"]
    assert top(blocked) == [("", "runtime.selectgo", 8.05e9)]
    assert top(profile("go_traces/cpu.txt")) == [("", "runtime.procyield", 12.5e9), ("", "main.work", 28.7e9)]


def test_shares_of_go() -> None:
    found = profile("go_top/cpu.txt")
    assert found.unit == "percent"
    assert top(found) == [("", "runtime.procyield", 50.75), ("", "runtime.lock2", 15.51), ("", "main.hash", 1.62)]
    assert {one.event for one in found.samples} == {"cpu"}
    assert found.provenance.skipped == 0


def test_threads_that_a_debugger_stopped() -> None:
    found = profile("pt_pmp/proxy.txt")
    assert [(one.stack[0].symbol, one.count, one.event) for one in found.samples] == [
        ("nanosleep", 3107, "threads"),
        ("__lll_lock_wait", 44, "threads"),
        ("poll", 4, "threads"),
    ]
    assert found.samples[1].stack[3].symbol == "std::map<int, long>::erase(int, long)"


def test_weights_with_units() -> None:
    found = profile("folded/with-units.txt")
    assert found.unit == "period"
    assert [one.weight for one in found.samples] == [12.5e6, 3.25e6, 410e3]
