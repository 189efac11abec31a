"""What makes C11 states fewer, each behind a switch of its own.

1. *Collect*: drop messages that no unfinished thread can read, and what every unfinished thread knows from all other views.
2. *Only updated*: in a cell that only read-modify-writes read, drop each message whose successor is glued.
3. *Dominated*: drop a message if an earlier one has its value, knows no more, and whoever may read the one may read the other.
4. *Raise*: a thread that on its way takes the newest message of a cell by an acquiring update, and touches or publishes
   nothing in between, may know the view of that message already.
5. *Lag*: let no thread be more than so many messages late.  A bound, not a reduction: the result must name it.
6. *Tickets*: subtract the newest served ticket from every ticket of its group.

Source: Promising semantics' observation that only views matter; the reductions are argued and tested, not proved.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import acquires, releases
from lockwright.check.engine.c11_world import (
    ATOMICS, CARRIES, CELL_BASE, COLLECTS, DOMINATES, FINISHED, LAG, LEFT, LOOK_BASE, ONLY_UPDATED,
    ONLY_WRITTEN_BY_UPDATES, PC, PENDING, RAISES, RMW_ONLY, RUNS, SLOTS, STATUS, STRIDE, THREADS, TICKETS, TRACKED,
    USES_ACQ, USES_HIDDEN, USES_REL, WIDTH, WORDS, World, list_rows, message_row, remove,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, kernel
from lockwright.flat.local import local_run, operand, wrap

WALK = 40
"""Visible instructions that a look ahead passes."""


@inlined
def is_alive(w: World, t: Int64) -> bool:
    """Return whether a thread has not finished."""
    return w.s[t * w.set[STRIDE] + STATUS] != FINISHED


@kernel
def least_known(w: World, a: Int64) -> Int64:
    """Return the oldest message of a cell that some unfinished thread may still read."""
    least = w.count[a] - 1
    for t in range(w.set[THREADS]):
        if is_alive(w, t) and w.views[t, a] < least:
            least = np.int64(w.views[t, a])
    return least


@kernel
def limit_lag(w: World) -> None:
    """Let no thread be more than LAG messages late."""
    for a in range(w.set[ATOMICS]):
        floor = w.count[a] - 1 - w.set[LAG]
        for t in range(w.set[THREADS]):
            if is_alive(w, t) and w.views[t, a] < floor:
                w.views[t, a] = floor
                if w.set[USES_ACQ] and w.views[w.set[THREADS] + t, a] < floor:
                    w.views[w.set[THREADS] + t, a] = floor


@kernel
def collect(w: World) -> None:
    """Drop unreadable messages, and bits that everybody knows from the views that only pass them on."""
    for a in range(w.set[ATOMICS]):
        for _ in range(least_known(w, np.int64(a))):
            remove(w, np.int64(a), np.int64(0))
        w.glued[a, 0] = 0
    threads = w.set[THREADS]
    for k in range(w.set[ATOMICS], w.set[WIDTH]):
        common = np.uint8(255)
        for t in range(threads):
            if is_alive(w, t):
                common &= w.views[t, k]
        keep = ~common
        for t in range(threads):
            w.views[2 * threads + t, k] &= keep
        w.views[3 * threads + 1, k] &= keep
        for a in range(w.set[ATOMICS]):
            if w.flags[a] & CARRIES:
                for i in range(w.count[a]):
                    w.views[message_row(w, np.int64(a), np.int64(i)), k] &= keep


@kernel
def drop_glued(w: World) -> None:
    """In cells that only updates read, drop each message whose successor is glued."""
    for a in range(w.set[ATOMICS]):
        if w.flags[a] & ONLY_UPDATED:
            i = 0
            while i + 1 < w.count[a]:
                if w.glued[a, i + 1]:
                    remove(w, np.int64(a), np.int64(i))
                else:
                    i += 1


@kernel
def knows_no_more(w: World, a: Int64, i: Int64, j: Int64) -> bool:
    """Return whether message i has a view that lies below that of message j."""
    if w.flags[a] & CARRIES == 0:
        return True
    lower = message_row(w, a, i)
    upper = message_row(w, a, j)
    for k in range(w.set[ATOMICS]):
        if w.views[lower, k] > w.views[upper, k]:
            return False
    for k in range(w.set[ATOMICS], w.set[WIDTH]):
        if w.views[lower, k] & ~w.views[upper, k]:
            return False
    return True


@kernel
def is_dominated(w: World, a: Int64, i: Int64, j: Int64) -> bool:
    """Return whether message i stands for the later message j."""
    if w.value[a, i] != w.value[a, j]:
        return False
    open_j = not w.glued[a, j + 1]
    if (w.glued[a, i + 1] and open_j) or (w.glued[a, j] and open_j):
        return False
    for t in range(w.set[THREADS]):
        if is_alive(w, t) and i < w.views[t, a] <= j:
            return False
    return knows_no_more(w, a, i, j)


@kernel
def stands_there(w: World, a: Int64, j: Int64) -> bool:
    """Return whether some view stands at message j."""
    used = list_rows(w)
    for k in range(used):
        if w.views[w.rows[k], a] == j:
            return True
    return False


@kernel
def drop_dominated(w: World) -> None:
    """Drop messages that an earlier one stands for."""
    for a in range(w.set[ATOMICS]):
        j = 1
        while j + 1 < w.count[a]:
            found = False
            if not stands_there(w, np.int64(a), np.int64(j)):
                for i in range(j):
                    if not found and is_dominated(w, np.int64(a), np.int64(i), np.int64(j)):
                        found = True
            if found:
                remove(w, np.int64(a), np.int64(j))
            else:
                j += 1


@kernel
def find_update(w: World, t: Int64) -> Int64:
    """Walk a thread to its next acquiring update of a cell that only updates write; return that cell, or -1.

    What it touches on the way stands in `touched`.  A way that depends on other threads, or publishes, ends the walk.
    """
    base = t * w.set[STRIDE]
    look = w.set[LOOK_BASE]
    if w.s[base + STATUS] != RUNS:
        return np.int64(-1)
    for a in range(w.set[ATOMICS]):
        w.touched[a] = 0
    stored = np.int64(-1)
    for slot in range(w.set[SLOTS]):
        w.s[look + slot] = w.s[base + WORDS + slot]
    left = w.s[base + LEFT]
    pc = w.s[base + PC]
    for _ in range(WALK):
        row = w.code[pc]
        opcode = np.int64(row[op.OP])
        cell = operand(w.consts, w.s, look, np.int64(row[op.A]))
        result = np.int64(0)
        if opcode == op.RUNNING:
            result = np.int64(left != 0)
            left -= np.int64(left > 0)
        elif opcode in (op.LOAD, op.STORE):
            if cell == 0 or cell == stored or w.atomic_of[cell] >= 0:
                return np.int64(-1)
            if opcode == op.STORE:
                if stored >= 0:
                    return np.int64(-1)
                stored = cell
            result = w.s[w.set[CELL_BASE] + cell]
        elif op.ATOMIC_LOAD <= opcode <= op.FETCH_AND:
            if cell == 0:
                return np.int64(-1)
            a = w.atomic_of[cell]
            order = np.int64(row[op.X]) & 7
            if a >= 0:
                if opcode not in (op.ATOMIC_LOAD, op.ATOMIC_STORE, op.COMPARE_EXCHANGE):
                    if w.flags[a] & ONLY_WRITTEN_BY_UPDATES and acquires(order) and not w.touched[a]:
                        return a
                    return np.int64(-1)
                if opcode != op.ATOMIC_STORE or releases(order):
                    return np.int64(-1)
                w.touched[a] = 1
            elif opcode == op.ATOMIC_LOAD:
                result = w.s[w.set[CELL_BASE] + cell]
            elif row[op.D] >= 0 and (w.live[pc + 1] >> row[op.D]) & 1:
                return np.int64(-1)
        elif opcode == op.CPU:
            result = w.cpu_of[t]
        elif opcode == op.NUMA_NODE:
            result = w.node_of[w.cpu_of[t]]
        elif opcode not in (op.MARK, op.DOORWAY):
            return np.int64(-1)
        if row[op.D] >= 0:
            w.s[look + row[op.D]] = result
        pc = local_run(w.code, w.consts, w.stops, w.s, look, pc + 1, t)
        if pc < 0 or w.stops[pc] == op.END:
            return np.int64(-1)
    return np.int64(-1)


@kernel
def raise_views(w: World) -> None:
    """Let threads know what they must learn before it matters."""
    for t in range(w.set[THREADS]):
        y = find_update(w, np.int64(t))
        if y >= 0:
            row = message_row(w, y, w.count[y] - 1)
            acq = w.set[THREADS] + t
            w.views[t, y] = w.count[y] - 1
            for x in range(w.set[ATOMICS]):
                if x != y and not w.touched[x] and w.views[t, x] < w.views[row, x]:
                    w.views[t, x] = w.views[row, x]
            if w.set[USES_ACQ]:
                for x in range(w.set[ATOMICS]):
                    w.views[acq, x] = max(w.views[acq, x], w.views[t, x])


@kernel
def shifted(w: World, value: Int64, kind: Int64, group: Int64, served: Int64) -> Int64:
    """Return a value with the served ticket subtracted from every ticket of the group in it."""
    if kind == op.TICKET_KIND + group:
        return wrap(value - served, w.ticket_base[group, 2])
    if kind >= op.WORD_KIND:
        for k in range(w.word_start[kind - op.WORD_KIND], w.word_start[kind - op.WORD_KIND + 1]):
            if w.word_parts[k, 2] == op.TICKET_KIND + group:
                shift, bits = w.word_parts[k, 0], w.word_parts[k, 1]
                mask = ((np.int64(1) << bits) - 1) << shift
                part = ((value & mask) >> shift) - served
                value = (value & ~mask) | ((part << shift) & mask)
    return value


@kernel
def shift_tickets(w: World) -> None:
    """Count the tickets of each group from the one that is served."""
    for group in range(w.set[TICKETS]):
        cell = w.ticket_base[group, 0]
        a = w.atomic_of[cell]
        where = w.set[CELL_BASE] + cell
        whole = w.value[a, w.count[a] - 1] if a >= 0 else w.s[where]
        served = (whole >> w.ticket_base[group, 1]) & ((np.int64(1) << w.ticket_base[group, 2]) - 1)
        if served:
            for b in range(w.set[ATOMICS]):
                kind = w.cell_kind[w.cell_of[b]]
                if kind >= op.TICKET_KIND:
                    for i in range(w.count[b]):
                        w.value[b, i] = shifted(w, w.value[b, i], kind, np.int64(group), served)
            for k in range(w.set[TRACKED]):
                where = w.set[CELL_BASE] + w.tracked[k]
                w.s[where] = shifted(w, w.s[where], w.cell_kind[w.tracked[k]], np.int64(group), served)
            for t in range(w.set[THREADS]):
                base = t * w.set[STRIDE]
                alive = w.live[w.s[base + PC]]
                for slot in range(w.set[SLOTS]):
                    if (alive >> slot) & 1:
                        where = base + WORDS + slot
                        w.s[where] = shifted(w, w.s[where], w.kinds[slot], np.int64(group), served)


@kernel
def reduce(w: World) -> None:
    """Apply all reductions that are on."""
    if w.set[RAISES]:
        raise_views(w)
    if w.set[LAG] > 0:
        limit_lag(w)
    if w.set[COLLECTS]:
        collect(w)
    if w.set[RMW_ONLY]:
        drop_glued(w)
    if w.set[DOMINATES]:
        drop_dominated(w)
    if w.set[TICKETS]:
        shift_tickets(w)
