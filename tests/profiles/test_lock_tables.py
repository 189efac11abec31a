"""The tables of `perf lock` in every mode and of several versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.profiles.captured import of, profile

from lockwright.errors import LockwrightError
from lockwright.profiles import folding, read

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str, *, skipped: int = 0):
    found = of((SAMPLES / f"{name}.txt").read_text())
    assert found.provenance.skipped == skipped
    return found


def test_modes_of_one_recording_agree() -> None:
    by_caller, by_task = (profile(f"modes/{one}.lock-contention.txt").waits for one in ("caller", "task"))
    stacks = profile("modes/stacks.lock-contention.txt").waits
    raw = profile("modes/lock.script.gz").waits
    for waits in (by_caller, by_task, stacks, raw):
        assert sum(one.contended for one in waits) == 12
        assert sum(one.total_ns for one in waits) == pytest.approx(207_470, abs=100)
        assert max(one.longest_ns for one in waits) == pytest.approx(40_720, abs=10)
    assert [one.kind for one in stacks] == [one.kind for one in by_caller]
    assert [[one.symbol for one in wait.stack[:2]] for wait in stacks[:1]] == [
        ["__pv_queued_spin_lock_slowpath", "_raw_spin_lock_irq"]
    ]
    for wait, shown in zip(stacks, by_caller, strict=True):
        assert shown.stack[0].symbol in [one.symbol for one in wait.stack]
    assert {one.command for one in by_task} >= {"rcu_preempt", "renamer", "ksoftirqd/0"}
    assert not any(one.stack for one in by_task)


def test_columns_that_were_asked_for() -> None:
    usual = profile("modes/caller.lock-contention.txt").waits
    fields = {one.stack: one for one in profile("modes/fields.lock-contention.txt").waits}
    no_count = {one.stack: one for one in profile("modes/no-count.lock-contention.txt").waits}
    for one in usual:
        assert fields[one.stack].contended == no_count[one.stack].contended == one.contended
        assert fields[one.stack].longest_ns == one.longest_ns
        assert fields[one.stack].total_ns == pytest.approx(one.total_ns, abs=10 * one.contended)
        assert no_count[one.stack].total_ns == one.total_ns
        assert no_count[one.stack].longest_ns == 0  # not printed


def test_by_address() -> None:
    waits = sample("lock_contention/address-6.4").waits
    assert [(one.lock, one.kind) for one in waits] == [
        ("tasklist_lock@ffffffff8a806080", "rwlock"),
        ("siglock@ffff8cc717c90000", "spinlock"),
        ("mmap_lock@ffff8cdc2872aaf8", "rwsem"),
        ("ffff8cc700061c00", "spinlock"),
        ("mmap_lock@ffff8cd647914038", "rwsem"),
        ("&task_struct@ffff9d5e852d3498", "mutex"),
    ]
    assert (waits[5].total_ns, waits[0].total_ns, waits[0].contended) == (975, 6.02e6, 41)
    older = sample("lock_contention/address-6.2", skipped=1).waits  # a row that ends with its address says no lock
    assert [(one.lock, one.kind) for one in older] == [("tasklist_lock@ffffffff9d006080", "lock")]


def test_by_owner() -> None:
    waits = sample("lock_contention/owner-6.3").waits
    assert [(one.owner, one.command, one.contended) for one in waits] == [
        ("sched-pipe", "", 2),
        ("", "", 7),
        ("Web Content", "", 1),
    ]


def test_stacks_of_owners_are_no_further_waits() -> None:
    found = sample("lock_contention/owner-stacks-6.15")
    (wait,), (blamed,) = found.waits, found.blamed
    assert (wait.stack[0].symbol, wait.contended) == ("pipe_read", 171)
    assert [one.symbol for one in blamed.stack] == ["pipe_write", "vfs_write", "ksys_write"]
    assert blamed.total_ns == 160_250


def test_with_a_separator() -> None:
    waits = sample("lock_contention/separated-6.5").waits
    assert [(one.kind, one.stack[0].symbol, one.stack[0].offset) for one in waits] == [
        ("spinlock", "process_one_work", 0x1F0),
        ("rwsem:R", "do_user_addr_fault", 0x40E),
        ("mutex", "iwl_mvm_async_handlers_wk", 0x135),
    ]
    assert (waits[0].contended, waits[0].total_ns, waits[0].longest_ns) == (17, 174_232, 20_415)
    assert sample("lock_contention/separated-quiet-6.5").waits == waits
    (stacked,) = sample("lock_contention/separated-stacks-6.5").waits
    assert [one.symbol for one in stacked.stack] == ["_raw_spin_lock_irq", "process_one_work", "worker_thread"]
    tasks = sample("lock_contention/separated-task-6.5").waits
    assert [(one.command, one.total_ns) for one in tasks] == [("sched-messaging", 174_232), ("", 9000)]
    addresses = sample("lock_contention/separated-address-6.5").waits
    assert [(one.lock, one.kind) for one in addresses] == [
        ("tasklist_lock@ffffffff9d006080", "rwlock"),
        ("ffff9d5e852d3538", "mutex"),
    ]


@pytest.mark.parametrize(
    ("name", "lock", "taken", "waits", "total_ns", "longest_ns"),
    [
        ("nanoseconds-3.2", "&mm->page_table_...", 382, 12, 51_200, 9_100),
        ("nanoseconds-5.10", "&(&zone->lock)-", 50_000, 8_000, 100e6, 900e3),
        ("units-5.18", "&mm->mmap_lock", 9_120, 211, 86.53e6, 4.1e6),
    ],
)
def test_reports(name: str, lock: str, taken: int, waits: int, total_ns: float, longest_ns: float) -> None:
    found = sample(f"lock_report/{name}")
    wait = next(one for one in found.waits if one.lock == lock)
    assert (wait.contended, wait.total_ns, wait.longest_ns) == (waits, total_ns, pytest.approx(longest_ns))
    assert next(one.acquired for one in found.holdings if one.lock == lock) == taken
    assert len(found.holdings) == len(found.waits)


def test_a_report_of_contention_alone_has_callers() -> None:
    found = profile("modes/caller.lock-report.txt")
    assert [one.stack[0].symbol for one in found.waits] == [
        "swake_up_one",
        "up_write",
        "kmem_cache_free",
        "__x64_sys_unlink",
        "update_process_t",
        "kmem_cache_free",
        "rcu_gp_kthread",
    ]
    assert found.waits[0].stack[0].offset == 0x35
    assert not found.holdings
    assert sum(one.contended for one in found.waits) == 12
    fields = profile("modes/fields.lock-report.txt").waits
    assert [(one.contended, one.total_ns) for one in fields[:2]] == [(3, pytest.approx(48_480)), (2, 22_040)]


@pytest.mark.parametrize("kind", ["lock_info", "perf_annotate", "perf_stat"])
def test_kinds_that_hold_no_profile(kind: str) -> None:
    names = sorted((SAMPLES / kind).iterdir())
    assert names
    for name in names:
        with pytest.raises(LockwrightError) as raised:
            of(name.read_text())
        text = str(raised.value)
        assert "error[P005]" in text, name
        assert kind.replace("_info", " info").replace("lock", "perf lock").replace("perf_", "perf ") in text, name
        assert "help: give" in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("lock_report/units-5.18", ["&mm->mmap_lock", "&rq->lock", "rcu_read_lock"]),
        ("lock_contention/owner-6.3", ["held by sched-pipe", "", "held by Web Content"]),
        ("lock_contention/separated-task-6.5", ["task sched-messaging", ""]),
        ("lock_contention/address-6.2", ["tasklist_lock@ffffffff9d006080"]),
    ],
)
def test_waits_without_stacks_are_told_apart_by_what_names_them(name: str, shown: list[str]) -> None:
    waits = folding.waits_by_caller(of((SAMPLES / f"{name}.txt").read_text()).waits)
    assert [one.name for one in waits] == shown
    assert not any(one.caller for one in waits)


def test_a_kind_of_lock_that_is_not_known_yet() -> None:
    """Versions of perf have added kinds: a caller with its offset tells that the word before it is one."""
    (wait,) = of("         3     10.00 us      5.00 us      3.33 us   newlock:R   do_something+0x1f\n").waits
    assert (wait.kind, wait.stack[0].symbol, wait.contended) == ("newlock:R", "do_something", 3)


def test_a_caller_that_perf_calls_unknown_is_none(tmp_path: Path) -> None:
    """Perf 6.1 prints it where the events of a recording have no stacks."""
    file = tmp_path / "table.txt"
    head = " contended   total wait     max wait     avg wait         type   caller\n\n"
    file.write_text(
        head + "        10     16.92 s       3.57 s       1.69 s     spinlock   Unknown\n", encoding="utf-8"
    )
    (wait,) = read(str(file)).waits
    assert (wait.kind, wait.stack, wait.contended) == ("spinlock", (), 10)
