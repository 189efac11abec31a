"""States as bytes: what is alive, packed; unpacked into the working state; put into canonical order under symmetry.

1. Numbers are written 7 bits to a byte, views as their bytes.
2. Packed are: of each unfinished thread its words, live slots and views; tracked cells; CPUs; holders; records; messages; G.
3. Under symmetry a state stands for all its permutations: of those allowed, the one whose bytes come first.
   A permutation renames thread numbers, and pointers into storage that threads index; records are numbered as reached.
"""
# ruff: noqa: PLR0917 - a kernel takes its parts by position

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_world import (
    ADDRESS, ATOMICS, ATOMIC_OF, BITS, CARRIES, CELLS, CELL_BASE, CELL_FLAGS, CELL_KIND, CELL_OF, COUNT, CPUS,
    FINISHED, FLAGS, GLUED, HEAP_BASE, HOLD_BASE, KINDS, LATCH_BASE, LEFT, LIVE, LOCKS, MESSAGES, ORDER, PC, PENDING,
    PERMUTATIONS, PHASE, PLAIN_CELL, PLAIN_OF, POOL_OF, RECORDS, RECORD_BASE, RECORD_OF, RECORD_SIZE, SLEEP, SLOTS,
    SOURCE, STATUS, STRIDE, THREADS, TOKEN, TRACKED, TRACKED_CELLS, USES_ACQ, USES_G, USES_HIDDEN, USES_REL, VALUE,
    WANTED, WIDTH, WORDS, WORK, WORK_WIDTH, World, first_word, message_row,
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
def renamed(w: World, value: Int64, kind: Int64) -> Int64:
    """Return a value as the permuted state has it; position and target stand in `work`."""
    if kind == op.VALUE_KIND or kind >= op.TICKET_KIND:
        return value
    if kind == op.THREAD_KIND:
        return w.m[w.m[WORK] + value] if 0 <= value < w.m[THREADS] else value
    return w.m[w.m[WORK] + 2 * w.m[WORK_WIDTH] + value] if 0 <= value < w.m[CELLS] else value


@inner
def reach(w: World, value: Int64, kind: Int64, found: Int64) -> Int64:
    """Give the record that a pointer leads to the next number, if it has none; return how many have one."""
    if kind != op.POINTER_KIND or value <= 0 or value >= w.m[CELLS]:
        return found
    record = w.m[w.m[RECORD_OF] + value]
    if record < 0 or w.m[w.m[WORK] + 3 * w.m[WORK_WIDTH] + record] >= 0:
        return found
    w.m[w.m[WORK] + 3 * w.m[WORK_WIDTH] + record] = found
    w.m[w.m[WORK] + 4 * w.m[WORK_WIDTH] + found] = record
    return found + 1


@inner
def reach_cell(w: World, cell: Int64, found: Int64) -> Int64:
    """Follow the pointers in a cell."""
    if w.m[w.m[CELL_KIND] + cell] != op.POINTER_KIND:
        return found
    a = w.m[w.m[ATOMIC_OF] + cell]
    if a < 0:
        return reach(w, w.m[w.m[CELL_BASE] + cell], np.int64(op.POINTER_KIND), found)
    for i in range(w.m[w.m[COUNT] + a] - 1, -1, -1):
        found = reach(w, w.m[w.m[VALUE] + a * w.m[MESSAGES] + i], np.int64(op.POINTER_KIND), found)
    return found


@inner
def number_records(w: World) -> None:
    """Number the records of the heap in the order in which the permuted state reaches them."""
    records = w.m[RECORDS]
    for record in range(records):
        w.m[w.m[WORK] + 3 * w.m[WORK_WIDTH] + record] = -1
    found = np.int64(0)
    for i in range(w.m[THREADS]):
        base = first_word(w, w.m[w.m[WORK] + 5 * w.m[WORK_WIDTH] + i])
        alive = w.m[w.m[LIVE] + w.m[base + PC]]
        for slot in range(w.m[SLOTS]):
            if (alive >> slot) & 1:
                found = reach(w, w.m[base + WORDS + slot], w.m[w.m[KINDS] + slot], found)
    first = w.m[w.m[RECORD_BASE] + 0]
    for cell in range(1, first):
        found = reach_cell(w, w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + cell], found)
    done = 0
    for record in range(records + 1):
        while done < found:
            old = w.m[w.m[WORK] + 4 * w.m[WORK_WIDTH] + done]
            for cell in range(w.m[w.m[RECORD_BASE] + old], w.m[w.m[RECORD_BASE] + old] + w.m[w.m[RECORD_SIZE] + old]):
                found = reach_cell(w, np.int64(cell), found)
            done += 1
        if record < records and w.m[w.m[WORK] + 3 * w.m[WORK_WIDTH] + record] < 0:
            w.m[w.m[WORK] + 3 * w.m[WORK_WIDTH] + record] = found
            w.m[w.m[WORK] + 4 * w.m[WORK_WIDTH] + found] = record
            found += 1
    place_records(w)


