"""The working state of the C11 explorer: where everything lies, and the rows of views.

1. One vector `m` holds all but the views: settings; for each thread its words and its slots; the cells, latches,
   holders of locks, records; room for a look ahead; tables that never change; messages; scratch.
2. Each atomic cell has a list of messages in modification order: value, whether glued to the one before, a view.
3. A view is a row of bytes: an index for each atomic cell, then for each plain cell the bits W and r_t.
4. Rows: `cur` of each thread, `acq` of each, `rel` of each, G, the hidden location, then those of messages.

Only cells that some thread writes are followed, and constants that a reduction, `alloc` or `at_rest` changes; all
others keep what they hold at the beginning.
"""
# ruff: noqa: PLR1730 - kernels spell comparisons out: numba compiles them faster

from __future__ import annotations

from typing import NamedTuple

from lockwright.flat.jit import Int64, Int64s, UInt8s, inlined, inner

# Words of a thread.
PC, LEFT, STATUS, PHASE, TOKEN, SLEEP, ADDRESS, WANTED, FLAGS, PENDING, MAY_LEAVE = range(11)
WORDS = 11
# STATUS
RUNS, WAITS, ASLEEP, FINISHED = range(4)
# SLEEP
NO_SLEEP, HALTED, PARKED, FUTEX, EVENT, WOKEN = range(6)
# MAY_LEAVE: 0 where it is not noted
WAITS_FOR_MORE, FREE_TO_LEAVE = 1, 2
# Flags of a CPU, and of FLAGS: interrupts on, then how deep preemption and softirqs are off.
LATCHED, ONLINE, EVENT_SET = 1, 2, 4
INTERRUPTS, PREEMPTION, SOFTIRQS = 1, 2, 512

# Settings: the first words of the vector.
(
    THREADS, SLOTS, ATOMICS, PLAINS, CELLS, MESSAGES, WIDTH, VIEWS, STRIDE, CELL_BASE, LATCH_BASE, HOLD_BASE, LOOK_BASE,
    LOCKS, CPUS, USES_ACQ, USES_REL, USES_G, USES_HIDDEN, MERGES, COLLECTS, DOMINATES, RAISES, LAG, RMW_ONLY,
    SUBJECT, HAS_DOORWAY, PERMUTATIONS, RECORDS, HEAP_BASE, TICKETS, ACQUISITIONS, TRACKED_CELLS, WORK_WIDTH,
) = range(34)  # fmt: skip

# Where each table begins in the vector is a setting too.
(
    COUNT,  # [atomic]: how many messages it has
    VALUE,  # [atomic, message]
    GLUED,  # [atomic, message]: whether an update read the message before it
    ATOMIC_OF,  # [cell]: its atomic number, or -1
    PLAIN_OF,
    CELL_OF,  # [atomic]: its cell
    PLAIN_CELL,
    CELL_FLAGS,  # [atomic]
    CELL_KIND,  # [cell]
    LOCK_OF,  # [struct row, cell]
    CPU_OF,  # [thread]
    NODE_OF,  # [CPU]
    WORD_START,  # [kind of word]: where its parts begin
    WORD_PARTS,  # [part]: shift, bits, kind
    TRACKED,  # cells whose values are part of the state
    ORDER,  # [permutation, position]: the thread that stands there
    SOURCE,  # [permutation, cell]: the cell whose contents it takes
    BITS,  # [permutation, byte]: the byte with its read bits renamed
    RECORD_OF,  # [cell]: its record of the heap, or -1
    RECORD_BASE,
    RECORD_SIZE,
    POOL_OF,  # [record]
    TICKET_BASE,  # [group]: cell, shift and bits of the word that is subtracted, and its low bits that stay
    LIVE,  # [row of code]: which slots are live before it
    KINDS,  # [slot]
    BEGINS,  # [row of code]: a mark that may wait for the access behind it
    RESTART,  # [row of code]: the number of the await that restarts there, plus one
    EXIT,  # [row of code]: where an await that restarts here is left, if its value is not used but for that; else -1
    TOUCHED,  # scratch of a look ahead: each atomic cell, then any plain one
    ROWS,  # scratch: the rows of views in use
    WORK,  # scratch of packing, 8 lines: position of each thread, source and target of each cell, ...
) = range(34, 65)
FIRST_WORD = 65
"""Where the words of the first thread begin, behind the settings."""

# Flags of an atomic cell.
CARRIES, ONLY_UPDATED, ONLY_WRITTEN_BY_UPDATES = 1, 2, 4

BLOCKED = -1000
OVERFLOW = -1001
UNSUPPORTED = -1002


