"""What is asked of a C11 state in which all threads have finished: what at-rest functions assert, and leaks."""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_waits import newest, read_newest
from lockwright.check.engine.c11_world import (
    CELL_BASE,
    CELL_KIND,
    CELLS,
    HEAP_BASE,
    LOOK_BASE,
    RECORD_OF,
    RECORDS,
    SLOTS,
    WORK,
    World,
)
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner, kernel
from lockwright.flat.local import local_run, operand


@kernel
def rest(w: World, entry: Int64) -> Int64:
    """Run an at-rest function on what is newest; return 0 or a fault."""
    m = w.m
    look = m[LOOK_BASE]
    for slot in range(m[SLOTS]):
        m[look + slot] = 0
    pc = local_run(w.code, w.consts, w.stops, m, look, entry, np.int64(0))
    for _ in range(op.FUEL):
        if pc < 0:
            return np.int64(-op.AT_REST) if pc == -op.ASSERTION else pc
        if w.stops[pc] == op.END:
            return np.int64(0)
        if read_newest(w, pc, look) < 0:
            row = w.code[pc]
            cell = operand(w.consts, m, look, row[op.A])
            if row[op.OP] == op.STORE and cell > 0:
                m[m[CELL_BASE] + cell] = operand(w.consts, m, look, row[op.B])
            elif row[op.D] >= 0:
                m[look + row[op.D]] = 0
        pc = local_run(w.code, w.consts, w.stops, m, look, pc + 1, np.int64(0))
    return np.int64(-op.ENDLESS_LOOP)


@inner
def leaks(w: World) -> bool:
    """Return whether some record that is allocated is reached neither from a global nor from a record that is."""
    m = w.m
    for record in range(m[RECORDS]):
        m[m[WORK] + record] = 0
    is_new = m[RECORDS] > 0
    while is_new:
        is_new = False
        for cell in range(1, m[CELLS]):
            inside = m[m[RECORD_OF] + cell]
            if m[m[CELL_KIND] + cell] != op.POINTER_KIND or (inside >= 0 and m[m[WORK] + inside] == 0):
                continue
            target = newest(w, np.int64(cell))
            found = m[m[RECORD_OF] + target] if 0 < target < m[CELLS] else np.int64(-1)
            if found >= 0 and m[m[WORK] + found] == 0:
                m[m[WORK] + found] = 1
                is_new = True
    for record in range(m[RECORDS]):  # noqa: SIM110 - numba compiles a loop faster than a generator
        if m[m[HEAP_BASE] + record] and not m[m[WORK] + record]:
            return True
    return False
