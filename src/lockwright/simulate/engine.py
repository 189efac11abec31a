"""The run: take what is due next, let a line serve or a thread go on, until enough has been seen.

A thread runs as far as nothing else is due; its accesses and whatever others can see happen at their own ticks, in the
order of all ticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner, kernel
from lockwright.simulate import places as at
from lockwright.simulate.accesses import STANDS, access, begins_round, waits_for_store
from lockwright.simulate.arrays import bundle
from lockwright.simulate.chance import below, stepped
from lockwright.simulate.counted import rings
from lockwright.simulate.events import forget_stale, is_next, pop, thread_key, wake_at
from lockwright.simulate.lines import account_sleep, serve_on
from lockwright.simulate.observing import get_in_line, pass_mark
from lockwright.simulate.storage import allocate, free, section
from lockwright.simulate.stretch import fail, run_local
from lockwright.simulate.system import GOES_ON, REFUSED, SLEEPS, ask
from lockwright.simulate.values import put_result, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s
    from lockwright.simulate.arrays import Arrays

MOST_STEPS = 1 << 12
"""Steps of a thread after which others are looked at, even if nothing else is due."""


@kernel
def run(table: Int64s) -> Int64:
    """Run until so many rounds, or events, have been counted; return how it ended."""
    s = bundle(table)
    left = s.cfg[at.MOST_EVENTS]
    while s.cfg[at.FRONT] != at.LATEST or s.cfg[at.HEAP] > 0:
        if s.cfg[at.TOTAL_ROUNDS] >= s.cfg[at.STOP_ROUNDS]:
            return np.int64(at.REACHED)
        if left <= 0:
            return np.int64(at.WENT_ON)
        left -= 1
        if s.cfg[at.HEAP] > s.heap.shape[0] >> 1:  # live events are few: two of each thread, and its two lines
            forget_stale(s)
        key = pop(s)
        now = key >> at.TIME_SHIFT
        number = key & (at.MOST_LINES - 1)
        if now >= at.NEVER:
            s.cfg[at.NOW] = now
            return np.int64(at.OUT_OF_TIME)
        if (key >> at.KIND_SHIFT) & 1 == 0:
            s.cfg[at.NOW] = now
            if s.lines[number, at.SERVE_AT] == now:
                left -= serve_on(s, number, now)
                if s.cfg[at.FAULT] != 0:
                    return np.int64(at.FAULTED)
        elif is_due(s, number, now):
            s.cfg[at.NOW] = now
            s.threads[number, at.EVENT_AT] = at.NONE
            left -= go_on(s, number, now)  # a thread alone polls without any event
            if s.cfg[at.FAULT] != 0:
                return np.int64(at.FAULTED)
    return np.int64(at.ENDED if s.cfg[at.ALIVE] == 0 else at.STUCK)


@inner
def is_due(s: Arrays, thread: Int64, now: Int64) -> Int64:
    """Return whether a thread goes on now; one whose rounds have run out wakes up for the last."""
    if s.threads[thread, at.STATE] != at.ASLEEP:
        return s.threads[thread, at.EVENT_AT] == now and s.threads[thread, at.STATE] == at.RUNNING
    if s.cfg[at.COUNTED] == 0 or not rings(s, thread, now):
        return False
    account_sleep(s, thread, s.threads[thread, at.PC], now)
    s.threads[thread, at.STATE] = at.RUNNING
    s.threads[thread, at.RUNS_FROM] = now
    return True


@inner
def go_on(s: Arrays, thread: Int64, due: Int64) -> Int64:
    """Run a thread until it stands, ends, or something else is due before its next step; return its steps."""
    if due > s.threads[thread, at.TIME]:  # it waited for its own store
        s.rows[s.threads[thread, at.PC], at.STALL] += due - s.threads[thread, at.TIME]
        s.threads[thread, at.TIME] = due
    for steps in range(MOST_STEPS):
        if s.kinds[s.threads[thread, at.PC]] == at.LOCAL:
            if s.cfg[at.SMT] != 0:  # what the stretch costs is known when it begins
                now = s.threads[thread, at.TIME]
                if not is_next(s, thread_key(now, thread)):
                    wake_at(s, thread, now)
                    return np.int64(steps)
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
        s.threads[thread, at.IS_CLEAN] = 0  # if it comes to the loop again in which it was, that was no round of it
        pass_mark(s, thread, row, now)
        s.threads[thread, at.PC] = row + 1
        return True
    if kind == at.RUNNING_ROW:
        s.threads[thread, at.IS_CLEAN] = 0
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
        s.threads[thread, at.IS_CLEAN] = 0
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
        s.threads[thread, at.ROUND_TICKS] += s.cfg[at.FENCE_TICKS]
        pass_row(s, thread, row, now, s.cfg[at.FENCE_TICKS])
        return True
    if kind == at.STORAGE:
        return storage_step(s, thread, row, now)
    answer = ask(s, thread, row, now)
    if answer == GOES_ON:
        ticks = s.costs[row] if is_quiet or opcode == op.EVENT_PENDING else s.cfg[at.SYSTEM_CALL]
        s.threads[thread, at.ROUND_TICKS] += ticks
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
