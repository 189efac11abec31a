"""The run: take what is due next, let a line serve or a thread go on, until enough has been seen.

A thread runs as far as nothing else is due; its accesses and whatever others can see happen at their own ticks, in the
order of all ticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner, kernel
from lockwright.flat.local import local_step, operand, order_key, wrap
from lockwright.simulate import places as at
from lockwright.simulate.accesses import STANDS, access, begins_round, waits_for_store
from lockwright.simulate.arrays import bundle
from lockwright.simulate.chance import below, stepped
from lockwright.simulate.events import is_next, pop, thread_key, wake_at
from lockwright.simulate.lines import serve_on
from lockwright.simulate.observing import get_in_line, pass_mark
from lockwright.simulate.storage import allocate, free, section
from lockwright.simulate.system import GOES_ON, REFUSED, SLEEPS, ask
from lockwright.simulate.values import put_result, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s
    from lockwright.simulate.arrays import Arrays

MOST_STEPS = 1 << 12
"""Steps of a thread after which others are looked at, even if nothing else is due."""

FUEL = 1 << 26
"""Local rows after which a thread counts as caught in a loop of its own."""


@kernel
def run(table: Int64s) -> Int64:
    """Run until so many rounds, or events, have been counted; return how it ended."""
    s = bundle(table)
    left = s.cfg[at.MOST_EVENTS]
    while s.cfg[at.HEAP] > 0:
        if s.cfg[at.TOTAL_ROUNDS] >= s.cfg[at.STOP_ROUNDS]:
            return np.int64(at.REACHED)
        if left <= 0:
            return np.int64(at.WENT_ON)
        left -= 1
        key = pop(s)
        now = key >> at.TIME_SHIFT
        number = key & (at.MOST_LINES - 1)
        s.cfg[at.NOW] = now
        if now >= at.NEVER:
            return np.int64(at.OUT_OF_TIME)
        if (key >> at.KIND_SHIFT) & 1 == 0:
            if s.lines[number, at.SERVE_AT] == now:
                serve_on(s, number, now)
        elif s.threads[number, at.EVENT_AT] == now and s.threads[number, at.STATE] == at.RUNNING:
            s.threads[number, at.EVENT_AT] = at.NONE
            left -= go_on(s, number, now)  # a thread alone polls without any event
            if s.cfg[at.FAULT] != 0:
                return np.int64(at.FAULTED)
    return np.int64(at.ENDED if s.cfg[at.ALIVE] == 0 else at.STUCK)


@inner
def go_on(s: Arrays, thread: Int64, due: Int64) -> Int64:
    """Run a thread until it stands, ends, or something else is due before its next step; return its steps."""
    if due > s.threads[thread, at.TIME]:  # it waited for its own store
        s.rows[s.threads[thread, at.PC], at.STALL] += due - s.threads[thread, at.TIME]
        s.threads[thread, at.TIME] = due
    for steps in range(MOST_STEPS):
        run_local(s, thread)
        if s.cfg[at.FAULT] != 0:
            return np.int64(steps)
        now = s.threads[thread, at.TIME]
        if not is_next(s, thread_key(now, thread)):
            wake_at(s, thread, now)
            return np.int64(steps)
        s.cfg[at.NOW] = now
        if not step(s, thread, s.threads[thread, at.PC], now):
            return np.int64(steps)
    wake_at(s, thread, s.threads[thread, at.TIME])
    return np.int64(MOST_STEPS)


@inlined
def common_step(s: Arrays, base: Int64, pc: Int64, thread: Int64) -> Int64:
    """Run a local instruction as `local_step` does, the most frequent ones without a call."""
    opcode, bits = s.code[pc, op.OP], s.code[pc, op.BITS]
    if opcode == op.JUMP:
        return np.int64(s.code[pc, op.X])
    if opcode == op.PAUSE:
        return pc + 1
    a = operand(s.consts, s.regs, base, s.code[pc, op.A])
    b = operand(s.consts, s.regs, base, s.code[pc, op.B])
    if opcode == op.FIELD and a != 0:
        result = a + s.code[pc, op.X]
    elif opcode == op.COPY:
        result = a
    elif opcode == op.NE:
        result = np.int64(a != b)
    elif opcode == op.EQ:
        result = np.int64(a == b)
    elif opcode == op.ADD:
        result = wrap(a + b, bits)
    elif opcode == op.LT:
        result = np.int64(order_key(a, bits) < order_key(b, bits))
    else:
        return rare_step(s, base, pc, thread)
    slot = s.code[pc, op.D]
    if slot >= 0:
        s.regs[base + slot] = result
    return pc + 1


@inner
def rare_step(s: Arrays, base: Int64, pc: Int64, thread: Int64) -> Int64:
    """Run any local instruction."""
    return local_step(s.code, s.consts, s.regs, base, pc, thread)


@inner
def run_local(s: Arrays, thread: Int64) -> None:
    """Run what concerns the thread alone, as far as it goes."""
    pc, now = s.threads[thread, at.PC], s.threads[thread, at.TIME]
    base, began, rows, missed = thread * s.cfg[at.SLOTS], now, np.int64(0), np.int64(0)
    while s.kinds[pc] == at.LOCAL:
        rows += 1
        s.rows[pc, at.COUNT] += 1
        now += s.costs[pc]
        opcode = s.code[pc, op.OP]
        if opcode == op.BRANCH:
            outcome = np.uint8(1) if value_of(s, thread, pc, op.A) != 0 else np.uint8(2)
            if s.outcomes[thread, pc] != outcome:
                if s.outcomes[thread, pc] != 0:
                    s.rows[pc, at.MISPREDICTED] += 1
                    s.rows[pc, at.STALL] += s.cfg[at.MISPREDICT]
                    missed += s.cfg[at.MISPREDICT]
                s.outcomes[thread, pc] = outcome
            pc = np.int64(s.code[pc, op.X]) if outcome == 1 else np.int64(s.code[pc, op.Y])
            if rows > FUEL:
                fail(s, thread, pc, np.int64(op.ENDLESS_LOOP))
                return
            continue
        if opcode == op.COMPUTE:
            ticks = value_of(s, thread, pc, op.A) * at.TICKS_PER_CYCLE
            s.rows[pc, at.STALL] += ticks
            now += ticks
            pc += 1
            continue
        after = common_step(s, base, pc, thread)
        if after < 0:
            if after != -op.ASSERTION:
                fail(s, thread, pc, -after)
                return
            s.cfg[at.FAILED] += 1
            after = pc + 1
        pc = after
        if rows > FUEL:
            fail(s, thread, pc, np.int64(op.ENDLESS_LOOP))
            return
    if s.cfg[at.SMT] != 0 and is_shared(s, thread):
        extra = (now - began) * (s.cfg[at.SMT_PERCENT] - 100) // 100
        s.rows[pc, at.STALL] += extra
        now += extra
    s.threads[thread, at.ROUND_ROWS] += rows
    s.threads[thread, at.ROUND_TICKS] += now - began
    s.threads[thread, at.PC] = pc
    s.threads[thread, at.TIME] = now + missed


@inner
def is_shared(s: Arrays, thread: Int64) -> Int64:
    """Return whether another thread of the core runs instructions now."""
    core = s.core_of[thread]
    for place in range(s.on_core.shape[1]):
        other = s.on_core[core, place]
        if other >= 0 and other != thread and s.threads[other, at.STATE] == at.RUNNING:
            return True
    return False


@inner
def fail(s: Arrays, thread: Int64, row: Int64, fault: Int64) -> None:
    """End the run: something has no meaning."""
    s.cfg[at.FAULT] = fault
    s.cfg[at.FAULT_THREAD] = thread
    s.cfg[at.FAULT_ROW] = row


@inlined
def pass_row(s: Arrays, thread: Int64, row: Int64, now: Int64, ticks: Int64) -> None:
    """Count a row that is done, and what it took."""
    s.rows[row, at.COUNT] += 1
    s.rows[row, at.STALL] += ticks
    s.threads[thread, at.ROUND_ROWS] += 1
    s.threads[thread, at.TIME] = now + ticks
    s.threads[thread, at.PC] = row + 1


@inlined
def step(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Do what others can see; return whether the thread goes on."""
    kind = s.kinds[row]
    if kind <= at.UPDATE:
        return memory_step(s, thread, row, now)
    if kind == at.MARK:
        pass_mark(s, thread, row, now)
        s.threads[thread, at.PC] = row + 1
        return True
    if kind == at.RUNNING_ROW:
        is_on = s.cfg[at.NICE] == 0
        if is_on:
            s.threads[thread, at.ROUNDS] += 1
            s.cfg[at.TOTAL_ROUNDS] += 1
        put_result(s, thread, row, np.int64(is_on))
        s.threads[thread, at.PC] = row + 1
        if s.cfg[at.TOTAL_ROUNDS] == s.cfg[at.STOP_ROUNDS] and is_on:
            wake_at(s, thread, now)
            return False
        return True
    if kind == at.RANDOM:
        limit = value_of(s, thread, row, op.A)
        if limit == 0:
            fail(s, thread, row, np.int64(op.RANDOM_OF_ZERO))
            return False
        s.threads[thread, at.CHANCE] = stepped(s.threads[thread, at.CHANCE])
        put_result(s, thread, row, below(s.threads[thread, at.CHANCE], limit))
        pass_row(s, thread, row, now, s.costs[row])
        return True
    if kind == at.DOORWAY:
        get_in_line(s, thread)
        s.threads[thread, at.PC] = row + 1
        return True
    if kind == at.END:
        s.threads[thread, at.STATE] = at.DONE
        s.cfg[at.ALIVE] -= 1
        return False
    return system_step(s, thread, row, now)


