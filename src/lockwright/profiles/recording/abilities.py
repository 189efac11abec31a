"""What can be recorded here, what cannot, why, and the command that would change it.

The rules are the kernel's: `perf_event_paranoid` (Documentation/admin-guide/sysctl/kernel.rst, and -1 for tracepoints
in `perf_trace_event_perm`, kernel/trace/trace_event_perf.c) and `kallsyms_show_value` (kernel/ksyms_common.c) for
names.  Debian's and Ubuntu's kernels know levels 3 and 4 as well: nothing at all without a capability.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.recording.request import refused
from lockwright.profiles.recording.system import as_root, version_in

if TYPE_CHECKING:
    from lockwright.profiles.recording.request import Request
    from lockwright.profiles.recording.system import System

_NO_KERNEL, _NO_CPUS, _NOTHING = 2, 1, 3  # from which level of perf_event_paranoid on
_TRACEPOINTS = -1  # up to which level
_FIRST_WITH_EVENTS = (5, 19)
_FIRST_WITH_CONTROL = (5, 10)
_FIRST_WITH_SYNTH = (5, 16)
_PROBE_S = 20.0
_SHOWN = 300  # characters of what perf says
_FREE = "sysctl kernel.perf_event_paranoid=-1"


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not recorded.

    Args:
        what: What is missing from the profile.
        why: What stands in the way.
        cure: What gives it: a command, or what to do outside; empty if nothing does.
    """

    what: str
    why: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be recorded here.

    Args:
        perf: Where `perf` is.
        version: Of it, such as (6, 1).
        event: What is sampled: `cycles`, or `cpu-clock` where the processor's counters are out of reach.
        has_kernel: Whether samples lie in the kernel too.
        has_locks: Whether waits for locks can be recorded.
        has_futexes: Whether sleeps on futexes can be: waits for locks of user space.
        has_large_buffers: Whether buffers may be larger than `perf_event_mlock_kb`.
        has_priority: Whether a recorder may run before all that is not real-time.
        has_dwarf: Whether this perf finds stacks where there are no frame pointers.
        has_zstd: Whether it writes compressed.
        has_bpf: Whether this perf could count waits in the kernel; the recording does not use it.
        most_hz: Samples per second that the kernel allows.
        lacks: What is missing.
    """

    perf: str
    version: tuple[int, int]
    event: str
    has_kernel: bool
    has_locks: bool
    has_futexes: bool
    has_large_buffers: bool
    has_priority: bool
    has_dwarf: bool
    has_zstd: bool
    has_bpf: bool
    most_hz: int
    lacks: tuple[Lack, ...]

    @property
    def has_control(self) -> bool:
        """Whether `perf record` starts to record when it is told to, and answers."""
        return self.version >= _FIRST_WITH_CONTROL

    @property
    def has_synth(self) -> bool:
        """Whether `perf record` can leave out what was mapped before."""
        return self.version >= _FIRST_WITH_SYNTH


def perf_here(system: System) -> tuple[str, tuple[int, int]]:
    """Return where `perf` is, and its version.

    Raises:
        LockwrightError: There is none, or one that does not run with this kernel.
    """
    path, cures = shutil.which("perf"), tuple(f"`{one}`" for one in system.installing())
    if path is None:
        raise refused("P020", "there is no `perf` here, which does the recording", *cures)
    code, out, words = _said(path, "--version")
    version = version_in(out)
    if code or version == (0, 0):
        notes = (f"`{path} --version`: {(words or out or f'exit status {code}')[:_SHOWN]}",)
        raise refused("P020", f"`{path}` is no perf that runs here", *cures, notes=notes)
    return path, version


def abilities(system: System, request: Request) -> Abilities:
    """Find out what can be recorded of what is asked for.

    Raises:
        LockwrightError: There is no perf, or it may record nothing of it.
    """
    perf, version = perf_here(system)
    may_all = system.may_all or _has_capabilities(perf)
    if not may_all:
        _refuse_forbidden(system, request)
    has_kernel = may_all or system.paranoid < _NO_KERNEL
    event = "cycles" if _counts_cycles(perf) else "cpu-clock"
    if event != "cycles" and request.call_graph == "lbr":
        raise refused(
            "P021", "`--call-graph lbr` needs the processor's counters, which are not there", "`--call-graph fp`"
        )
    options = _said(perf, "version", "--build-options")[1]
    found = (
        _no_cycles() if event != "cycles" else None,
        _no_kernel(system) if not has_kernel else _no_names(system),
        _no_locks(system, may_all=may_all) if request.has_locks else None,
        _no_futexes(system) if request.has_locks and (may_all or system.paranoid <= _TRACEPOINTS) else None,
    )
    return Abilities(
        perf,
        version,
        event,
        has_kernel,
        has_locks=request.has_locks and found[2] is None,
        has_futexes=(request.has_locks and system.has_futex_events and (may_all or system.paranoid <= _TRACEPOINTS)),
        has_large_buffers=may_all,
        has_priority=system.may_hurry,
        has_dwarf=bool(re.search(r"\b(?:libunwind|libdw|libdw-dwarf-unwind): \[ on", options)),
        has_zstd="zstd: [ on" in options,
        has_bpf="bpf_skeletons: [ on" in options,
        most_hz=system.number("proc/sys/kernel/perf_event_max_sample_rate", 100_000),
        lacks=tuple(one for one in found if one),
    )


def _said(perf: str, *arguments: str) -> tuple[int, str, str]:
    """Return the exit status of perf, and what it printed on either stream, in one line each."""
    try:
        done = subprocess.run(
            [perf, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PROBE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return -1, "", str(error)
    return done.returncode, " ".join(done.stdout.split()), " ".join(done.stderr.split())


def _counts_cycles(perf: str) -> bool:
    code, out, words = _said(perf, "stat", "-x,", "-e", "cycles:u", "--", "true")
    return code == 0 and "<not" not in out + words


def _has_capabilities(perf: str) -> bool:
    """Return whether perf may more than who calls it (`setcap cap_perfmon+ep`)."""
    try:
        return bool(os.getxattr(os.path.realpath(perf), "security.capability"))
    except OSError:
        return False


def _refuse_forbidden(system: System, request: Request) -> None:
    level = system.paranoid
    why = _level(system)
    if level >= _NOTHING:
        raise refused(
            "P021", f"perf may record nothing: {why}", *_permitting(system, "sysctl kernel.perf_event_paranoid=1")
        )
    if request.is_system_wide and level >= _NO_CPUS:
        raise refused("P021", f"perf may not record all CPUs: {why}", *_permitting(system, _FREE))


def _level(system: System) -> str:
    who = "you are not root" if os.geteuid() else "this root has no CAP_PERFMON"
    return f"kernel.perf_event_paranoid is {system.paranoid}, and {who}"


def _permitting(system: System, command: str) -> tuple[str, ...]:
    if system.is_container:
        return (_on_the_host(command),)
    return (f"`{as_root(command)}`", "or as root: `sudo lockwright record ...`")


def _permitted(system: System, *commands: str) -> str:
    """Return what the root of the machine has to type; in a container that is the host's."""
    return _on_the_host(commands[0]) if system.is_container else " && ".join(map(as_root, commands))