@inner
def place_records(w: World) -> None:
    """Give each record, in the order of the numbers, the first free place of its pool."""
    records = w.m[RECORDS]
    for k in range(records):
        w.m[w.m[WORK] + 6 * w.m[WORK_WIDTH] + k] = 0
    for number in range(records):
        old = w.m[w.m[WORK] + 4 * w.m[WORK_WIDTH] + number]
        new = np.int64(0)
        while w.m[w.m[POOL_OF] + new] != w.m[w.m[POOL_OF] + old] or w.m[w.m[WORK] + 6 * w.m[WORK_WIDTH] + new]:
            new += 1
        w.m[w.m[WORK] + 6 * w.m[WORK_WIDTH] + new] = 1
        w.m[w.m[WORK] + 7 * w.m[WORK_WIDTH] + new] = old
        for k in range(w.m[w.m[RECORD_SIZE] + old]):
            w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + w.m[w.m[RECORD_BASE] + new] + k] = w.m[w.m[RECORD_BASE] + old] + k
            w.m[w.m[WORK] + 2 * w.m[WORK_WIDTH] + w.m[w.m[RECORD_BASE] + old] + k] = w.m[w.m[RECORD_BASE] + new] + k


@inner
def arrange(w: World, permutation: Int64) -> None:
    """Fill `work`: position of each thread, source and target of each cell, the thread at each position."""
    for i in range(w.m[THREADS]):
        t = w.m[w.m[ORDER] + permutation * w.m[THREADS] + i]
        w.m[w.m[WORK] + 5 * w.m[WORK_WIDTH] + i] = t
        w.m[w.m[WORK] + t] = i
    for cell in range(w.m[CELLS]):
        old = w.m[w.m[SOURCE] + permutation * w.m[CELLS] + cell]
        w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + cell] = old
        w.m[w.m[WORK] + 2 * w.m[WORK_WIDTH] + old] = cell
    for record in range(w.m[RECORDS]):
        w.m[w.m[WORK] + 7 * w.m[WORK_WIDTH] + record] = record
    if w.m[RECORDS] and w.m[PERMUTATIONS] > 0:
        number_records(w)


@inner
def put_view(w: World, buffer: UInt8s, k: Int64, row: Int64, permutation: Int64) -> Int64:
    """Write a view."""
    atomics = w.m[ATOMICS]
    for a in range(atomics):
        buffer[k + a] = w.views[row, w.m[w.m[ATOMIC_OF] + w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + w.m[w.m[CELL_OF] + a]]]]
    for p in range(w.m[WIDTH] - atomics):
        column = atomics + w.m[w.m[PLAIN_OF] + w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + w.m[w.m[PLAIN_CELL] + p]]]
        buffer[k + atomics + p] = w.m[w.m[BITS] + permutation * 256 + w.views[row, column]]
    return k + w.m[WIDTH]


