"""What a C11 thread may know already, since it will learn it before it matters.

1. *Raise*: in a cell that only updates write, each message but the first is glued, so an update reads the newest.  A
   thread whose next look at such a cell is an update stands at the newest message already; if the update acquires,
   and the thread touches nothing and publishes nothing in between, it knows the view of that message too.
2. *Awaits*: a thread waits for such a cell, what it reads is not used but to leave, and an update of the same cell is
   what follows.  Then it does not matter which message lets it leave, only whether one does: it notes that
   (`MAY_LEAVE`), and stands behind the await as far as its view goes.

Messages that were kept only for such threads are unreadable then, and dropped.  A record of the heap may be given to
somebody else in between, who knows nothing of it: its cells are left alone.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import acquires, releases
from lockwright.check.engine.c11_world import (
    ATOMIC_OF,
    ATOMICS,
    CARRIES,
    CELL_BASE,
    CELL_FLAGS,
    COUNT,
    CPU_OF,
    EXIT,
    FREE_TO_LEAVE,
    LEFT,
    LIVE,
    LOOK_BASE,
    MAY_LEAVE,
    MESSAGES,
    NODE_OF,
    ONLY_WRITTEN_BY_UPDATES,
    PC,
    RECORD_OF,
    RUNS,
    SLOTS,
    STATUS,
    THREADS,
    TOUCHED,
    USES_ACQ,
    VALUE,
    WAITS_FOR_MORE,
    WIDTH,
    WORDS,
    World,
    first_word,
    message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inner
from lockwright.flat.local import local_run, operand
from lockwright.flat.parts import take_bits

WALK = 40
"""Visible instructions that a look ahead passes."""


@inner
def copy_slots(w: World, t: Int64) -> None:
    """Put what a thread has in its slots into the room for a look ahead."""
    m = w.m
    look = m[LOOK_BASE]
    base = first_word(w, t) + WORDS
    for slot in range(m[SLOTS]):
        m[look + slot] = m[base + slot]


@inner
def find_update(w: World, t: Int64, pc: Int64) -> Int64:
    """Walk a thread from a row to its next update of a cell that only updates write; return that row, or -1.

    What it touches on the way stands in `touched`: each atomic cell, and behind them whether any plain one.  A way that
    depends on other threads, or publishes, ends the walk.  Its slots are those of the look ahead.
    """
    m = w.m
    look = m[LOOK_BASE]
    for a in range(m[ATOMICS] + 1):
        m[m[TOUCHED] + a] = 0
    stored = np.int64(-1)
    left = m[first_word(w, t) + LEFT]
    for _ in range(WALK):
        if pc < 0 or w.stops[pc] == op.END:
            return np.int64(-1)
        row = w.code[pc]
        opcode = row[op.OP]
        cell = operand(w.consts, m, look, row[op.A])
        result = np.int64(0)
        if opcode == op.RUNNING:
            result = np.int64(left != 0)
            left -= np.int64(left > 0)
        elif opcode in (op.LOAD, op.STORE):
            if cell == 0 or cell == stored or m[m[ATOMIC_OF] + cell] >= 0:
                return np.int64(-1)
            if opcode == op.STORE:
                if stored >= 0:
                    return np.int64(-1)
                stored = cell
            m[m[TOUCHED] + m[ATOMICS]] = 1
            result = m[m[CELL_BASE] + cell]
        elif op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
            if cell == 0:
                return np.int64(-1)
            a = m[m[ATOMIC_OF] + cell]
            if a >= 0:
                if opcode not in (op.ATOMIC_LOAD, op.ATOMIC_STORE, op.COMPARE_EXCHANGE):
                    is_free = m[m[CELL_FLAGS] + a] & ONLY_WRITTEN_BY_UPDATES and m[m[RECORD_OF] + cell] < 0
                    return pc if is_free and not m[m[TOUCHED] + a] else np.int64(-1)
                if opcode != op.ATOMIC_STORE or releases(row[op.X] & 7):
                    return np.int64(-1)
                m[m[TOUCHED] + a] = 1
            elif opcode == op.ATOMIC_LOAD:
                result = m[m[CELL_BASE] + cell]
            elif row[op.D] >= 0 and (m[m[LIVE] + pc + 1] >> row[op.D]) & 1:
                return np.int64(-1)
        elif opcode == op.CPU:
            result = m[m[CPU_OF] + t]
        elif opcode == op.NUMA_NODE:
            result = m[m[NODE_OF] + m[m[CPU_OF] + t]]
        elif opcode not in (op.MARK, op.DOORWAY):
            return np.int64(-1)
        if row[op.D] >= 0:
            m[look + row[op.D]] = result
        pc = local_run(w.code, w.consts, w.stops, m, look, pc + 1, t)
    return np.int64(-1)


@inner
def raise_view(w: World, t: Int64, y: Int64, order: Int64) -> None:
    """Let a thread know what the update of a cell, to which `find_update` has walked, will tell it."""
    m = w.m
    newest = message_row(w, y, m[m[COUNT] + y] - 1)
    w.views[t, y] = m[m[COUNT] + y] - 1
    if acquires(order) and m[m[CELL_FLAGS] + y] & CARRIES:
        for x in range(m[ATOMICS]):
            if x != y and not m[m[TOUCHED] + x] and w.views[t, x] < w.views[newest, x]:
                w.views[t, x] = w.views[newest, x]
        if not m[m[TOUCHED] + m[ATOMICS]]:
            for k in range(m[ATOMICS], m[WIDTH]):
                w.views[t, k] |= w.views[newest, k]
    if m[USES_ACQ]:
        acq = m[THREADS] + t
        for x in range(m[ATOMICS]):
            w.views[acq, x] = max(w.views[acq, x], w.views[t, x])
        for k in range(m[ATOMICS], m[WIDTH]):
            w.views[acq, k] |= w.views[t, k]


@inner
def note_exit(w: World, t: Int64, a: Int64) -> None:
    """Note whether any message that a thread may read ends its await."""
    m = w.m
    base = first_word(w, t)
    look = m[LOOK_BASE]
    pc = m[base + PC]
    row = w.code[pc]
    if m[base + MAY_LEAVE] == 0:
        m[base + MAY_LEAVE] = WAITS_FOR_MORE
    for i in range(w.views[t, a], m[m[COUNT] + a]):
        if m[base + MAY_LEAVE] != FREE_TO_LEAVE:
            copy_slots(w, t)
            m[look + row[op.D]] = take_bits(m[m[VALUE] + a * m[MESSAGES] + i], row[op.Y], row[op.Z])
            if local_run(w.code, w.consts, w.stops, m, look, pc + 1, t) != pc:
                m[base + MAY_LEAVE] = FREE_TO_LEAVE


@inner
def raise_views(w: World) -> None:
    """Let threads know what they must learn before it matters."""
    m = w.m
    look = m[LOOK_BASE]
    for t in range(m[THREADS]):
        base = first_word(w, t)
        if m[base + STATUS] == RUNS:
            copy_slots(w, np.int64(t))
            pc = m[base + PC]
            begin = m[m[EXIT] + pc]
            waits = begin >= 0
            if waits:
                begin = local_run(w.code, w.consts, w.stops, m, look, begin, t)
            update = find_update(w, np.int64(t), begin if waits else pc)
            if update >= 0:
                y = m[m[ATOMIC_OF] + operand(w.consts, m, look, w.code[update, op.A])]
                order = w.code[update, op.X] & 7
                is_same = y == m[m[ATOMIC_OF] + operand(w.consts, m, base + WORDS, w.code[pc, op.A])]
                if waits and is_same and not m[m[TOUCHED] + m[ATOMICS]]:
                    note_exit(w, np.int64(t), y)
                    waits = False
                if not waits:
                    raise_view(w, np.int64(t), y, order)
