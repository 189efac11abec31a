"""Threads that sleep and what wakes them, and the instructions about CPUs, under `sc` and `tso`.

Whoever wakes a thread wakes the innermost frame that sleeps for that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.changes import put
from lockwright.check.engine.processors import frame_of, in_nmi, leave_ended
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import wrap
from lockwright.flat.parts import take_bits

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


# Sleep.


@inner
def wake(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, frame: Int64) -> None:
    """End the sleep of a frame."""
    put(w, cfg, frame + at.SLEEP, np.int64(at.AWAKE))
    put(w, cfg, frame + at.SLEEP_ADDRESS, np.int64(0))
    put(w, cfg, frame + at.SLEEP_BITS, np.int64(0))
    if frame == block:
        leave_ended(code, tables, cfg, w, block)


@inner
def sleeper(cfg: Int64s, w: Int64s, block: Int64, reason: Int64) -> Int64:
    """Return the innermost frame of a thread that sleeps for a reason, or -1."""
    for depth in range(w[block + at.DEPTH], -1, -1):
        frame = frame_of(cfg, w, block, depth)
        if w[frame + at.SLEEP] == reason:
            return frame
    return -1


@inner
def futex_sleeper(cfg: Int64s, w: Int64s, thread: Int64, address: Int64, bits: Int64) -> Int64:
    """Return the frame of a thread that sleeps on a futex if these bits wake it, or -1."""
    frame = sleeper(cfg, w, thread * cfg[at.BLOCK], np.int64(at.ON_FUTEX))
    if frame >= 0 and w[frame + at.SLEEP_ADDRESS] == address and w[frame + at.SLEEP_BITS] & bits != 0:
        return frame
    return -1


@inner
def sleepers(w: Int64s, cfg: Int64s, address: Int64, bits: Int64) -> Int64:
    """Return how many threads sleep on a futex and are woken by these bits."""
    count = 0
    for thread in range(cfg[at.THREADS]):
        if futex_sleeper(cfg, w, thread, address, bits) >= 0:
            count += 1
    return count


@inner
def combinations(n: Int64, k: Int64) -> Int64:
    """Return in how many ways k of n can be chosen."""
    count = 1
    for index in range(k):
        count = count * (n - index) // (index + 1)
    return count


@inner
def wake_some(
    code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, address: Int64, count: Int64, bits: Int64, choice: Int64
) -> None:
    """Wake the sleepers of a futex that are combination number `choice`, counted as `itertools.combinations` does."""
    left = sleepers(w, cfg, address, bits)
    wanted = min(count, left)
    for thread in range(cfg[at.THREADS]):
        frame = futex_sleeper(cfg, w, thread, address, bits)
        if wanted > 0 and frame >= 0:
            left -= 1
            with_it = combinations(left, wanted - 1)
            if choice < with_it:
                wake(code, tables, cfg, w, thread * cfg[at.BLOCK], frame)
                wanted -= 1
            else:
                choice -= with_it


@inner
def doze(w: Int64s, block: Int64, reason: Int64, flag: Int64, cfg: Int64s) -> None:
    """Sleep, unless what ends the sleep has come already: then use it up."""
    if w[flag] != 0:
        put(w, cfg, flag, np.int64(0))
    else:
        w[block + at.SLEEP] = reason


@inner
def nudge(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, cpu: Int64, is_kick: bool, is_latched: bool) -> None:
    """Kick a CPU, or set its event."""
    if is_kick and w[cfg[at.OFFLINE] + cpu] != 0:
        return
    reason = np.int64(at.HALTED if is_kick else at.ON_EVENT)
    count = 0
    for thread in range(cfg[at.THREADS]):
        block = thread * cfg[at.BLOCK]
        while w[block + at.ON_CPU] == cpu:
            frame = sleeper(cfg, w, block, reason)
            if frame < 0:
                break
            wake(code, tables, cfg, w, block, frame)
            count += 1
    if not is_kick:
        put(w, cfg, cfg[at.EVENTS] + cpu, np.int64(1))
    elif count == 0 and is_latched:
        put(w, cfg, cfg[at.LATCHES] + cpu, np.int64(1))


# Instructions.


@inner
def switch(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, a: Int64) -> Int64:
    """Do what concerns nobody else: look where the thread is, mask, unmask; return the result, or a fault."""
    opcode = code[pc, op.OP]
    if opcode == op.CPU:
        return w[block + at.ON_CPU]
    if opcode == op.NUMA_NODE:
        return tables[cfg[at.CPU_ROWS] + w[block + at.ON_CPU], 0]
    if opcode == op.IN_NMI:
        return np.int64(in_nmi(tables, cfg, w, block))
    if opcode == op.INTERRUPTS_OFF:
        result = 1 - w[block + at.MASKED]
        w[block + at.MASKED] = 1
        return result
    if opcode == op.INTERRUPTS_RESTORE:
        w[block + at.MASKED] = np.int64(a == 0)
    elif opcode == op.PREEMPTION:
        w[block + at.UNPREEMPTED] += code[pc, op.X]
        if w[block + at.UNPREEMPTED] < 0:
            return np.int64(-op.PREEMPTION_UNBALANCED)
    else:  # softirqs
        w[block + at.SOFTIRQS_OFF] = max(0, w[block + at.SOFTIRQS_OFF] + code[pc, op.X])
    return np.int64(0)


@inner
def sleep_or_wake(
    code: Int64s,
    tables: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    a: Int64,
    b: Int64,
    c: Int64,
    choice: Int64,
) -> Int64:
    """Halt, park, unpark, wait on a futex or wake its sleepers; return 0 or a fault."""
    opcode = code[pc, op.OP]
    if opcode == op.HALT or opcode == op.HALT_IF:
        if (opcode == op.HALT and code[pc, op.X] != 0) or (opcode == op.HALT_IF and a != 0):
            w[block + at.MASKED] = 0
        doze(w, block, np.int64(at.HALTED), cfg[at.LATCHES] + w[block + at.ON_CPU], cfg)
    elif opcode == op.PARK:
        if w[block + at.TOKEN] != 0:
            w[block + at.TOKEN] = 0
        else:
            w[block + at.SLEEP] = at.PARKED
    elif opcode == op.UNPARK:
        if a < 0 or a >= cfg[at.THREADS]:
            return np.int64(-op.NO_SUCH_THREAD)
        other = a * cfg[at.BLOCK]
        frame = sleeper(cfg, w, other, np.int64(at.PARKED))
        if frame >= 0:
            wake(code, tables, cfg, w, other, frame)
        else:
            put(w, cfg, other + at.TOKEN, np.int64(1))
    elif opcode == op.FUTEX_WAIT:
        value = take_bits(w[cfg[at.MEMORY] + a], code[pc, op.Y], code[pc, op.Z])
        if wrap(value, code[pc, op.BITS]) == b:
            w[block + at.SLEEP] = at.ON_FUTEX
            w[block + at.SLEEP_ADDRESS] = a
            w[block + at.SLEEP_BITS] = c
    else:  # futex_wake
        wake_some(code, tables, cfg, w, a, b, c, choice)
    return np.int64(0)


@inner
def reach_out(
    code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, a: Int64, b: Int64
) -> Int64:
    """Do what concerns a CPU, its events or its interrupts; return the result, or a fault."""
    opcode, cpu = code[pc, op.OP], w[block + at.ON_CPU]
    if opcode == op.EVENT_CLEAR:
        put(w, cfg, cfg[at.EVENTS] + cpu, np.int64(0))
        return np.int64(0)
    if opcode == op.EVENT_PENDING:
        return w[cfg[at.EVENTS] + cpu]
    if opcode == op.EVENT_POLL:
        if w[cfg[at.EVENTS] + cpu] == 0:
            w[block + at.SLEEP] = at.ON_EVENT
        return np.int64(0)
    target = cpu if opcode == op.EVENT_SET else a
    if target < 0 or target >= cfg[at.CPUS]:
        return np.int64(-op.NO_SUCH_CPU)
    if opcode == op.CPU_ONLINE:
        return 1 - w[cfg[at.OFFLINE] + target]
    if opcode == op.CPU_SET_ONLINE:
        put(w, cfg, cfg[at.OFFLINE] + target, np.int64(b == 0))
    elif opcode == op.RAISE_INTERRUPT:
        put(w, cfg, cfg[at.RAISED] + code[pc, op.X] * cfg[at.CPUS] + target, np.int64(1))
    else:  # kicks and events
        nudge(code, tables, cfg, w, target, opcode == op.KICK, code[pc, op.X] != 0)
    return np.int64(0)


@inner
def system(
    code: Int64s,
    tables: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    a: Int64,
    b: Int64,
    c: Int64,
    choice: Int64,
) -> Int64:
    """Do what concerns CPUs and sleeping; return the next row, a fault, or DISABLED."""
    opcode = code[pc, op.OP]
    is_quiet = opcode == op.CPU or opcode == op.NUMA_NODE or opcode == op.IN_NMI
    if is_quiet or (op.INTERRUPTS_OFF <= opcode <= op.SOFTIRQS):
        result = switch(code, tables, cfg, w, block, pc, a)
    elif w[block + at.BUFFERED] != 0:
        return at.DISABLED
    elif opcode == op.HALT or opcode == op.HALT_IF or (op.PARK <= opcode <= op.FUTEX_WAKE):
        result = sleep_or_wake(code, tables, cfg, w, block, pc, a, b, c, choice)
    else:
        result = reach_out(code, tables, cfg, w, block, pc, a, b)
    if result < 0:
        return result
    if code[pc, op.D] >= 0:
        w[block + at.SLOT + code[pc, op.D]] = result
    return pc + 1