@inner
def put_thread(w: World, buffer: UInt8s, k: Int64, t: Int64, permutation: Int64) -> Int64:
    """Write a thread."""
    base = first_word(w, t)
    k = put(buffer, k, w.m[base + STATUS] | w.m[base + PHASE] << 2 | (w.m[base + TOKEN] << 5) | (w.m[base + SLEEP] << 6))
    k = put(buffer, k, w.m[base + PC])
    if w.m[base + STATUS] == FINISHED:
        return k
    k = put(buffer, k, w.m[base + LEFT] + 1)
    k = put(buffer, k, w.m[base + FLAGS])
    k = put(buffer, k, w.m[base + PENDING])
    if w.m[base + SLEEP]:
        k = put(buffer, k, renamed(w, w.m[base + ADDRESS], np.int64(op.POINTER_KIND)))
        k = put(buffer, k, w.m[base + WANTED])
    alive = w.m[w.m[LIVE] + w.m[base + PC]]
    for slot in range(w.m[SLOTS]):
        if (alive >> slot) & 1:
            k = put(buffer, k, renamed(w, w.m[base + WORDS + slot], w.m[w.m[KINDS] + slot]))
    threads = w.m[THREADS]
    k = put_view(w, buffer, k, t, permutation)
    if w.m[USES_ACQ]:
        k = put_view(w, buffer, k, threads + t, permutation)
    if w.m[USES_REL]:
        k = put_view(w, buffer, k, 2 * threads + t, permutation)
    return k


@inner
def pack(w: World, buffer: UInt8s, permutation: Int64) -> Int64:
    """Write the permuted state; return its length in bytes."""
    arrange(w, permutation)
    threads = w.m[THREADS]
    k = np.int64(0)
    for i in range(threads):
        k = put_thread(w, buffer, k, w.m[w.m[WORK] + 5 * w.m[WORK_WIDTH] + i], permutation)
    for n in range(w.m[TRACKED_CELLS]):
        old = w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + w.m[w.m[TRACKED] + n]]
        k = put(buffer, k, renamed(w, w.m[w.m[CELL_BASE] + old], w.m[w.m[CELL_KIND] + old]))
    for cpu in range(w.m[CPUS]):
        k = put(buffer, k, w.m[w.m[LATCH_BASE] + cpu])
    for lock in range(w.m[LOCKS]):
        hold = w.m[HOLD_BASE] + 2 * lock
        holder = w.m[hold]
        k = put(buffer, k, w.m[w.m[WORK] + holder - 1] + 1 if holder > 0 else np.int64(0))
        readers = np.int64(0)
        for t in range(threads):
            readers |= ((w.m[hold + 1] >> (4 * t)) & 15) << (4 * w.m[w.m[WORK] + t])
        k = put(buffer, k, readers)
    for record in range(w.m[RECORDS]):
        k = put(buffer, k, w.m[w.m[HEAP_BASE] + w.m[w.m[WORK] + 7 * w.m[WORK_WIDTH] + record]])
    for a in range(w.m[ATOMICS]):
        k = put_messages(w, buffer, k, w.m[w.m[ATOMIC_OF] + w.m[w.m[WORK] + 1 * w.m[WORK_WIDTH] + w.m[w.m[CELL_OF] + a]]], permutation)
    if w.m[USES_G]:
        k = put_view(w, buffer, k, 3 * threads, permutation)
    if w.m[USES_HIDDEN]:
        k = put_view(w, buffer, k, 3 * threads + 1, permutation)
    return k


