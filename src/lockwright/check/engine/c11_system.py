"""Instructions about CPUs, sleep and events under C11: each acquires and releases one hidden location."""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import meet
from lockwright.check.engine.c11_sleep import fall_asleep, wake, wake_futex
from lockwright.check.engine.c11_waits import newest
from lockwright.check.engine.c11_world import (
    ADDRESS,
    CPU_OF,
    CPUS,
    EVENT,
    EVENT_SET,
    FLAGS,
    FUTEX,
    HALTED,
    INTERRUPTS,
    LATCH_BASE,
    LATCHED,
    NODE_OF,
    ONLINE,
    PARKED,
    PREEMPTION,
    SOFTIRQS,
    THREADS,
    TOKEN,
    UNSUPPORTED,
    WANTED,
    WORDS,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner
from lockwright.flat.local import operand
from lockwright.flat.parts import take_bits


@inner
def run_cpu(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do an instruction of the CPU; return 0 or a fault."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    a = operand(w.consts, m, regs, row[op.A])
    b = operand(w.consts, m, regs, row[op.B])
    result = np.int64(0)
    if opcode == op.CPU:
        result = m[m[CPU_OF] + t]
    elif opcode == op.NUMA_NODE:
        result = m[m[NODE_OF] + m[m[CPU_OF] + t]]
    elif opcode == op.INTERRUPTS_OFF:
        result = m[base + FLAGS] & INTERRUPTS
        m[base + FLAGS] &= ~INTERRUPTS
    elif opcode == op.INTERRUPTS_RESTORE:
        m[base + FLAGS] = (m[base + FLAGS] & ~INTERRUPTS) | (a & INTERRUPTS)
    elif opcode == op.PREEMPTION:
        if row[op.X] < 0 and (m[base + FLAGS] // PREEMPTION) & 255 == 0:
            return np.int64(-op.PREEMPTION_UNBALANCED)
        m[base + FLAGS] += PREEMPTION * row[op.X]
    elif opcode == op.SOFTIRQS:
        if row[op.X] > 0 or m[base + FLAGS] >= SOFTIRQS:
            m[base + FLAGS] += SOFTIRQS * row[op.X]
    elif opcode != op.IN_NMI:
        return run_system(w, t, pc, choice, a, b)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = result
    return np.int64(0)


@inner
def run_system(w: World, t: Int64, pc: Int64, choice: Int64, a: Int64, b: Int64) -> Int64:
    """Do an instruction that may sleep or wake; return 0 or a fault."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    latch = m[LATCH_BASE]
    own = latch + m[m[CPU_OF] + t]
    meet(w, t)
    if opcode in (op.KICK, op.CPU_ONLINE, op.CPU_SET_ONLINE, op.EVENT_SEND) and (a < 0 or a >= m[CPUS]):
        return np.int64(-op.NO_SUCH_CPU)
    result = np.int64(0)
    if opcode in (op.HALT, op.HALT_IF):
        if opcode == op.HALT_IF or row[op.X] == 1:
            m[base + FLAGS] |= INTERRUPTS & (a if opcode == op.HALT_IF else 1)
        if m[own] & LATCHED:
            m[own] &= ~LATCHED
        else:
            fall_asleep(w, t, np.int64(HALTED))
    elif opcode == op.KICK:
        if m[latch + a] & ONLINE and wake(w, np.int64(HALTED), a, np.int64(-1)) == 0 and row[op.X] == 1:
            m[latch + a] |= LATCHED
    elif opcode == op.PARK:
        if m[base + TOKEN]:
            m[base + TOKEN] = 0
        else:
            fall_asleep(w, t, np.int64(PARKED))
    elif opcode == op.UNPARK:
        if a < 0 or a >= m[THREADS]:
            return np.int64(-op.NO_SUCH_THREAD)
        if wake(w, np.int64(PARKED), np.int64(-1), a) == 0:
            m[first_word(w, a) + TOKEN] = 1
    elif opcode in (op.FUTEX_WAIT, op.FUTEX_WAKE):
        if a == 0:
            return np.int64(-op.NULL)
        c = operand(w.consts, m, regs, row[op.C])
        if opcode == op.FUTEX_WAKE:
            wake_futex(w, a, b, c, choice)
        elif take_bits(newest(w, a), row[op.Y], row[op.Z]) == b:
            m[base + ADDRESS] = a
            m[base + WANTED] = c
            fall_asleep(w, t, np.int64(FUTEX))
    elif opcode == op.CPU_ONLINE:
        result = np.int64(m[latch + a] & ONLINE != 0)
    elif opcode == op.CPU_SET_ONLINE:
        m[latch + a] = (m[latch + a] & ~ONLINE) | (ONLINE if b else 0)
    elif opcode == op.EVENT_CLEAR:
        m[own] &= ~EVENT_SET
    elif opcode in (op.EVENT_SET, op.EVENT_SEND):
        cpu = a if opcode == op.EVENT_SEND else m[m[CPU_OF] + t]
        m[latch + cpu] |= EVENT_SET
        wake(w, np.int64(EVENT), cpu, np.int64(-1))
    elif opcode == op.EVENT_PENDING:
        result = np.int64(m[own] & EVENT_SET != 0)
    elif opcode == op.EVENT_POLL:
        if m[own] & EVENT_SET == 0:
            fall_asleep(w, t, np.int64(EVENT))
    else:
        return np.int64(UNSUPPORTED)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = result
    return np.int64(0)
