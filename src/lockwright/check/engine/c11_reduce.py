"""What makes C11 states fewer, each behind a switch of its own.

1. *Collect*: drop messages that no unfinished thread can read, and what every unfinished thread knows from all other
   views.
2. *Only updated*: in a cell that only read-modify-writes read, drop each message whose successor is glued.
3. *Dominated*: drop a message if an earlier one has its value, knows no more, and whoever may read the one may read
   the other.
4. *Raise*, *awaits*: see `c11_raise`.
5. *Lag*: let no thread be more than so many messages late.  A bound, not a reduction: the result must name it.
6. *Tickets*: subtract the newest served ticket from every ticket of its group, also from those that nobody writes.

Source: Promising semantics' observation that only views matter; the reductions are argued and tested, not proved.
"""
# ruff: noqa: SIM110 - kernels spell loops out: numba compiles them faster

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_raise import raise_views
from lockwright.check.engine.c11_world import (
    ATOMIC_OF,
    ATOMICS,
    CARRIES,
    CELL_BASE,
    CELL_FLAGS,
    CELL_KIND,
    CELL_OF,
    COLLECTS,
    COUNT,
    DOMINATES,
    FINISHED,
    GLUED,
    KINDS,
    LAG,
    LIVE,
    MESSAGES,
    ONLY_UPDATED,
    PC,
    RAISES,
    RMW_ONLY,
    ROWS,
    SLOTS,
    STATUS,
    THREADS,
    TICKET_BASE,
    TICKETS,
    TRACKED,
    TRACKED_CELLS,
    USES_ACQ,
    VALUE,
    WIDTH,
    WORD_PARTS,
    WORD_START,
    WORDS,
    World,
    first_word,
    list_rows,
    message_row,
    remove,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, inlined, inner
from lockwright.flat.local import wrap


@inlined
def is_alive(w: World, t: Int64) -> bool:
    """Return whether a thread has not finished."""
    return w.m[first_word(w, t) + STATUS] != FINISHED


@inner
def least_known(w: World, a: Int64) -> Int64:
    """Return the oldest message of a cell that some unfinished thread may still read."""
    m = w.m
    least = m[m[COUNT] + a] - 1
    for t in range(m[THREADS]):
        if is_alive(w, t) and w.views[t, a] < least:
            least = np.int64(w.views[t, a])
    return least


@inner
def limit_lag(w: World) -> None:
    """Let no thread be more than LAG messages late."""
    m = w.m
    for a in range(m[ATOMICS]):
        floor = m[m[COUNT] + a] - 1 - m[LAG]
        for t in range(m[THREADS]):
            if is_alive(w, t) and w.views[t, a] < floor:
                w.views[t, a] = floor
                if m[USES_ACQ] and w.views[m[THREADS] + t, a] < floor:
                    w.views[m[THREADS] + t, a] = floor


@inner
def collect(w: World) -> None:
    """Drop unreadable messages, and bits that everybody knows from the views that only pass them on."""
    m = w.m
    for a in range(m[ATOMICS]):
        for _ in range(least_known(w, np.int64(a))):
            remove(w, np.int64(a), np.int64(0))
        m[m[GLUED] + a * m[MESSAGES] + 0] = 0
    threads = m[THREADS]
    for k in range(m[ATOMICS], m[WIDTH]):
        common = np.uint8(255)
        for t in range(threads):
            if is_alive(w, t):
                common &= w.views[t, k]
        keep = ~common
        for t in range(threads):
            w.views[2 * threads + t, k] &= keep
        w.views[3 * threads + 1, k] &= keep
        for a in range(m[ATOMICS]):
            if m[m[CELL_FLAGS] + a] & CARRIES:
                for i in range(m[m[COUNT] + a]):
                    w.views[message_row(w, np.int64(a), np.int64(i)), k] &= keep


@inner
def drop_glued(w: World) -> None:
    """In cells that only updates read, drop each message whose successor is glued."""
    m = w.m
    for a in range(m[ATOMICS]):
        if m[m[CELL_FLAGS] + a] & ONLY_UPDATED:
            i = 0
            while i + 1 < m[m[COUNT] + a]:
                if m[m[GLUED] + a * m[MESSAGES] + i + 1]:
                    remove(w, np.int64(a), np.int64(i))
                else:
                    i += 1


@inner
def knows_no_more(w: World, a: Int64, i: Int64, j: Int64) -> bool:
    """Return whether message i has a view that lies below that of message j."""
    m = w.m
    if m[m[CELL_FLAGS] + a] & CARRIES == 0:
        return True
    lower = message_row(w, a, i)
    upper = message_row(w, a, j)
    for k in range(m[ATOMICS]):
        if w.views[lower, k] > w.views[upper, k]:
            return False
    for k in range(m[ATOMICS], m[WIDTH]):
        if w.views[lower, k] & ~w.views[upper, k]:
            return False
    return True


@inner
def is_dominated(w: World, a: Int64, i: Int64, j: Int64) -> bool:
    """Return whether message i stands for the later message j."""
    m = w.m
    if m[m[VALUE] + a * m[MESSAGES] + i] != m[m[VALUE] + a * m[MESSAGES] + j]:
        return False
    open_j = not m[m[GLUED] + a * m[MESSAGES] + j + 1]
    if (m[m[GLUED] + a * m[MESSAGES] + i + 1] and open_j) or (m[m[GLUED] + a * m[MESSAGES] + j] and open_j):
        return False
    for t in range(m[THREADS]):
        if is_alive(w, t) and i < w.views[t, a] <= j:
            return False
    return knows_no_more(w, a, i, j)


@inner
def stands_there(w: World, a: Int64, j: Int64) -> bool:
    """Return whether some view stands at message j."""
    m = w.m
    used = list_rows(w)
    for k in range(used):
        if w.views[m[m[ROWS] + k], a] == j:
            return True
    return False


@inner
def drop_dominated(w: World) -> None:
    """Drop messages that an earlier one stands for."""
    m = w.m
    for a in range(m[ATOMICS]):
        j = 1
        while j + 1 < m[m[COUNT] + a]:
            found = False
            if not stands_there(w, np.int64(a), np.int64(j)):
                for i in range(j):
                    if not found and is_dominated(w, np.int64(a), np.int64(i), np.int64(j)):
                        found = True
            if found:
                remove(w, np.int64(a), np.int64(j))
            else:
                j += 1


@inner
def shifted(w: World, value: Int64, kind: Int64, group: Int64, served: Int64) -> Int64:
    """Return a value with the served ticket subtracted from every ticket of the group in it."""
    m = w.m
    if kind == op.TICKET_KIND + group:
        return wrap(value - served, m[m[TICKET_BASE] + 4 * group + 2])
    if kind >= op.WORD_KIND:
        place = m[WORD_START] + kind - op.WORD_KIND
        for k in range(m[place], m[place + 1]):
            part = m[WORD_PARTS] + 3 * k
            if m[part + 2] == op.TICKET_KIND + group:
                shift = m[part]
                mask = ((np.int64(1) << m[part + 1]) - 1) << shift
                value = (value & ~mask) | ((value - (served << shift)) & mask)
    return value


@inner
def served_ticket(w: World, group: Int64) -> Int64:
    """Return by how much the tickets of a group are shifted: the newest value of its word, without the low bits."""
    m = w.m
    place = m[TICKET_BASE] + 4 * group
    cell = m[place]
    a = m[m[ATOMIC_OF] + cell]
    whole = m[m[CELL_BASE] + cell]
    if a >= 0:
        whole = m[m[VALUE] + a * m[MESSAGES] + m[m[COUNT] + a] - 1]
    if m[place + 2] < 64:
        whole = (whole >> m[place + 1]) & ((np.int64(1) << m[place + 2]) - 1)
    return (whole >> m[place + 3]) << m[place + 3]


@inner
def shift_tickets(w: World) -> None:
    """Count the tickets of each group from the one that is served."""
    m = w.m
    for group in range(m[TICKETS]):
        served = served_ticket(w, np.int64(group))
        if served:
            for b in range(m[ATOMICS]):
                kind = m[m[CELL_KIND] + m[m[CELL_OF] + b]]
                if kind >= op.TICKET_KIND:
                    first = m[VALUE] + b * m[MESSAGES]
                    for i in range(first, first + m[m[COUNT] + b]):
                        m[i] = shifted(w, m[i], kind, np.int64(group), served)
            for k in range(m[TRACKED_CELLS]):
                cell = m[m[TRACKED] + k]
                place = m[CELL_BASE] + cell
                m[place] = shifted(w, m[place], m[m[CELL_KIND] + cell], np.int64(group), served)
            for t in range(m[THREADS]):
                base = first_word(w, t)
                alive = m[m[LIVE] + m[base + PC]]
                for slot in range(m[SLOTS]):
                    if (alive >> slot) & 1:
                        place = base + WORDS + slot
                        m[place] = shifted(w, m[place], m[m[KINDS] + slot], np.int64(group), served)


@inner
def reduce(w: World) -> None:
    """Apply all reductions that are on."""
    m = w.m
    if m[RAISES]:
        raise_views(w)
    if m[LAG] > 0:
        limit_lag(w)
    if m[COLLECTS]:
        collect(w)
    if m[RMW_ONLY]:
        drop_glued(w)
    if m[DOMINATES]:
        drop_dominated(w)
    if m[TICKETS]:
        shift_tickets(w)
