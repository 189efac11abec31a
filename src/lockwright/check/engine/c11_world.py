"""The working state of the C11 explorer: where everything lies, and the rows of views.

1. `s` holds what is fixed in size: for each thread its words and its slots, then the cells, latches, holders of locks,
   and room for a look ahead.
2. Each atomic cell has a list of messages in modification order: value, whether glued to the one before, a view.
3. A view is a row of bytes: an index for each atomic cell, then for each plain cell the bits W and r_t.
4. Rows: `cur` of each thread, `acq` of each, `rel` of each, G, the hidden location, then those of messages.

Only cells that some thread writes are followed; all others keep what they hold at the beginning.
"""

from __future__ import annotations

from typing import NamedTuple

from lockwright.flat.jit import Int64, Int64s, UInt8s, inlined, kernel

# Words of a thread.
PC, LEFT, STATUS, PHASE, TOKEN, SLEEP, ADDRESS, WANTED, FLAGS, PENDING = range(10)
WORDS = 10
# STATUS
RUNS, WAITS, ASLEEP, FINISHED = range(4)
# SLEEP
NO_SLEEP, HALTED, PARKED, FUTEX, EVENT, WOKEN = range(6)
# Flags of a CPU, and of FLAGS: interrupts on, then how deep preemption and softirqs are off.
LATCHED, ONLINE, EVENT_SET = 1, 2, 4
INTERRUPTS, PREEMPTION, SOFTIRQS = 1, 2, 512

# Settings, in `World.set`.
(
    THREADS, SLOTS, ATOMICS, PLAINS, CELLS, MESSAGES, WIDTH, VIEWS, STRIDE, CELL_BASE, LATCH_BASE, HOLD_BASE, LOOK_BASE,
    SIZE, LOCKS, CPUS, USES_ACQ, USES_REL, USES_G, USES_HIDDEN, MERGES, COLLECTS, DOMINATES, RAISES, LAG, RMW_ONLY,
    SUBJECT, HAS_DOORWAY, PERMUTATIONS, RECORDS, HEAP_BASE, TICKETS, ACQUISITIONS, TRACKED,
) = range(34)  # fmt: skip
SETTINGS = 40

# Flags of an atomic cell.
CARRIES, ONLY_UPDATED, ONLY_WRITTEN_BY_UPDATES = 1, 2, 4

BLOCKED = -1000
OVERFLOW = -1001
UNSUPPORTED = -1002


class World(NamedTuple):
    """All arrays that the kernels share."""

    set: Int64s
    code: Int64s
    consts: Int64s
    stops: UInt8s
    restart: UInt8s
    live: Int64s
    kinds: Int64s  # of slots, by row of code
    begins: UInt8s  # rows with a mark that may be joined with the next access
    s: Int64s
    count: Int64s  # messages of each atomic cell
    value: Int64s  # [atomic, message]
    glued: UInt8s
    views: UInt8s
    rows: Int64s  # scratch: the rows in use
    atomic_of: Int64s  # cell -> atomic number or -1
    plain_of: Int64s
    cell_of: Int64s  # atomic number -> cell
    plain_cell: Int64s
    flags: Int64s  # of atomic cells
    cell_kind: Int64s
    lock_of: Int64s
    cpu_of: Int64s
    node_of: Int64s
    word_start: Int64s  # parts of word kinds
    word_parts: Int64s
    tracked: Int64s  # cells whose values are part of the state
    order: Int64s  # [permutation, position] -> thread
    source: Int64s  # [permutation, cell] -> the cell whose contents it takes
    bits: UInt8s  # [permutation, byte] -> byte with read bits renamed
    work: Int64s  # scratch of packing: position of thread, source cell, target cell
    record_of: Int64s  # cell -> record of the heap or -1
    record_base: Int64s
    record_size: Int64s
    pool_of: Int64s  # record -> pool
    touched: UInt8s  # scratch of a look ahead
    ticket_base: Int64s  # [group]: cell, shift, bits of the word that is subtracted


@inlined
def base_of(w: World, t: Int64) -> Int64:
    """Return where the words of a thread begin."""
    return t * w.set[STRIDE]


@inlined
def message_row(w: World, a: Int64, i: Int64) -> Int64:
    """Return the row of the view of a message."""
    return 3 * w.set[THREADS] + 2 + a * w.set[MESSAGES] + i


@kernel
def list_rows(w: World) -> Int64:
    """Write the numbers of all rows in use into `rows`; return how many."""
    k = 0
    threads = w.set[THREADS]
    for t in range(threads):
        w.rows[k] = t
        k += 1
        if w.set[USES_ACQ]:
            w.rows[k] = threads + t
            k += 1
        if w.set[USES_REL]:
            w.rows[k] = 2 * threads + t
            k += 1
    if w.set[USES_G]:
        w.rows[k] = 3 * threads
        k += 1
    if w.set[USES_HIDDEN]:
        w.rows[k] = 3 * threads + 1
        k += 1
    for a in range(w.set[ATOMICS]):
        if w.flags[a] & CARRIES:
            for i in range(w.count[a]):
                w.rows[k] = message_row(w, a, i)
                k += 1
    return k


@kernel
def join(w: World, target: Int64, other: Int64) -> None:
    """Let the view in one row meet that in another."""
    atomics = w.set[ATOMICS]
    for k in range(atomics):
        if w.views[other, k] > w.views[target, k]:
            w.views[target, k] = w.views[other, k]
    for k in range(atomics, w.set[WIDTH]):
        w.views[target, k] |= w.views[other, k]


@kernel
def copy_view(w: World, target: Int64, other: Int64) -> None:
    """Put the view in one row into another."""
    for k in range(w.set[WIDTH]):
        w.views[target, k] = w.views[other, k]


@kernel
def clear_view(w: World, target: Int64) -> None:
    """Let a row know nothing."""
    for k in range(w.set[WIDTH]):
        w.views[target, k] = 0


@kernel
def insert(w: World, a: Int64, place: Int64, value: Int64, glued: Int64) -> Int64:
    """Put a message, its view empty, into a list; return 0, or OVERFLOW."""
    n = w.count[a]
    if n >= w.set[MESSAGES]:
        return OVERFLOW
    carries = w.flags[a] & CARRIES
    used = list_rows(w)
    for k in range(used):
        if w.views[w.rows[k], a] >= place:
            w.views[w.rows[k], a] += 1
    for i in range(n, place, -1):
        w.value[a, i] = w.value[a, i - 1]
        w.glued[a, i] = w.glued[a, i - 1]
        if carries:
            copy_view(w, message_row(w, a, i), message_row(w, a, i - 1))
    w.value[a, place] = value
    w.glued[a, place] = glued
    if carries:
        clear_view(w, message_row(w, a, place))
    w.count[a] = n + 1
    return 0


@kernel
def remove(w: World, a: Int64, j: Int64) -> None:
    """Take message j out of a list; who stood there stands at its successor, which is glued if it was."""
    n = w.count[a] - 1
    glued = w.glued[a, j] if j > 0 else 0
    carries = w.flags[a] & CARRIES
    for i in range(j, n):
        w.value[a, i] = w.value[a, i + 1]
        w.glued[a, i] = w.glued[a, i + 1]
        if carries:
            copy_view(w, message_row(w, a, i), message_row(w, a, i + 1))
    w.glued[a, j] = glued
    w.count[a] = n
    used = list_rows(w)
    for k in range(used):
        if w.views[w.rows[k], a] > j:
            w.views[w.rows[k], a] -= 1
