"""What a CPU or the operating system is asked for: where the thread is, sleep, wake-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import wrap
from lockwright.flat.parts import take_bits
from lockwright.simulate import places as at
from lockwright.simulate.events import wake_at
from lockwright.simulate.values import put_result, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

GOES_ON, SLEEPS, REFUSED = range(3)


@inner
def ask(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Do what the row asks for; return GOES_ON, SLEEPS, REFUSED, or a fault."""
    opcode = s.code[row, op.OP]
    a = value_of(s, thread, row, op.A)
    result = np.int64(0)
    if opcode == op.CPU:
        result = thread
    elif opcode == op.NUMA_NODE:
        result = s.node_of[s.core_of[thread]]
    elif opcode == op.NOW:
        result = now
    elif opcode == op.INTERRUPTS_OFF:
        result = 1 - s.threads[thread, at.MASKED]
        s.threads[thread, at.MASKED] = 1
    elif opcode == op.INTERRUPTS_RESTORE:
        s.threads[thread, at.MASKED] = 1 - a
    elif opcode == op.CPU_ONLINE:
        if a < 0 or a >= s.cfg[at.THREADS]:
            return np.int64(-op.NO_SUCH_CPU)
        result = np.int64(1)
    elif opcode == op.PREEMPTION or opcode == op.SOFTIRQS or opcode == op.IN_NMI:
        pass
    elif opcode == op.EVENT_PENDING:
        result = s.threads[thread, at.EVENT]
    elif opcode == op.EVENT_CLEAR:
        s.threads[thread, at.EVENT] = 0
    elif opcode == op.EVENT_SET:
        s.threads[thread, at.EVENT] = 1
    elif opcode == op.RAISE_INTERRUPT or opcode == op.CPU_SET_ONLINE or opcode == op.GIVE_UP:
        return np.int64(REFUSED)
    else:
        return _sleep_or_wake(s, thread, row, now, a)
    put_result(s, thread, row, result)
    return np.int64(GOES_ON)


@inner
def _sleep_or_wake(s: Arrays, thread: Int64, row: Int64, now: Int64, a: Int64) -> Int64:
    opcode = s.code[row, op.OP]
    if opcode == op.HALT or opcode == op.HALT_IF:
        return _doze(s, thread, np.int64(at.HALTED), np.int64(at.LATCH))
    if opcode == op.PARK:
        return _doze(s, thread, np.int64(at.PARKED), np.int64(at.TOKEN))
    if opcode == op.EVENT_POLL:
        if s.threads[thread, at.EVENT] != 0:
            return np.int64(GOES_ON)
        s.threads[thread, at.STATE] = at.ON_EVENT
        return np.int64(SLEEPS)
    if opcode == op.FUTEX_WAIT:
        return _wait_on_futex(s, thread, row, a)
    if opcode == op.FUTEX_WAKE:
        _wake_futex(s, a, value_of(s, thread, row, op.B), value_of(s, thread, row, op.C), now)
        return np.int64(GOES_ON)
    if a < 0 or a >= s.cfg[at.THREADS]:
        return np.int64(-op.NO_SUCH_THREAD if opcode == op.UNPARK else -op.NO_SUCH_CPU)
    if opcode == op.KICK:
        if not _end_sleep(s, a, np.int64(at.HALTED), now) and s.code[row, op.X] != 0:
            s.threads[a, at.LATCH] = 1
    elif opcode == op.UNPARK:
        if not _end_sleep(s, a, np.int64(at.PARKED), now):
            s.threads[a, at.TOKEN] = 1
    elif opcode == op.EVENT_SEND:
        s.threads[a, at.EVENT] = 1
        _end_sleep(s, a, np.int64(at.ON_EVENT), now)
    else:
        return np.int64(REFUSED)
    return np.int64(GOES_ON)


@inner
def _doze(s: Arrays, thread: Int64, reason: Int64, flag: Int64) -> Int64:
    if s.threads[thread, flag] != 0:
        s.threads[thread, flag] = 0
        return np.int64(GOES_ON)
    s.threads[thread, at.STATE] = reason
    return np.int64(SLEEPS)


@inner
def rouse(s: Arrays, thread: Int64, now: Int64) -> None:
    """End a sleep: the CPU was idle until the thread runs again."""
    runs = now + s.cfg[at.WAKE_UP]
    s.threads[thread, at.STATE] = at.RUNNING
    s.cfg[at.IDLE] += runs - s.threads[thread, at.TIME]
    s.threads[thread, at.TIME] = s.threads[thread, at.RUNS_FROM] = runs
    wake_at(s, thread, runs)


@inner
def _end_sleep(s: Arrays, thread: Int64, reason: Int64, now: Int64) -> Int64:
    if s.threads[thread, at.STATE] != reason:
        return False
    rouse(s, thread, now)
    return True


@inner
def _wait_on_futex(s: Arrays, thread: Int64, row: Int64, address: Int64) -> Int64:
    part = take_bits(s.memory[address], s.code[row, op.Y], s.code[row, op.Z])
    if wrap(part, s.code[row, op.BITS]) != value_of(s, thread, row, op.B):
        return np.int64(GOES_ON)
    s.threads[thread, at.STATE] = at.ON_FUTEX
    s.threads[thread, at.SLEEP_ADDRESS] = address
    s.threads[thread, at.SLEEP_BITS] = value_of(s, thread, row, op.C)
    return np.int64(SLEEPS)


@inner
def _wake_futex(s: Arrays, address: Int64, count: Int64, bits: Int64, now: Int64) -> None:
    """Wake those that have slept longest."""
    while count > 0:
        found = np.int64(at.NONE)
        for other in range(s.cfg[at.THREADS]):
            is_asleep = s.threads[other, at.STATE] == at.ON_FUTEX
            is_meant = s.threads[other, at.SLEEP_ADDRESS] == address and s.threads[other, at.SLEEP_BITS] & bits != 0
            if is_asleep and is_meant and (found < 0 or s.threads[other, at.TIME] < s.threads[found, at.TIME]):
                found = np.int64(other)
        if found < 0:
            return
        rouse(s, found, now)
        count -= 1
