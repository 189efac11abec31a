"""What real recordings are diagnosed as: the lock by name, from samples and from waits."""

from __future__ import annotations

import pytest
from tests.profiles.captured import FILES, profile

from lockwright.profiles.diagnosis import VERDICTS, diagnose

COMMITS = {
    "ipvs-before": "no lock",  # the chains are long, says its author
    "ipvs-after": "minor",
    "ovs-flow-stats-before": "contended lock",  # locks of the kernel around the allocator
    "ovs-flow-stats-after": "minor",
    "xfs-buffer-alloc-before": "minor",
    "xfs-buffer-alloc-after": "minor",
    "xfs-buffer-hash-before": "undecided",  # no caller
    "xfs-buffer-hash-after": "undecided",
}


@pytest.mark.parametrize("name", COMMITS)
def test_profiles_of_commits(name: str) -> None:
    assert diagnose(profile(f"commits/{name}.txt")).verdict == COMMITS[name]


def test_a_hot_look_up_is_no_lock() -> None:
    found = diagnose(profile("commits/ipvs-before.txt"))
    assert found.headline.startswith("not a lock: 43.1 % of busy time (42.4 % of all) in ip_vs_conn_in_get, a look-up")


@pytest.mark.parametrize(
    ("name", "kind", "callers"),
    [
        ("timer-gettime.lock-contention.txt", "spinlock", {"do_timer_gettime"}),
        ("timer-gettime.lock-cut.script.gz", "spinlock", {"__lock_timer"}),
        ("timer-gettime.cpu.script.gz", "spinlock", {"do_timer_gettime"}),
        ("timer-gettime.report-children.txt", "spinlock", {"do_timer_gettime"}),
        ("create-unlink.lock-contention.txt", "rwsem", {"__x64_sys_unlink", "do_filp_open"}),
        ("create-unlink.lock.script.gz", "rwsem", {"do_unlinkat", "path_openat"}),
        ("create-unlink.cpu-cut.script.gz", "rwsem", {"do_unlinkat", "path_openat"}),
        ("create-unlink.report.txt", "rwsem", {"do_unlinkat", "path_openat"}),
        ("mmap-ns.lock.script.gz", "rwsem", {"__vm_munmap", "vm_mmap_pgoff"}),
    ],
)
def test_the_lock_is_named_by_its_callers(name: str, kind: str, callers: set[str]) -> None:
    lock = diagnose(profile(name)).lock
    assert lock is not None
    assert lock.kind == kind
    assert {one.caller for one in lock.sites[: len(callers)]} == callers


@pytest.mark.parametrize("name", FILES)
def test_every_recording_gets_a_verdict(name: str) -> None:
    found = diagnose(profile(name))
    assert found.verdict in VERDICTS
    assert found.headline
