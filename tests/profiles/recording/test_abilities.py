"""What can be recorded is found out, and what cannot comes with the command that would change it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.profiles.recording.machine import machine, with_perf

from lockwright.errors import LockwrightError
from lockwright.profiles.recording import Request
from lockwright.profiles.recording.abilities import abilities
from lockwright.profiles.recording.system import as_root

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = Request(("true",))
UNTRUSTED: dict[str, str | None] = {
    "proc/kallsyms": "0000000000000000 T _text\n",
    "sys/kernel/tracing/events/lock/contention_begin/id": None,
}

LOCK_EVENT = "sys/kernel/tracing/events/lock/contention_begin/id"
FUTEX_EVENT = "sys/kernel/tracing/events/syscalls/sys_enter_futex/id"


def test_all_can_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    found = abilities(machine(tmp_path), COMMAND)
    assert (found.event, found.has_kernel, found.has_locks, found.has_large_buffers) == ("cycles", True, True, True)
    assert (found.version, found.has_control, found.has_bpf, found.has_priority) == ((6, 1), True, True, True)
    assert found.lacks == ()


def test_a_guest_without_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    found = abilities(machine(tmp_path), COMMAND)
    assert found.event == "cpu-clock"
    assert [one.cure for one in found.lacks] == ["in a guest: give it a virtual PMU (QEMU: `-cpu host,pmu=on`)"]
    with pytest.raises(LockwrightError, match=r"P021.*lbr"):
        abilities(machine(tmp_path), Request(("true",), call_graph="lbr"))


@pytest.mark.parametrize(
    ("files", "why", "cure"),
    [
        (
            {"proc/sys/kernel/osrelease": "5.15.0-1\n"},
            "Linux 5.15 has no event lock:contention_begin",
            "Linux 5.19 or newer has it",
        ),
        (
            {LOCK_EVENT: None, FUTEX_EVENT: None, "proc/self/mounts": ""},
            "/sys/kernel/tracing is not mounted",
            as_root("mount -t tracefs nodev /sys/kernel/tracing"),
        ),
        (
            {
                LOCK_EVENT: None,
                "sys/kernel/tracing/events/sched/enable": "0",
            },
            "this kernel has no event lock:contention_begin",
            "a kernel with CONFIG_TRACEPOINTS has it",
        ),
        (
            {FUTEX_EVENT: None},
            "this kernel has no event syscalls:sys_enter_futex",
            "a kernel with CONFIG_FTRACE_SYSCALLS has it",
        ),
        (
            {"proc/kallsyms": "0000000000000000 T _text\n", "proc/sys/kernel/kptr_restrict": "2\n"},
            "kernel.kptr_restrict is 2",
            as_root("sysctl kernel.kptr_restrict=0"),
        ),
    ],
)
def test_one_lack(
    files: dict[str, str | None], why: str, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    found = abilities(machine(tmp_path, files), COMMAND)
    assert [(one.why, one.cure) for one in found.lacks] == [(why, cure)]


def test_somebody_else_than_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    found = abilities(machine(tmp_path, UNTRUSTED, is_root=False), COMMAND)
    assert (found.has_kernel, found.has_locks) == (False, False)
    assert (found.has_large_buffers, found.has_priority) == (False, False)
    kernel, locks = found.lacks
    who = "you are not root" if os.geteuid() else "this root has no CAP_PERFMON"
    assert kernel.why == locks.why == f"kernel.perf_event_paranoid is 2, and {who}"
    assert "sysctl kernel.perf_event_paranoid=-1" in kernel.cure
    assert "chmod -R a+rX /sys/kernel/tracing" in locks.cure


def test_a_free_machine_needs_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    system = machine(tmp_path, {"proc/sys/kernel/perf_event_paranoid": "-1\n"}, is_root=False)
    assert abilities(system, COMMAND).lacks == ()


@pytest.mark.parametrize(("level", "request_"), [("4", COMMAND), ("1", Request(is_system_wide=True, seconds=1))])
def test_nothing_may_be_recorded(
    level: str, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_perf(tmp_path, monkeypatch, "counters")
    system = machine(tmp_path, {"proc/sys/kernel/perf_event_paranoid": level}, is_root=False)
    with pytest.raises(LockwrightError, match=r"P021(.|\n)*sysctl kernel\.perf_event_paranoid=") as caught:
        abilities(system, request_)
    assert "as root: `sudo lockwright record ...`" in str(caught.value)


def test_in_a_container_the_host_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch)
    system = machine(tmp_path, UNTRUSTED | {"run/.containerenv": ""}, is_root=False)
    cures = {one.cure for one in abilities(system, COMMAND).lacks[1:]}
    assert len(cures) == 1
    assert "--cap-add PERFMON" in cures.pop()


@pytest.mark.parametrize(
    ("release", "commands"),
    [
        ("ID=debian\n", ["apt install linux-perf"]),
        ('ID=ubuntu\nID_LIKE="debian"\n', ["apt install linux-tools-$(uname -r)"]),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', ["dnf install perf"]),
        ('ID="opensuse-leap"\n', ["zypper install perf"]),
        (None, ["apt install linux-perf", "apt install linux-tools-$(uname -r)", "dnf install perf"]),
    ],
)
def test_no_perf(release: str | None, commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LockwrightError, match="P020") as caught:
        abilities(machine(tmp_path, {"etc/os-release": release}), COMMAND)
    assert [one.strip("`") for one in caught.value.diagnostics[0].helps] == [as_root(one) for one in commands]


def test_a_perf_that_is_only_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_perf(tmp_path, monkeypatch, "wrapper")
    with pytest.raises(LockwrightError, match=r"P020(.|\n)*WARNING: perf not found for kernel"):
        abilities(machine(tmp_path), COMMAND)
