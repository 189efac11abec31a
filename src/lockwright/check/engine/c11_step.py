"""One step of one thread under C11: the instruction in front of which it stands, and what follows unseen.

1. A step does one visible instruction and all invisible ones behind it, up to the next stop.
2. With `MERGES`, it also does what nobody can tell from later: plain accesses (views find their races in any order),
   `running`, ends of lock and unlock; a beginning of lock or unlock waits (`PENDING`) for the step of its first access.
3. Sleepers that a step wakes run on in it to their next stop.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_marks import DOORWAY, WAITING, is_begin, lock_at, mark, pass_pending
from lockwright.check.engine.c11_memory import access, fence, forget_thread
from lockwright.check.engine.c11_sleep import combinations, matches, woken
from lockwright.check.engine.c11_storage import run_storage
from lockwright.check.engine.c11_system import run_cpu
from lockwright.check.engine.c11_world import (
    ASLEEP,
    ATOMIC_OF,
    BEGINS,
    COUNT,
    EXIT,
    FINISHED,
    FREE_TO_LEAVE,
    HAS_DOORWAY,
    HEAP_BASE,
    LEFT,
    MAY_LEAVE,
    MERGES,
    PC,
    PENDING,
    PHASE,
    RECORD_OF,
    RESTART,
    SLOTS,
    STATUS,
    THREADS,
    WORDS,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner
from lockwright.flat.local import local_run, operand

MERGED_AT_MOST = 200


@inner
def execute(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do the visible instruction at `pc`; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t)
    regs = base + WORDS
    if op.LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, m, regs, row[op.A])
        if cell > 0 and m[m[RECORD_OF] + cell] >= 0 and m[m[HEAP_BASE] + m[m[RECORD_OF] + cell]] == 0:
            return np.int64(-op.USE_AFTER_FREE)
        return access(w, t, pc, choice)
    if opcode == op.MARK:
        got = operand(w.consts, m, regs, row[op.B])
        return mark(w, t, row[op.X], lock_at(w, pc, regs), got)
    if opcode == op.FENCE:
        fence(w, t, row[op.X] & 7)
        return np.int64(0)
    if opcode == op.DOORWAY:
        if m[base + PHASE] == DOORWAY:
            m[base + PHASE] = WAITING
        return np.int64(0)
    if opcode in (op.RUNNING, op.RANDOM, op.GIVE_UP):
        if opcode == op.RUNNING:
            choice = np.int64(m[base + LEFT] != 0)
            if m[base + LEFT] > 0:
                m[base + LEFT] -= 1
        if opcode == op.RANDOM and operand(w.consts, m, regs, row[op.A]) == 0:
            return np.int64(-op.RANDOM_OF_ZERO)
        if row[op.D] >= 0:
            m[regs + row[op.D]] = choice
        return np.int64(0)
    if op.ALLOC <= opcode <= op.RCU_FREE:
        return run_storage(w, t, pc, choice)
    return run_cpu(w, t, pc, choice)


@inner
def is_merged(w: World, pc: Int64, regs: Int64, pending: Int64, is_first: bool) -> bool:
    """Return whether an instruction may be done in the step before it; nothing in memory before the first step."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    if opcode == op.MARK:
        return pending == 0 and (not is_begin(row[op.X]) or m[m[BEGINS] + pc] != 0)
    if m[m[RESTART] + pc]:
        return False
    if opcode in (op.RUNNING, op.CPU, op.NUMA_NODE):
        return True
    if is_first:
        return False
    if opcode in (op.LOAD, op.STORE):
        return True
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
        cell = operand(w.consts, m, regs, row[op.A])
        return cell > 0 and m[m[ATOMIC_OF] + cell] < 0
    return False


@inner
def finish(w: World, t: Int64, pc: Int64) -> Int64:
    """Let a thread come to its end."""
    m = w.m
    base = first_word(w, t)
    result = pass_pending(w, t)
    m[base + PC] = pc
    m[base + STATUS] = FINISHED
    for slot in range(m[SLOTS]):
        m[base + WORDS + slot] = 0
    forget_thread(w, t)
    return result


@inner
def act(w: World, t: Int64, choice: Int64) -> Int64:
    """Take a step; return 0, a fault, BLOCKED, OVERFLOW or UNSUPPORTED.  Choice -1: only run to the first stop."""
    m = w.m
    result = pass_pending(w, t) if choice >= 0 else np.int64(0)
    does = choice >= 0
    while t >= 0 and result >= 0:
        base = first_word(w, t)
        regs = base + WORDS
        pc = m[base + PC]
        for _ in range(MERGED_AT_MOST):
            if does:
                if m[base + MAY_LEAVE]:
                    m[base + MAY_LEAVE] = 0
                    pc = m[m[EXIT] + pc]
                else:
                    result = execute(w, t, pc, max(choice, np.int64(0)))
                    if result < 0:
                        break
                    pc += 1
                m[base + PC] = pc
                if m[base + STATUS] == ASLEEP:
                    break
            pc = local_run(w.code, w.consts, w.stops, m, regs, pc, t)
            if pc < 0 or w.stops[pc] == op.END:
                result = finish(w, t, pc) if pc >= 0 else pc
                break
            if m[m[RESTART] + pc] and m[base + PHASE] == DOORWAY and not m[HAS_DOORWAY]:
                m[base + PHASE] = WAITING
            m[base + PC] = pc
            if not m[MERGES] or not is_merged(w, pc, regs, m[base + PENDING], choice < 0):
                break
            event = w.code[pc, op.X]
            does = w.code[pc, op.OP] != op.MARK or not is_begin(event)
            if does:
                choice = min(choice, np.int64(0))
            else:
                m[base + PENDING] = (event + 1) | ((lock_at(w, pc, regs) + 1) << 8)
                pc += 1
                m[base + PC] = pc
        does = False
        t = woken(w)
    return result


@inner
def choices(w: World, t: Int64) -> Int64:
    """Return below which number the choices of the next step of a thread lie (some may be BLOCKED)."""
    m = w.m
    base = first_word(w, t)
    if m[base + MAY_LEAVE]:
        return np.int64(m[base + MAY_LEAVE] == FREE_TO_LEAVE)
    regs = base + WORDS
    row = w.code[m[base + PC]]
    opcode = row[op.OP]
    a = operand(w.consts, m, regs, row[op.A])
    if op.ATOMIC_LOAD <= opcode <= op.FETCH_AND and a > 0 and m[m[ATOMIC_OF] + a] >= 0:
        return m[m[COUNT] + m[m[ATOMIC_OF] + a]] - w.views[t, m[m[ATOMIC_OF] + a]]
    if opcode == op.RANDOM:
        return max(a, np.int64(1))
    if opcode in (op.GIVE_UP, op.ALLOC):
        return np.int64(2)
    if opcode == op.FUTEX_WAKE:
        n = 0
        for other in range(m[THREADS]):
            n += matches(w, np.int64(other), a, operand(w.consts, m, regs, row[op.C]))
        return combinations(np.int64(n), min(np.int64(n), operand(w.consts, m, regs, row[op.B])))
    return np.int64(1)
