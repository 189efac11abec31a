"""What concerns a thread alone: its stretches of local instructions, from one thing that others can see to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner
from lockwright.flat.local import local_step, order_key, wrap
from lockwright.simulate import places as at
from lockwright.simulate.events import wake_at
from lockwright.simulate.values import operand, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

FUEL = 1 << 26
"""Local rows after which a thread counts as caught in a loop of its own."""


@inlined
def go_on_behind(s: Arrays, thread: Int64) -> None:
    """Let a thread go on whose access is done at its `TIME`.

    What it does next concerns it alone, so it is done at once, and the thread is due only where others can see it.  Not
    where threads share cores: what such a stretch costs is known when it begins.
    """
    if s.cfg[at.SMT] == 0:
        run_local(s, thread)
    else:
        s.threads[thread, at.RUNS_FROM] = s.threads[thread, at.TIME]
    wake_at(s, thread, s.threads[thread, at.TIME])


@inlined
def plain_step(s: Arrays, base: Int64, pc: Int64, thread: Int64) -> Int64:
    """Run a local instruction as `local_step` does, the most frequent without a call; return the next, or a fault."""
    opcode, bits = s.code[pc, op.OP], s.code[pc, op.BITS]
    if opcode == op.JUMP:
        return s.code[pc, op.X]
    if opcode == op.PAUSE:
        return pc + 1
    a, b = operand(s, base, s.code[pc, op.A]), operand(s, base, s.code[pc, op.B])
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
    elif opcode == op.ELEMENT and a != 0 and 0 <= b < s.code[pc, op.Y]:
        result = a + b * s.code[pc, op.X]
    elif opcode == op.THREAD:
        result = thread
    else:
        return rare_step(s, base, pc, thread)
    slot = s.code[pc, op.D]
    if slot >= 0:
        s.regs[base + slot] = result
    return pc + 1


@inner
def rare_step(s: Arrays, base: Int64, pc: Int64, thread: Int64) -> Int64:
    """Run any local instruction; assertions that fail are counted."""
    after = local_step(s.code, s.consts, s.regs, base, pc, thread)
    if after == -op.ASSERTION:
        s.cfg[at.FAILED] += 1
        return pc + 1
    return after


@inner
def run_local(s: Arrays, thread: Int64) -> None:
    """Run what concerns the thread alone, as far as it goes."""
    pc, now = s.threads[thread, at.PC], s.threads[thread, at.TIME]
    base, began, rows, missed = thread * s.cfg[at.SLOTS], now, np.int64(0), np.int64(0)
    shared = s.cfg[at.SMT] != 0 and is_shared(s, thread)
    while s.kinds[pc] == at.LOCAL:
        opcode, length = s.code[pc, op.OP], s.straight[pc, at.LENGTH]
        rows += length
        now += s.straight[pc, at.TICKS]
        s.rows[pc, at.COUNT] += 1
        if opcode == op.BRANCH:
            outcome = np.uint8(1) if value_of(s, thread, pc, op.A) != 0 else np.uint8(2)
            if s.outcomes[thread, pc] != outcome:
                if s.outcomes[thread, pc] != 0:
                    s.rows[pc, at.MISPREDICTED] += 1
                    s.rows[pc, at.STALL] += s.cfg[at.MISPREDICT]
                    missed += s.cfg[at.MISPREDICT]
                s.outcomes[thread, pc] = outcome
            pc = s.code[pc, op.X] if outcome == 1 else s.code[pc, op.Y]
        elif opcode == op.COMPUTE:
            cycles = value_of(s, thread, pc, op.A)
            if cycles < 0 or cycles > at.NEVER:  # 64 bits may say more than time can be counted
                cycles = np.int64(at.NEVER)
            ticks = cycles * at.TICKS_PER_CYCLE
            s.rows[pc, at.STALL] += ticks
            now = min(now + ticks, np.int64(at.NEVER))
            pc += 1
        else:
            for _ in range(length):
                after = plain_step(s, base, pc, thread)
                if after < 0:
                    fail(s, thread, pc, -after)
                    return
                pc = after
        if rows > FUEL:
            fail(s, thread, pc, np.int64(op.ENDLESS_LOOP))
            return
    if shared:
        extra = (now - began) * (s.cfg[at.SMT_PERCENT] - 100) // 100
        s.rows[pc, at.STALL] += extra
        now += extra
    s.threads[thread, at.ROUND_ROWS] += rows
    s.threads[thread, at.ROUND_TICKS] += now - began
    s.threads[thread, at.PC] = pc
    s.threads[thread, at.TIME] = now + missed


@inner
def is_shared(s: Arrays, thread: Int64) -> Int64:
    """Return whether another thread of the core runs when a stretch begins."""
    core, now = s.core_of[thread], s.threads[thread, at.TIME]
    for place in range(s.on_core.shape[1]):
        other = s.on_core[core, place]
        if other < 0 or other == thread:
            continue
        if s.threads[other, at.STATE] == at.RUNNING and s.threads[other, at.RUNS_FROM] <= now:
            return True
    return False


@inner
def fail(s: Arrays, thread: Int64, row: Int64, fault: Int64) -> None:
    """End the run: something has no meaning."""
    s.cfg[at.FAULT] = fault
    s.cfg[at.FAULT_THREAD] = thread
    s.cfg[at.FAULT_ROW] = row
