"""Awaits under C11: whether a thread waits in vain, judged by the newest message of each cell."""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    ATOMIC_OF,
    CELL_BASE,
    COUNT,
    LIVE,
    LOOK_BASE,
    MESSAGES,
    PC,
    RESTART,
    RUNS,
    SLOTS,
    STATUS,
    VALUE,
    WORDS,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner
from lockwright.flat.local import local_run, operand
from lockwright.flat.parts import take_bits

LOOK_AHEAD = 64


@inner
def newest(w: World, cell: Int64) -> Int64:
    """Return what lies in a cell, or in the newest message of it."""
    m = w.m
    a = m[m[ATOMIC_OF] + cell]
    if a >= 0:
        return m[m[VALUE] + a * m[MESSAGES] + m[m[COUNT] + a] - 1]
    return m[m[CELL_BASE] + cell]


@inner
def read_newest(w: World, pc: Int64, regs: Int64) -> Int64:
    """Do a load of what is newest, of no thread; return 0, or -1 if it is no load."""
    m = w.m
    row = w.code[pc]
    cell = operand(w.consts, m, regs, row[op.A])
    if row[op.OP] not in (op.LOAD, op.ATOMIC_LOAD) or cell == 0:
        return np.int64(-1)
    if row[op.D] >= 0:
        m[regs + row[op.D]] = take_bits(newest(w, cell), row[op.Y], row[op.Z])
    return np.int64(0)


@inner
def waits(w: World, t: Int64) -> bool:
    """Return whether a thread stands at an await that is false on the newest messages."""
    m = w.m
    base = first_word(w, t)
    first = m[base + PC]
    if m[base + STATUS] != RUNS or not m[m[RESTART] + first]:
        return False
    look = m[LOOK_BASE]
    for slot in range(m[SLOTS]):
        m[look + slot] = m[base + WORDS + slot]
    pc = first
    for _ in range(LOOK_AHEAD):
        if read_newest(w, pc, look) < 0:
            return False
        pc = local_run(w.code, w.consts, w.stops, m, look, pc + 1, t)
        if pc == first and is_where_it_was(w, first, look, base + WORDS):
            return True
        if pc < 0 or w.stops[pc] == op.END:
            return False
    return True


@inner
def is_where_it_was(w: World, pc: Int64, look: Int64, regs: Int64) -> bool:
    """Return whether nothing that is read later has changed: a loop around the await may come there with the next."""
    m = w.m
    live = m[m[LIVE] + pc]
    is_same = True
    for slot in range(m[SLOTS]):
        is_same &= not (live >> slot) & 1 or m[look + slot] == m[regs + slot]
    return is_same
