"""`jfr print`: waits with lock, stack and who had the lock before."""

from __future__ import annotations

import pytest
from tests.profiles.captured import of, profile

from lockwright.profiles.diagnosis import CONTENDED, diagnose
from lockwright.profiles.diagnosis.groups import waiter
from lockwright.profiles.jvm import CUT_STACKS, LEFT_OUT
from lockwright.profiles.readers.jfr_print import duration_ns


def test_waits_of_a_recording() -> None:
    found = profile("jfr_print/waits-17.txt")
    assert found.provenance.skipped == 0
    assert sum(one.contended for one in found.waits) == 40
    sums: dict[tuple[str, str], int] = {}
    for one in found.waits:
        sums[one.lock, one.kind] = sums.get((one.lock, one.kind), 0) + one.contended
    assert sums == {
        ("OrderService$Stock", "monitor of Java"): 23,
        ("ReentrantLock", "lock of java.util.concurrent"): 4,
        ("ReentrantReadWriteLock", "lock of java.util.concurrent:R"): 12,
        ("ReentrantReadWriteLock", "lock of java.util.concurrent:W"): 1,
    }
    assert {one.owner for one in found.waits if one.lock == "OrderService$Stock"} == {"order"}
    assert found.facts["seconds"] == "0.474"
    assert found.facts[CUT_STACKS] == "17 of 40"


def test_what_is_said_of_them() -> None:
    said = diagnose(profile("jfr_print/waits-17.txt"))
    assert said.verdict == CONTENDED
    assert said.headline == (
        "contended lock: a monitor of Java OrderService$Stock wanted by OrderService.reserve, 1.38 s of waiting in 23 "
        "waits of 60 ms"
    )
    assert [one.name for one in said.cures] == ["shorten hold"]
    assert said.record[0].startswith("`jfr print --stack-depth 20`: of 17 of 40 waits")
    assert any("threshold" in one.sentence for one in said.cautions)


def test_deeper_stacks_have_callers() -> None:
    found = profile("jfr_print/waits-deeper-25.txt")
    assert found.provenance.skipped == 0
    assert CUT_STACKS not in found.facts
    assert {waiter(one.stack).caller for one in found.waits} == {
        "OrderService.reserve",
        "OrderService.reprice",
        "OrderService.lookup",
        "jdk.jfr.internal.PlatformRecorder.periodicTask",
    }


def test_samples_beside_waits() -> None:
    found = profile("jfr_print/with-samples-17.txt")
    assert sum(one.count for one in found.samples) == 12
    assert {one.event for one in found.samples} == {"execution samples"}
    assert {one.command for one in found.samples} == {"main", "price", "lookup"}
    assert sum(one.contended for one in found.waits) == 18


def test_parking_for_work_is_no_wait_for_a_lock() -> None:
    park = (
        "jdk.ThreadPark {{\n  startTime = 03:06:0{at}.703\n  duration = 5.01 s\n  parkedClass = {of} (classLoader = "
        'bootstrap)\n  eventThread = "pool-1-thread-{at}" (javaThreadId = 21)\n  stackTrace = [\n'
        "    jdk.internal.misc.Unsafe.park(boolean, long)\n    Worker.take() line: 3\n  ]\n}}\n\n"
    )
    condition = "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject"
    lock = "java.util.concurrent.locks.ReentrantLock$NonfairSync"
    found = of("".join(park.format(at=at, of=condition) for at in range(5)) + park.format(at=6, of=lock))
    (wait,) = found.waits
    assert (wait.lock, wait.contended, wait.total_ns, wait.command) == ("ReentrantLock", 1, 5.01e9, "pool-1-thread")
    assert "seconds" not in found.facts  # of six events
    assert LEFT_OUT in found.facts


@pytest.mark.parametrize(
    ("text", "expected"), [("60.6 ms", 60.6e6), ("1 m 3 s", 63e9), ("60,6 ms", 60.6e6), ("24.1 us", 24100), ("N/A", 0)]
)
def test_durations(text: str, expected: float) -> None:
    assert duration_ns(text) == pytest.approx(expected)


def test_the_lock_mode_of_async_profiler() -> None:
    found = profile("folded/async-profiler-lock.txt")
    assert not found.samples
    assert [(one.lock, one.kind, one.total_ns, waiter(one.stack).caller) for one in found.waits] == [
        ("OrderService$Stock", "monitor of Java", 24.1e9, "OrderService.reserve"),
        ("ReentrantLock", "lock of java.util.concurrent", 7.09e9, "OrderService.reprice"),
    ]
    said = diagnose(found)
    assert said.verdict == CONTENDED
    assert "a monitor of Java OrderService$Stock wanted by OrderService.reserve" in said.headline


def test_lock_mode_without_times_counts_waits() -> None:
    (wait,) = of("Main.run;Main.put;java.lang.Object_[i] 17\n").waits
    assert (wait.lock, wait.contended, wait.total_ns) == ("java.lang.Object", 17, 0)


def test_a_profile_of_allocations_is_none_of_locks() -> None:
    assert not of("Main.run;Main.put;byte[]_[i] 17\nMain.run;java.lang.Object_[i] 4\n").waits
    assert not of("Main.run;java/util/A.put_[i] 17\n").waits
