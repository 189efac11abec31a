"""Boundaries of locks under C11: what phase a thread is in, and who holds what.

A beginning of lock or unlock may wait (`PENDING`) for the step of the first access behind it.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    CELLS,
    HOLD_BASE,
    LOCK_OF,
    PENDING,
    PHASE,
    SUBJECT,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, inner
from lockwright.flat.local import operand

(
    LOCK_BEGIN, LOCK_END, TRYLOCK_BEGIN, TRYLOCK_END, UNLOCK_BEGIN, UNLOCK_END,
    READ_LOCK_BEGIN, READ_LOCK_END, READ_UNLOCK_BEGIN, READ_UNLOCK_END,
    WRITE_LOCK_BEGIN, WRITE_LOCK_END, WRITE_UNLOCK_BEGIN, WRITE_UNLOCK_END,
) = range(14)  # fmt: skip
OUTSIDE, DOORWAY, WAITING, INSIDE, LEAVING = range(5)


@inlined
def is_begin(event: Int64) -> bool:
    """Return whether a mark begins a lock or an unlock."""
    return event in (
        LOCK_BEGIN, READ_LOCK_BEGIN, WRITE_LOCK_BEGIN, UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN,
    )  # fmt: skip


@inner
def mark(w: World, t: Int64, event: Int64, lock: Int64, got: Int64) -> Int64:
    """Pass a boundary of a lock; return 0 or a fault."""
    m = w.m
    if event == TRYLOCK_BEGIN or (event == TRYLOCK_END and got == 0):
        return np.int64(0)
    reads = READ_LOCK_BEGIN <= event <= READ_UNLOCK_END
    phase = np.int64(DOORWAY)
    if lock >= 0:
        hold = m[HOLD_BASE] + 2 * lock
        one = np.int64(1) << (4 * t)
    if event in (LOCK_END, TRYLOCK_END, READ_LOCK_END, WRITE_LOCK_END):
        phase = np.int64(INSIDE)
        if lock >= 0:
            if m[hold] != 0 or (m[hold + 1] != 0 and not reads):
                return np.int64(-op.TWO_HOLDERS)
            if reads:
                m[hold + 1] += one
            else:
                m[hold] = t + 1
    elif event in (UNLOCK_BEGIN, READ_UNLOCK_BEGIN, WRITE_UNLOCK_BEGIN):
        phase = np.int64(LEAVING)
        if lock >= 0:
            if reads:
                if (m[hold + 1] >> (4 * t)) & 15 == 0:
                    return np.int64(-op.NOT_HOLDER)
                m[hold + 1] -= one
            else:
                if m[hold] != t + 1:
                    return np.int64(-op.NOT_HOLDER)
                m[hold] = 0
    elif event in (UNLOCK_END, READ_UNLOCK_END, WRITE_UNLOCK_END):
        phase = np.int64(OUTSIDE)
    if lock >= 0 and lock == m[SUBJECT]:
        m[first_word(w, t) + PHASE] = phase
    return np.int64(0)


@inlined
def lock_at(w: World, pc: Int64, base: Int64) -> Int64:
    """Return the number of the lock that a mark names, or -1."""
    m = w.m
    row = w.code[pc, op.Y]
    if row < 0:
        return np.int64(-1)
    return m[m[LOCK_OF] + row * m[CELLS] + operand(w.consts, m, base, w.code[pc, op.A])]


@inner
def pass_pending(w: World, t: Int64) -> Int64:
    """Pass the boundary that waits for this step."""
    m = w.m
    base = first_word(w, t)
    pending = m[base + PENDING]
    if pending == 0:
        return np.int64(0)
    m[base + PENDING] = 0
    return mark(w, t, (pending & 255) - 1, (pending >> 8) - 1, np.int64(1))