@inner
def put_messages(w: World, buffer: UInt8s, k: Int64, a: Int64, permutation: Int64) -> Int64:
    """Write the messages of a cell."""
    kind = w.m[w.m[CELL_KIND] + w.m[w.m[CELL_OF] + a]]
    k = put(buffer, k, w.m[w.m[COUNT] + a])
    for i in range(w.m[w.m[COUNT] + a]):
        k = put(buffer, k, renamed(w, w.m[w.m[VALUE] + a * w.m[MESSAGES] + i], kind))
        if i > 0:
            buffer[k] = w.m[w.m[GLUED] + a * w.m[MESSAGES] + i]
            k += 1
        if w.m[w.m[CELL_FLAGS] + a] & CARRIES:
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
    for n in range(w.m[WIDTH]):
        w.views[row, n] = buffer[k + n]
    return k + w.m[WIDTH]


@inner
def get_thread(w: World, buffer: UInt8s, k: Int64, t: Int64) -> Int64:
    """Read a thread."""
    base = first_word(w, t)
    threads = w.m[THREADS]
    for word in range(w.m[STRIDE]):
        w.m[base + word] = 0
    head, k = get(buffer, k)
    w.m[base + STATUS] = head & 3
    w.m[base + PHASE] = (head >> 2) & 7
    w.m[base + TOKEN] = (head >> 5) & 1
    w.m[base + SLEEP] = head >> 6
    w.m[base + PC], k = get(buffer, k)
    if head & 3 == FINISHED:
        for n in range(w.m[WIDTH]):
            w.views[t, n] = 0
            w.views[threads + t, n] = 0
            w.views[2 * threads + t, n] = 0
        return k
    left, k = get(buffer, k)
    w.m[base + LEFT] = left - 1
    w.m[base + FLAGS], k = get(buffer, k)
    w.m[base + PENDING], k = get(buffer, k)
    if w.m[base + SLEEP]:
        w.m[base + ADDRESS], k = get(buffer, k)
        w.m[base + WANTED], k = get(buffer, k)
    alive = w.m[w.m[LIVE] + w.m[base + PC]]
    for slot in range(w.m[SLOTS]):
        if (alive >> slot) & 1:
            w.m[base + WORDS + slot], k = get(buffer, k)
    k = get_view(w, buffer, k, t)
    if w.m[USES_ACQ]:
        k = get_view(w, buffer, k, threads + t)
    if w.m[USES_REL]:
        k = get_view(w, buffer, k, 2 * threads + t)
    return k


@kernel
def unpack(w: World, buffer: UInt8s) -> None:
    """Read a state."""
    threads = w.m[THREADS]
    k = np.int64(0)
    for t in range(threads):
        k = get_thread(w, buffer, k, np.int64(t))
    for n in range(w.m[TRACKED_CELLS]):
        w.m[w.m[CELL_BASE] + w.m[w.m[TRACKED] + n]], k = get(buffer, k)
    for cpu in range(w.m[CPUS]):
        w.m[w.m[LATCH_BASE] + cpu], k = get(buffer, k)
    for word in range(2 * w.m[LOCKS]):
        w.m[w.m[HOLD_BASE] + word], k = get(buffer, k)
    for record in range(w.m[RECORDS]):
        w.m[w.m[HEAP_BASE] + record], k = get(buffer, k)
    for a in range(w.m[ATOMICS]):
        w.m[w.m[COUNT] + a], k = get(buffer, k)
        for i in range(w.m[w.m[COUNT] + a]):
            w.m[w.m[VALUE] + a * w.m[MESSAGES] + i], k = get(buffer, k)
            w.m[w.m[GLUED] + a * w.m[MESSAGES] + i] = 0
            if i > 0:
                w.m[w.m[GLUED] + a * w.m[MESSAGES] + i] = buffer[k]
                k += 1
            if w.m[w.m[CELL_FLAGS] + a] & CARRIES:
                k = get_view(w, buffer, k, message_row(w, np.int64(a), np.int64(i)))
    if w.m[USES_G]:
        k = get_view(w, buffer, k, 3 * threads)
    if w.m[USES_HIDDEN]:
        k = get_view(w, buffer, k, 3 * threads + 1)
