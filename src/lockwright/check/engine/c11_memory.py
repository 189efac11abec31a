"""Accesses under C11: what each may read, where it may write, and what its thread then knows.

1. A load reads any message from `cur` on.  Its view goes into `acq`, and into `cur` if the load acquires.
2. A store goes behind any message from `cur` on whose successor is not glued.  Its view is `cur` if it releases,
   else `rel`.
3. A read-modify-write goes directly behind what it reads, glued, and inherits the view of that message.
4. A store to a part of a word keeps the rest as a read-modify-write does, but inherits nothing.
5. A seq_cst access acquires and releases; it neither reads nor writes behind what is older than G; a write moves G.
6. A plain read without W, a plain write without all bits, is a race.

`choice` counts messages back from the newest.  A message's view has 0 at its own cell.
"""
# ruff: noqa: PLR1730 - kernels spell loops out: numba compiles them faster

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    ATOMIC_OF,
    ATOMICS,
    BLOCKED,
    CARRIES,
    CELL_BASE,
    CELL_FLAGS,
    CELL_OF,
    COUNT,
    GLUED,
    MESSAGES,
    PLAIN_OF,
    ROWS,
    THREADS,
    UNSUPPORTED,
    USES_ACQ,
    USES_G,
    USES_HIDDEN,
    USES_REL,
    VALUE,
    WORDS,
    World,
    clear_view,
    copy_view,
    first_word,
    insert,
    join,
    list_rows,
    message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, inner
from lockwright.flat.local import operand
from lockwright.flat.parts import put_bits, take_bits, updated


@inlined
def acquires(order: Int64) -> bool:
    """Return whether a load with this order takes the view of what it reads."""
    return order in (op.ACQUIRE, op.ACQ_REL, op.SEQ_CST)


@inlined
def releases(order: Int64) -> bool:
    """Return whether a store with this order publishes what its thread knows."""
    return order in (op.RELEASE, op.ACQ_REL, op.SEQ_CST)


@inner
def learn(w: World, t: Int64, a: Int64, i: Int64, order: Int64) -> None:
    """Let a thread read message i."""
    m = w.m
    acq = m[THREADS] + t
    w.views[t, a] = i
    if m[USES_ACQ] and w.views[acq, a] < i:
        w.views[acq, a] = i
    if m[m[CELL_FLAGS] + a] & CARRIES:
        if m[USES_ACQ]:
            join(w, acq, message_row(w, a, i))
        if acquires(order):
            join(w, t, message_row(w, a, i))


@inner
def write(w: World, t: Int64, a: Int64, i: Int64, value: Int64, glued: Int64, inherits: Int64, order: Int64) -> Int64:
    """Let a thread write a message behind message i; return 0, or OVERFLOW."""
    m = w.m
    place = i + 1
    threads = m[THREADS]
    result = insert(w, a, place, value, glued)
    if result < 0:
        return result
    w.views[t, a] = place
    if m[USES_ACQ] and w.views[threads + t, a] < place:
        w.views[threads + t, a] = place
    if order == op.SEQ_CST and m[USES_G]:
        w.views[3 * threads, a] = place
    if m[m[CELL_FLAGS] + a] & CARRIES:
        row = message_row(w, a, place)
        if releases(order):
            copy_view(w, row, t)
        elif m[USES_REL]:
            copy_view(w, row, 2 * threads + t)
        if inherits:
            join(w, row, message_row(w, a, i))
        w.views[row, a] = 0
    return np.int64(0)


@inner
def plain_access(w: World, t: Int64, p: Int64, writes: Int64) -> Int64:
    """Let a thread touch a plain cell; return 0, or the fault."""
    m = w.m
    threads = m[THREADS]
    column = m[ATOMICS] + p
    known = w.views[t, column]
    forgotten = (2 << threads) - 1 if writes else 2 << t
    if writes:
        if known != forgotten:
            return np.int64(-op.DATA_RACE)
    elif known & 1 == 0:
        return np.int64(-op.DATA_RACE)
    used = list_rows(w)
    for k in range(used):
        w.views[m[m[ROWS] + k], column] &= np.uint8(~forgotten & 255)
    w.views[t, column] |= np.uint8(forgotten)
    if m[USES_ACQ]:
        w.views[threads + t, column] |= np.uint8(forgotten)
    return np.int64(0)


@inner
def untracked_access(w: World, row: Int64, cell: Int64, opcode: Int64, value: Int64) -> Int64:
    """Access a cell without messages: one that never changes, a counter, or a plain one; return what was there."""
    m = w.m
    where = m[CELL_BASE] + cell
    shift = w.code[row, op.Y]
    bits = w.code[row, op.Z]
    old = take_bits(m[where], shift, bits)
    if opcode in (op.STORE, op.FETCH_ADD, op.FETCH_SUB, op.FETCH_OR, op.FETCH_AND):
        new = updated(opcode, old, value, np.int64(0), w.code[row, op.BITS])
        m[where] = put_bits(m[where], new, shift, bits)
    return old