def _on_the_host(command: str) -> str:
    given = "--cap-add PERFMON --cap-add SYSLOG -v /sys/kernel/tracing:/sys/kernel/tracing:ro"
    return f"`{command}` on the host of this container, or start it with `{given}`"


def _no_cycles() -> Lack:
    return Lack(
        "the processor's cycles",
        "its counters are not there, and cpu-clock is blind while interrupts are off",
        "in a guest: give it a virtual PMU (QEMU: `-cpu host,pmu=on`)",
    )


def _no_kernel(system: System) -> Lack:
    why = _level(system)
    cure = _permitted(system, _FREE)
    return Lack("what the kernel does: its locks, and who wants them", why, cure)


def _no_names(system: System) -> Lack | None:
    if system.has_kernel_names:
        return None
    why = f"kernel.kptr_restrict is {system.number('proc/sys/kernel/kptr_restrict', 1)}"
    cure = _permitted(system, "sysctl kernel.kptr_restrict=0")
    return Lack("the names of the kernel's functions", why, cure)


def _no_locks(system: System, *, may_all: bool) -> Lack | None:
    """Return why the events of locks cannot be recorded; None if they can."""
    what, kernel = "waits for the kernel's locks, how many and how long", system.kernel
    if (0, 0) < kernel < _FIRST_WITH_EVENTS:
        why = f"Linux {kernel[0]}.{kernel[1]} has no event lock:contention_begin"
        return Lack(what, why, "Linux 5.19 or newer has it")
    if not may_all and system.paranoid > _TRACEPOINTS:
        why = _level(system)
        cure = _permitted(system, _FREE, "chmod -R a+rX /sys/kernel/tracing")
        return Lack(what, why, cure)
    if system.has_lock_events:
        return None
    if system.tracing is not None:
        return Lack(what, "this kernel has no event lock:contention_begin", "a kernel with CONFIG_TRACEPOINTS has it")
    if system.hides_tracing:
        cure = _permitted(system, "chmod -R a+rX /sys/kernel/tracing")
        return Lack(what, "/sys/kernel/tracing may not be read", cure)
    cure = _permitted(system, "mount -t tracefs nodev /sys/kernel/tracing")
    return Lack(what, "/sys/kernel/tracing is not mounted", cure)


def _no_futexes(system: System) -> Lack | None:
    """Return why the calls of futexes cannot be recorded, where nothing else forbids it."""
    if system.has_futex_events or system.tracing is None:
        return None  # without a place for events there are none of locks either, which is told already
    why = "this kernel has no event syscalls:sys_enter_futex"
    return Lack("sleeps of threads for locks of user space", why, "a kernel with CONFIG_FTRACE_SYSCALLS has it")
