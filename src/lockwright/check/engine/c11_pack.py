"""States as bytes: what is alive, packed; unpacked into the working state; put into canonical order under symmetry.

1. Numbers are written 7 bits to a byte, views as their bytes.
2. Packed are: of each unfinished thread its words, live slots and views; tracked cells; CPUs; holders; records;
   messages; G.
3. Under symmetry a state stands for all its permutations: of those allowed, the one whose bytes come first.
   A permutation renames thread numbers, and pointers into storage that threads index; records are numbered as reached.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    ADDRESS,
    ATOMIC_OF,
    ATOMICS,
    BITS,
    CARRIES,
    CELL_BASE,
    CELL_FLAGS,
    CELL_KIND,
    CELL_OF,
    CELLS,
    COUNT,
    CPUS,
    FINISHED,
    FLAGS,
    GLUED,
    HEAP_BASE,
    HOLD_BASE,
    KINDS,
    LATCH_BASE,
    LEFT,
    LIVE,
    LOCKS,
    MAY_LEAVE,
    MESSAGES,
    ORDER,
    PC,
    PENDING,
    PERMUTATIONS,
    PHASE,
    PLAIN_CELL,
    PLAIN_OF,
    POOL_OF,
    RECORD_BASE,
    RECORD_OF,
    RECORD_SIZE,
    RECORDS,
    SLEEP,
    SLOTS,
    SOURCE,
    STATUS,
    STRIDE,
    THREADS,
    TOKEN,
    TRACKED,
    TRACKED_CELLS,
    USES_ACQ,
    USES_G,
    USES_HIDDEN,
    USES_REL,
    VALUE,
    WANTED,
    WIDTH,
    WORD_PARTS,
    WORD_START,
    WORDS,
    WORK,
    WORK_WIDTH,
    World,
    first_word,
    message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, UInt8s, inlined, inner, kernel


@inlined
def put(buffer: UInt8s, k: Int64, value: Int64) -> Int64:
    """Write a number behind position k; return the next position."""
    rest = np.uint64(value)
    while rest >= np.uint64(128):
        buffer[k] = np.uint8((rest & np.uint64(127)) | np.uint64(128))
        k += 1
        rest >>= np.uint64(7)
    buffer[k] = np.uint8(rest)
    return k + 1


@inner
def get(buffer: UInt8s, k: Int64) -> tuple[Int64, Int64]:
    """Read a number; return it and the next position."""
    value = np.int64(buffer[k]) & 127
    shift = 7
    while buffer[k] & 128:
        k += 1
        value |= (np.int64(buffer[k]) & 127) << shift
        shift += 7
    return value, k + 1


@inner
def renamed_word(w: World, value: Int64, kind: Int64) -> Int64:
    """Return a word in which the parts that are numbers of threads are those of the permuted state."""
    m = w.m
    place = m[WORD_START] + kind - op.WORD_KIND
    for k in range(m[place], m[place + 1]):
        part = m[WORD_PARTS] + 3 * k
        if m[part + 2] == op.THREAD_KIND:
            mask = (np.int64(1) << m[part + 1]) - 1
            thread = (value >> m[part]) & mask
            if thread < m[THREADS]:
                value = (value & ~(mask << m[part])) | (m[m[WORK] + thread] << m[part])
    return value


@inner
def renamed(w: World, value: Int64, kind: Int64) -> Int64:
    """Return a value as the permuted state has it; position and target stand in `work`."""
    m = w.m
    if kind >= op.WORD_KIND:
        return renamed_word(w, value, kind)
    if kind == op.VALUE_KIND or kind >= op.TICKET_KIND:
        return value
    if kind == op.THREAD_KIND:
        return m[m[WORK] + value] if 0 <= value < m[THREADS] else value
    return m[m[WORK] + 2 * m[WORK_WIDTH] + value] if 0 <= value < m[CELLS] else value


@inner
def reach(w: World, value: Int64, kind: Int64, found: Int64) -> Int64:
    """Give the record that a pointer leads to the next number, if it has none; return how many have one."""
    m = w.m
    if kind != op.POINTER_KIND or value <= 0 or value >= m[CELLS]:
        return found
    record = m[m[RECORD_OF] + value]
    if record < 0 or m[m[WORK] + 3 * m[WORK_WIDTH] + record] >= 0:
        return found
    m[m[WORK] + 3 * m[WORK_WIDTH] + record] = found
    m[m[WORK] + 4 * m[WORK_WIDTH] + found] = record
    return found + 1


@inner
def reach_cell(w: World, cell: Int64, found: Int64) -> Int64:
    """Follow the pointers in a cell."""
    m = w.m
    if m[m[CELL_KIND] + cell] != op.POINTER_KIND:
        return found
    a = m[m[ATOMIC_OF] + cell]
    if a < 0:
        return reach(w, m[m[CELL_BASE] + cell], np.int64(op.POINTER_KIND), found)
    for i in range(m[m[COUNT] + a] - 1, -1, -1):
        found = reach(w, m[m[VALUE] + a * m[MESSAGES] + i], np.int64(op.POINTER_KIND), found)
    return found


@inner
def number_records(w: World) -> None:
    """Number the records of the heap in the order in which the permuted state reaches them."""
    m = w.m
    records = m[RECORDS]
    for record in range(records):
        m[m[WORK] + 3 * m[WORK_WIDTH] + record] = -1
    found = np.int64(0)
    for i in range(m[THREADS]):
        base = first_word(w, m[m[WORK] + 5 * m[WORK_WIDTH] + i])
        alive = m[m[LIVE] + m[base + PC]]
        for slot in range(m[SLOTS]):
            if (alive >> slot) & 1:
                found = reach(w, m[base + WORDS + slot], m[m[KINDS] + slot], found)
    first = m[m[RECORD_BASE] + 0]
    for cell in range(1, first):
        found = reach_cell(w, m[m[WORK] + 1 * m[WORK_WIDTH] + cell], found)
    done = 0
    for record in range(records + 1):
        while done < found:
            old = m[m[WORK] + 4 * m[WORK_WIDTH] + done]
            for cell in range(m[m[RECORD_BASE] + old], m[m[RECORD_BASE] + old] + m[m[RECORD_SIZE] + old]):
                found = reach_cell(w, np.int64(cell), found)
            done += 1
        if record < records and m[m[WORK] + 3 * m[WORK_WIDTH] + record] < 0:
            m[m[WORK] + 3 * m[WORK_WIDTH] + record] = found
            m[m[WORK] + 4 * m[WORK_WIDTH] + found] = record
            found += 1
    place_records(w)


@inner
def place_records(w: World) -> None:
    """Give each record, in the order of the numbers, the first free place of its pool."""
    m = w.m
    records = m[RECORDS]
    for k in range(records):
        m[m[WORK] + 6 * m[WORK_WIDTH] + k] = 0
    for number in range(records):
        old = m[m[WORK] + 4 * m[WORK_WIDTH] + number]
        new = np.int64(0)
        while m[m[POOL_OF] + new] != m[m[POOL_OF] + old] or m[m[WORK] + 6 * m[WORK_WIDTH] + new]:
            new += 1
        m[m[WORK] + 6 * m[WORK_WIDTH] + new] = 1
        m[m[WORK] + 7 * m[WORK_WIDTH] + new] = old
        for k in range(m[m[RECORD_SIZE] + old]):
            m[m[WORK] + 1 * m[WORK_WIDTH] + m[m[RECORD_BASE] + new] + k] = m[m[RECORD_BASE] + old] + k
            m[m[WORK] + 2 * m[WORK_WIDTH] + m[m[RECORD_BASE] + old] + k] = m[m[RECORD_BASE] + new] + k


@inner
def arrange(w: World, permutation: Int64) -> None:
    """Fill `work`: position of each thread, source and target of each cell, the thread at each position."""
    m = w.m
    for i in range(m[THREADS]):
        t = m[m[ORDER] + permutation * m[THREADS] + i]
        m[m[WORK] + 5 * m[WORK_WIDTH] + i] = t
        m[m[WORK] + t] = i
    for cell in range(m[CELLS]):
        old = m[m[SOURCE] + permutation * m[CELLS] + cell]
        m[m[WORK] + 1 * m[WORK_WIDTH] + cell] = old
        m[m[WORK] + 2 * m[WORK_WIDTH] + old] = cell
    for record in range(m[RECORDS]):
        m[m[WORK] + 7 * m[WORK_WIDTH] + record] = record
    if m[RECORDS] and m[PERMUTATIONS] > 0:
        number_records(w)


@inner
def put_view(w: World, buffer: UInt8s, k: Int64, row: Int64, permutation: Int64) -> Int64:
    """Write a view."""
    m = w.m
    atomics = m[ATOMICS]
    for a in range(atomics):
        buffer[k + a] = w.views[row, m[m[ATOMIC_OF] + m[m[WORK] + 1 * m[WORK_WIDTH] + m[m[CELL_OF] + a]]]]
    for p in range(m[WIDTH] - atomics):
        column = atomics + m[m[PLAIN_OF] + m[m[WORK] + 1 * m[WORK_WIDTH] + m[m[PLAIN_CELL] + p]]]
        buffer[k + atomics + p] = m[m[BITS] + permutation * 256 + w.views[row, column]]
    return k + m[WIDTH]


@inner
def put_thread(w: World, buffer: UInt8s, k: Int64, t: Int64, permutation: Int64) -> Int64:
    """Write a thread."""
    m = w.m
    base = first_word(w, t)
    k = put(buffer, k, m[base + STATUS] | m[base + PHASE] << 2 | (m[base + TOKEN] << 5) | (m[base + SLEEP] << 6))
    k = put(buffer, k, m[base + PC])
    if m[base + STATUS] == FINISHED:
        return k
    k = put(buffer, k, m[base + LEFT] + 1)
    k = put(buffer, k, m[base + FLAGS])
    k = put(buffer, k, m[base + PENDING] << 2 | m[base + MAY_LEAVE])
    if m[base + SLEEP]:
        k = put(buffer, k, renamed(w, m[base + ADDRESS], np.int64(op.POINTER_KIND)))
        k = put(buffer, k, m[base + WANTED])
    alive = m[m[LIVE] + m[base + PC]]
    for slot in range(m[SLOTS]):
        if (alive >> slot) & 1:
            k = put(buffer, k, renamed(w, m[base + WORDS + slot], m[m[KINDS] + slot]))
    threads = m[THREADS]
    k = put_view(w, buffer, k, t, permutation)
    if m[USES_ACQ]:
        k = put_view(w, buffer, k, threads + t, permutation)
    if m[USES_REL]:
        k = put_view(w, buffer, k, 2 * threads + t, permutation)
    return k


@inner
def pack(w: World, buffer: UInt8s, permutation: Int64) -> Int64:
    """Write the permuted state; return its length in bytes."""
    m = w.m
    arrange(w, permutation)
    threads = m[THREADS]
    k = np.int64(0)
    for i in range(threads):
        k = put_thread(w, buffer, k, m[m[WORK] + 5 * m[WORK_WIDTH] + i], permutation)
    for n in range(m[TRACKED_CELLS]):
        old = m[m[WORK] + 1 * m[WORK_WIDTH] + m[m[TRACKED] + n]]
        k = put(buffer, k, renamed(w, m[m[CELL_BASE] + old], m[m[CELL_KIND] + old]))
    for cpu in range(m[CPUS]):
        k = put(buffer, k, m[m[LATCH_BASE] + cpu])
    for lock in range(m[LOCKS]):
        hold = m[HOLD_BASE] + 2 * lock
        holder = m[hold]
        k = put(buffer, k, m[m[WORK] + holder - 1] + 1 if holder > 0 else np.int64(0))
        readers = np.int64(0)
        for t in range(threads):
            readers |= ((m[hold + 1] >> (4 * t)) & 15) << (4 * m[m[WORK] + t])
        k = put(buffer, k, readers)
    for record in range(m[RECORDS]):
        k = put(buffer, k, m[m[HEAP_BASE] + m[m[WORK] + 7 * m[WORK_WIDTH] + record]])
    for a in range(m[ATOMICS]):
        source = m[m[WORK] + m[WORK_WIDTH] + m[m[CELL_OF] + a]]
        k = put_messages(w, buffer, k, m[m[ATOMIC_OF] + source], permutation)
    if m[USES_G]:
        k = put_view(w, buffer, k, 3 * threads, permutation)
    if m[USES_HIDDEN]:
        k = put_view(w, buffer, k, 3 * threads + 1, permutation)
    return k


@inner
def put_messages(w: World, buffer: UInt8s, k: Int64, a: Int64, permutation: Int64) -> Int64:
    """Write the messages of a cell."""
    m = w.m
    kind = m[m[CELL_KIND] + m[m[CELL_OF] + a]]
    k = put(buffer, k, m[m[COUNT] + a])
    for i in range(m[m[COUNT] + a]):
        k = put(buffer, k, renamed(w, m[m[VALUE] + a * m[MESSAGES] + i], kind))
        if i > 0:
            buffer[k] = m[m[GLUED] + a * m[MESSAGES] + i]
            k += 1
        if m[m[CELL_FLAGS] + a] & CARRIES:
            k = put_view(w, buffer, k, message_row(w, a, np.int64(i)), permutation)
    return k


@inner
def pack_first(w: World, best: UInt8s, other: UInt8s) -> tuple[Int64, Int64]:
    """Write into `best` the permutation whose bytes come first; return its length and number."""
    length = pack(w, best, np.int64(0))
    chosen = np.int64(0)
    for permutation in range(1, w.m[PERMUTATIONS]):
        size = pack(w, other, np.int64(permutation))
        k = 0
        while k < length and k < size and best[k] == other[k]:
            k += 1
        if k < size and (k >= length or other[k] < best[k]):
            for n in range(k, size):
                best[n] = other[n]
            length = size
            chosen = np.int64(permutation)
    return length, chosen


@inner
def get_view(w: World, buffer: UInt8s, k: Int64, row: Int64) -> Int64:
    """Read a view."""
    m = w.m
    for n in range(m[WIDTH]):
        w.views[row, n] = buffer[k + n]
    return k + m[WIDTH]


@inner
def get_thread(w: World, buffer: UInt8s, k: Int64, t: Int64) -> Int64:
    """Read a thread."""
    m = w.m
    base = first_word(w, t)
    threads = m[THREADS]
    for word in range(m[STRIDE]):
        m[base + word] = 0
    head, k = get(buffer, k)
    m[base + STATUS] = head & 3
    m[base + PHASE] = (head >> 2) & 7
    m[base + TOKEN] = (head >> 5) & 1
    m[base + SLEEP] = head >> 6
    m[base + PC], k = get(buffer, k)
    if head & 3 == FINISHED:
        for n in range(m[WIDTH]):
            w.views[t, n] = 0
            w.views[threads + t, n] = 0
            w.views[2 * threads + t, n] = 0
        return k
    left, k = get(buffer, k)
    m[base + LEFT] = left - 1
    m[base + FLAGS], k = get(buffer, k)
    pending, k = get(buffer, k)
    m[base + PENDING] = pending >> 2
    m[base + MAY_LEAVE] = pending & 3
    if m[base + SLEEP]:
        m[base + ADDRESS], k = get(buffer, k)
        m[base + WANTED], k = get(buffer, k)
    alive = m[m[LIVE] + m[base + PC]]
    for slot in range(m[SLOTS]):
        if (alive >> slot) & 1:
            m[base + WORDS + slot], k = get(buffer, k)
    k = get_view(w, buffer, k, t)
    if m[USES_ACQ]:
        k = get_view(w, buffer, k, threads + t)
    if m[USES_REL]:
        k = get_view(w, buffer, k, 2 * threads + t)
    return k


@kernel
def unpack(w: World, buffer: UInt8s) -> None:
    """Read a state."""
    m = w.m
    threads = m[THREADS]
    k = np.int64(0)
    for t in range(threads):
        k = get_thread(w, buffer, k, np.int64(t))
    for n in range(m[TRACKED_CELLS]):
        m[m[CELL_BASE] + m[m[TRACKED] + n]], k = get(buffer, k)
    for cpu in range(m[CPUS]):
        m[m[LATCH_BASE] + cpu], k = get(buffer, k)
    for word in range(2 * m[LOCKS]):
        m[m[HOLD_BASE] + word], k = get(buffer, k)
    for record in range(m[RECORDS]):
        m[m[HEAP_BASE] + record], k = get(buffer, k)
    for a in range(m[ATOMICS]):
        m[m[COUNT] + a], k = get(buffer, k)
        for i in range(m[m[COUNT] + a]):
            m[m[VALUE] + a * m[MESSAGES] + i], k = get(buffer, k)
            m[m[GLUED] + a * m[MESSAGES] + i] = 0
            if i > 0:
                m[m[GLUED] + a * m[MESSAGES] + i] = buffer[k]
                k += 1
            if m[m[CELL_FLAGS] + a] & CARRIES:
                k = get_view(w, buffer, k, message_row(w, np.int64(a), np.int64(i)))
    if m[USES_G]:
        k = get_view(w, buffer, k, 3 * threads)
    if m[USES_HIDDEN]:
        k = get_view(w, buffer, k, 3 * threads + 1)