@inner
def access(w: World, t: Int64, pc: Int64, choice: Int64) -> Int64:
    """Do the memory instruction at `pc`; return 0, a fault, BLOCKED or OVERFLOW."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    base = first_word(w, t) + WORDS
    cell = operand(w.consts, m, base, row[op.A])
    value = operand(w.consts, m, base, row[op.B])
    if cell == 0:
        return np.int64(-op.NULL)
    a = m[m[ATOMIC_OF] + cell]
    if opcode in (op.LOAD, op.STORE):
        if a >= 0:
            return np.int64(UNSUPPORTED)
        if m[m[PLAIN_OF] + cell] >= 0:
            result = plain_access(w, t, m[m[PLAIN_OF] + cell], np.int64(opcode == op.STORE))
            if result < 0:
                return result
    if a < 0:
        old = untracked_access(w, pc, cell, opcode, value)
    else:
        i = m[m[COUNT] + a] - 1 - choice
        result = atomic_access(w, t, pc, a, i, value)
        if result < 0:
            return result
        if opcode == op.ATOMIC_STORE:
            return np.int64(0)
        old = m[0 + m[CELL_BASE] + cell]  # left there by `atomic_access`
    if row[op.D] >= 0 and opcode != op.STORE:
        m[base + row[op.D]] = old
    return np.int64(0)


@inner
def atomic_access(w: World, t: Int64, pc: Int64, a: Int64, i: Int64, value: Int64) -> Int64:
    """Access message i of a cell; the value read is left in the cell's own (else unused) word."""
    m = w.m
    row = w.code[pc]
    opcode = row[op.OP]
    order = row[op.X] & 7
    shift = row[op.Y]
    bits = row[op.Z]
    whole = m[m[VALUE] + a * m[MESSAGES] + i]
    old = take_bits(whole, shift, bits)
    updates = opcode not in (op.ATOMIC_LOAD, op.ATOMIC_STORE)
    writes = opcode != op.ATOMIC_LOAD
    new = value
    if opcode == op.COMPARE_EXCHANGE:
        new = operand(w.consts, m, first_word(w, t) + WORDS, row[op.C])
        if old != value:
            order = row[op.X] >> 3
            writes = False
    elif updates:
        new = updated(opcode, old, value, np.int64(0), row[op.BITS])
    if i < w.views[t, a]:
        return np.int64(BLOCKED)
    if order == op.SEQ_CST and m[USES_G] and i < w.views[3 * m[THREADS], a]:
        return np.int64(BLOCKED)
    if writes and i + 1 < m[m[COUNT] + a] and m[m[GLUED] + a * m[MESSAGES] + i + 1]:
        return np.int64(BLOCKED)
    if opcode != op.ATOMIC_STORE:
        learn(w, t, a, i, order)
    m[m[CELL_BASE] + m[m[CELL_OF] + a]] = old
    if writes:
        glued = np.int64(updates or bits != 0)
        return write(w, t, a, i, put_bits(whole, new, shift, bits), glued, np.int64(updates), order)
    return np.int64(0)


@inner
def fence(w: World, t: Int64, order: Int64) -> None:
    """Do a fence."""
    m = w.m
    threads = m[THREADS]
    acq = threads + t
    if acquires(order) and m[USES_ACQ]:
        copy_view(w, t, acq)
    if order == op.SEQ_CST:
        for k in range(m[ATOMICS]):
            if w.views[3 * threads, k] > w.views[t, k]:
                w.views[t, k] = w.views[3 * threads, k]
            w.views[3 * threads, k] = w.views[t, k]
        join(w, acq, t)
    if releases(order) and m[USES_REL]:
        copy_view(w, 2 * threads + t, t)


@inner
def meet(w: World, t: Int64) -> None:
    """Acquire and release the hidden location."""
    m = w.m
    threads = m[THREADS]
    if m[USES_HIDDEN]:
        hidden = 3 * threads + 1
        join(w, t, hidden)
        copy_view(w, hidden, t)
        if m[USES_ACQ]:
            join(w, threads + t, t)
        if m[USES_REL]:
            copy_view(w, 2 * threads + t, t)


@inner
def forget_thread(w: World, t: Int64) -> None:
    """Drop what a finished thread knows."""
    threads = w.m[THREADS]
    clear_view(w, t)
    clear_view(w, threads + t)
    clear_view(w, 2 * threads + t)
