"""Records of the heap under C11: who is given one is the only one who knows what is in it."""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    ATOMIC_OF,
    ATOMICS,
    CELL_BASE,
    COUNT,
    GLUED,
    HEAP_BASE,
    MESSAGES,
    PLAIN_OF,
    POOL_OF,
    RECORD_BASE,
    RECORD_OF,
    RECORD_SIZE,
    RECORDS,
    ROWS,
    THREADS,
    UNSUPPORTED,
    USES_ACQ,
    VALUE,
    WORDS,
    World,
    clear_view,
    first_word,
    list_rows,
    message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner
from lockwright.flat.local import operand


@inner
def renew(w: World, t: Int64, record: Int64, zero: Int64) -> None:
    """Forget all former messages and accesses of a record; only the thread knows the cells as they are now."""
    m = w.m
    first = m[m[RECORD_BASE] + record]
    for cell in range(first, first + m[m[RECORD_SIZE] + record]):
        a = m[m[ATOMIC_OF] + cell]
        column = a if a >= 0 else m[ATOMICS] + m[m[PLAIN_OF] + cell]
        if a >= 0:
            first = m[VALUE] + a * m[MESSAGES]
            m[first] = np.int64(0) if zero else m[first + m[m[COUNT] + a] - 1]
            m[m[COUNT] + a] = 1
            m[m[GLUED] + a * m[MESSAGES] + 0] = 0
            clear_view(w, message_row(w, a, np.int64(0)))
        elif zero:
            m[m[CELL_BASE] + cell] = 0
        if a >= 0 or m[m[PLAIN_OF] + cell] >= 0:
            used = list_rows(w)
            for k in range(used):
                w.views[m[m[ROWS] + k], column] = 0
            if a < 0:
                w.views[t, column] = (2 << m[THREADS]) - 1
                if m[USES_ACQ]:
                    w.views[m[THREADS] + t, column] = (2 << m[THREADS]) - 1


@inner
def run_storage(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do `alloc` or `free`; return 0, a fault, or BLOCKED."""
    m = w.m
    row = w.code[pc]
    regs = first_word(w, t) + WORDS
    heap = m[HEAP_BASE]
    if row[op.OP] == op.ALLOC:
        found = np.int64(-1)
        for record in range(m[RECORDS]):
            if found < 0 and m[m[POOL_OF] + record] == row[op.X] and m[heap + record] == 0:
                found = np.int64(record)
        if choice == 0 and found >= 0:
            m[heap + found] = 1
            renew(w, t, found, row[op.Y])
            m[regs + row[op.D]] = m[m[RECORD_BASE] + found]
        elif choice == 1:
            m[regs + row[op.D]] = 0
        else:
            return np.int64(-1000)
        return np.int64(0)
    if row[op.OP] != op.FREE:
        return np.int64(UNSUPPORTED)
    address = operand(w.consts, m, regs, row[op.A])
    if address == 0:
        return np.int64(-op.NULL)
    record = m[m[RECORD_OF] + address]
    if record < 0 or m[heap + record] == 0:
        return np.int64(-op.DOUBLE_FREE)
    m[heap + record] = 0
    return np.int64(0)