@inlined
def memory_step(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Do an access, or fall asleep where a waiting loop restarts."""
    if s.restarts[row] != 0:
        get_in_line(s, thread)
        if begins_round(s, thread, row, now):
            return False
    after = access(s, thread, row, now)
    if after >= 0:
        s.cfg[at.ACCESSES] += 1
        pass_row(s, thread, row, now, after - now)
        return True
    if after == STANDS:
        is_queued = s.threads[thread, at.STATE] == at.QUEUED
        if is_queued:
            s.cfg[at.ACCESSES] += 1
            s.rows[row, at.COUNT] += 1
        return False
    fail(s, thread, row, -after - 1)
    return False


@inner
def system_step(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Do what a CPU, the operating system or the allocator is asked for."""
    opcode, kind = s.code[row, op.OP], s.kinds[row]
    is_quiet = kind == at.SYSTEM and (
        opcode == op.CPU or opcode == op.NUMA_NODE or opcode == op.NOW or (op.INTERRUPTS_OFF <= opcode <= op.IN_NMI)
    )
    is_fence = kind == at.FENCE
    if not is_quiet and not is_fence:
        s.threads[thread, at.IS_CLEAN] = 0
    if is_fence and s.code[row, op.X] != op.SEQ_CST:
        pass_row(s, thread, row, now, np.int64(0))
        return True
    if not is_quiet and waits_for_store(s, thread, now):
        return False
    if is_fence:
        pass_row(s, thread, row, now, s.cfg[at.FENCE_TICKS])
        return True
    if kind == at.STORAGE:
        return storage_step(s, thread, row, now)
    answer = ask(s, thread, row, now)
    if answer == GOES_ON:
        ticks = s.costs[row] if is_quiet or opcode == op.EVENT_PENDING else s.cfg[at.SYSTEM_CALL]
        pass_row(s, thread, row, now, ticks)
        return True
    if answer == SLEEPS:
        pass_row(s, thread, row, now, np.int64(0))
        return False
    fail(s, thread, row, np.int64(-1) if answer == REFUSED else -answer)
    return False


@inner
def storage_step(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Allocate, free, or pass a boundary of a read section."""
    opcode = s.code[row, op.OP]
    if opcode == op.ALLOC:
        allocate(s, thread, row)
        pass_row(s, thread, row, now, s.cfg[at.ALLOC_TICKS])
        return True
    if opcode == op.FREE or opcode == op.RCU_FREE:
        fault = free(s, thread, row, now)
        if fault != 0:
            fail(s, thread, row, -fault)
            return False
        pass_row(s, thread, row, now, s.cfg[at.ALLOC_TICKS])
        return True
    if opcode == op.RCU_READ:
        section(s, thread, row, now)
        pass_row(s, thread, row, now, s.costs[row])
        return True
    pass_row(s, thread, row, now, np.int64(0))
    section(s, thread, row, now)  # it may end at once: then it has been woken
    return False
