"""The arguments of `perf record`: which events, of whom, and how much of them at most."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockwright.profiles.futex_events import ENTERS, FLAGS, LEAVES, WAITING_OPERATIONS
from lockwright.profiles.recording.executables import keeps_frame_pointers
from lockwright.profiles.recording.launching import descendants

if TYPE_CHECKING:
    from lockwright.profiles.recording.abilities import Abilities
    from lockwright.profiles.recording.request import Request

_PAGE_BYTES = 4096
_MOST_BUFFER_BYTES = 8 << 20  # of one CPU
_MOST_BUFFERS_BYTES = 256 << 20  # of all CPUs
_FRESH = ("--synth=task",)
"""Nothing of what the held child has mapped: it is gone when the child becomes the command, but perf (6.1) would look
for the rules of unwinding below the older of two places of one library, and lose callers."""
_STACKS_BYTES_PER_S = 64 << 20  # that perf copies of all CPUs together
_PACKED = 8  # times smaller at least, as far as seen: 40 to 180 times
_LEAST_STACK_BYTES, _MOST_STACK_BYTES = 1024, 8192
SAMPLES_PER_WAIT = 4  # megabytes of samples for each of waits: they are fewer, and say more
SLEEPS_PER_WAIT = 1 / 8  # likewise: each has a stack of user space, whose text is some 50 times as large


def samples(request: Request, can: Abilities, pid: int | None) -> list[str]:
    """Return what records samples of the CPUs, with call graphs."""
    event = can.event if can.has_kernel else f"{can.event}:u"
    frequency_hz = min(request.frequency_hz, can.most_hz)
    most = _most(request.megabytes * SAMPLES_PER_WAIT, can)
    graph = call_graph(request, can)
    packed = ["-z"] if can.has_zstd and graph.startswith("dwarf") else []
    what = ["-e", event, "-F", str(frequency_hz), "--call-graph", graph, *packed]
    return [*what, "--sample-cpu", *most, *_buffers(can), *_whom(request, can, pid)]


def call_graph(request: Request, can: Abilities) -> str:
    """Return how stacks are found, as perf spells it: the part of a stack that is copied is smaller for many CPUs."""
    if request.call_graph != "auto":
        return request.call_graph
    if not can.has_dwarf or keeps_frame_pointers(request):
        return "fp"
    most = _STACKS_BYTES_PER_S if can.has_zstd else _STACKS_BYTES_PER_S // _PACKED
    room = most // (request.frequency_hz * (os.cpu_count() or 1))
    return f"dwarf,{min(_MOST_STACK_BYTES, max(_LEAST_STACK_BYTES, room // 8 * 8))}"


def waits(request: Request, can: Abilities, pid: int | None) -> list[str]:
    """Return what records every wait for a lock of the kernel: who wants it, and from when to when."""
    events = ["-e", "lock:contention_begin/call-graph=fp/", "-e", "lock:contention_end/call-graph=no/", "-c", "1"]
    soon = ["-r", "1"] if can.has_priority else []  # where all CPUs are busy, the buffers would run over
    return [*events, "--sample-cpu", *_most(request.megabytes, can), *_buffers(can), *soon, *_whom(request, can, pid)]


def sleeps(request: Request, can: Abilities, pid: int | None) -> list[str]:
    """Return what records every sleep on a futex: which lock of user space is waited for, by whom, how long.

    A filter belongs to the event in front of it; wakers are none, so only those calls are recorded that may sleep.
    """
    graph = call_graph(request, can)
    packed = ["-z"] if can.has_zstd and graph.startswith("dwarf") else []
    operations = "||".join(f"op=={one | flags}" for one in WAITING_OPERATIONS for flags in FLAGS)
    events = ["-e", ENTERS, "--filter", operations, "-e", f"{LEAVES}/call-graph=no/", "-c", "1", "--call-graph", graph]
    most = _most(max(1, round(request.megabytes * SLEEPS_PER_WAIT)), can)
    soon = ["-r", "1"] if can.has_priority else []
    return [*events, "--sample-cpu", *packed, *most, *_buffers(can), *soon, *_whom(request, can, pid)]


def _whom(request: Request, can: Abilities, pid: int | None) -> list[str]:
    if request.is_system_wide:
        return ["-a"]
    return [*(_FRESH if request.command and can.has_synth else ()), "-p", _processes(pid)]


def _processes(pid: int | None) -> str:
    """Return a process and what it has started: perf itself watches only what is started from now on."""
    return "PID" if pid is None else ",".join(map(str, (pid, *descendants(pid))))


def _most(megabytes: int, can: Abilities) -> list[str]:
    return [f"--max-size={megabytes}M"] if can.has_control else []  # since Linux 5.5


def _buffers(can: Abilities) -> list[str]:
    """Return the pages of each CPU's buffer, a power of two; perf's own where this user may not have more."""
    if not can.has_large_buffers:
        return []
    room = min(_MOST_BUFFER_BYTES, _MOST_BUFFERS_BYTES // (os.cpu_count() or 1)) // _PAGE_BYTES
    return ["-m", str(1 << max(7, room.bit_length() - 1))]