class World(NamedTuple):
    """The arrays that the kernels share: few, since each costs compile time in every kernel."""

    m: Int64s  # settings, threads, cells, tables, messages
    views: UInt8s  # [row, atomic or plain number]
    code: Int64s
    consts: Int64s
    stops: UInt8s


@inlined
def first_word(w: World, t: Int64) -> Int64:
    """Return where the words of a thread begin."""
    return FIRST_WORD + t * w.m[STRIDE]


@inlined
def message_row(w: World, a: Int64, i: Int64) -> Int64:
    """Return the row of the view of a message."""
    m = w.m
    return 3 * m[THREADS] + 2 + a * m[MESSAGES] + i


@inner
def list_rows(w: World) -> Int64:
    """Write the numbers of all rows in use into `rows`; return how many."""
    m = w.m
    k = 0
    threads = m[THREADS]
    for t in range(threads):
        m[m[ROWS] + k] = t
        k += 1
        if m[USES_ACQ]:
            m[m[ROWS] + k] = threads + t
            k += 1
        if m[USES_REL]:
            m[m[ROWS] + k] = 2 * threads + t
            k += 1
    if m[USES_G]:
        m[m[ROWS] + k] = 3 * threads
        k += 1
    if m[USES_HIDDEN]:
        m[m[ROWS] + k] = 3 * threads + 1
        k += 1
    for a in range(m[ATOMICS]):
        if m[m[CELL_FLAGS] + a] & CARRIES:
            for i in range(m[m[COUNT] + a]):
                m[m[ROWS] + k] = message_row(w, a, i)
                k += 1
    return k


@inner
def join(w: World, target: Int64, other: Int64) -> None:
    """Let the view in one row meet that in another."""
    m = w.m
    atomics = m[ATOMICS]
    for k in range(atomics):
        if w.views[other, k] > w.views[target, k]:
            w.views[target, k] = w.views[other, k]
    for k in range(atomics, m[WIDTH]):
        w.views[target, k] |= w.views[other, k]


@inner
def copy_view(w: World, target: Int64, other: Int64) -> None:
    """Put the view in one row into another."""
    for k in range(w.m[WIDTH]):
        w.views[target, k] = w.views[other, k]


@inner
def clear_view(w: World, target: Int64) -> None:
    """Let a row know nothing."""
    for k in range(w.m[WIDTH]):
        w.views[target, k] = 0


@inner
def insert(w: World, a: Int64, place: Int64, value: Int64, glued: Int64) -> Int64:
    """Put a message, its view empty, into a list; return 0, or OVERFLOW."""
    m = w.m
    n = m[m[COUNT] + a]
    if n >= m[MESSAGES]:
        return OVERFLOW
    carries = m[m[CELL_FLAGS] + a] & CARRIES
    used = list_rows(w)
    for k in range(used):
        if w.views[m[m[ROWS] + k], a] >= place:
            w.views[m[m[ROWS] + k], a] += 1
    for i in range(n, place, -1):
        m[m[VALUE] + a * m[MESSAGES] + i] = m[m[VALUE] + a * m[MESSAGES] + i - 1]
        m[m[GLUED] + a * m[MESSAGES] + i] = m[m[GLUED] + a * m[MESSAGES] + i - 1]
        if carries:
            copy_view(w, message_row(w, a, i), message_row(w, a, i - 1))
    m[m[VALUE] + a * m[MESSAGES] + place] = value
    m[m[GLUED] + a * m[MESSAGES] + place] = glued
    if carries:
        clear_view(w, message_row(w, a, place))
    m[m[COUNT] + a] = n + 1
    return 0


@inner
def remove(w: World, a: Int64, j: Int64) -> None:
    """Take message j out of a list; who stood there stands at its successor, which is glued if it was."""
    m = w.m
    n = m[m[COUNT] + a] - 1
    glued = m[m[GLUED] + a * m[MESSAGES] + j] if j > 0 else 0
    carries = m[m[CELL_FLAGS] + a] & CARRIES
    for i in range(j, n):
        m[m[VALUE] + a * m[MESSAGES] + i] = m[m[VALUE] + a * m[MESSAGES] + i + 1]
        m[m[GLUED] + a * m[MESSAGES] + i] = m[m[GLUED] + a * m[MESSAGES] + i + 1]
        if carries:
            copy_view(w, message_row(w, a, i), message_row(w, a, i + 1))
    m[m[GLUED] + a * m[MESSAGES] + j] = glued
    m[m[COUNT] + a] = n
    used = list_rows(w)
    for k in range(used):
        if w.views[m[m[ROWS] + k], a] > j:
            w.views[m[m[ROWS] + k], a] -= 1
