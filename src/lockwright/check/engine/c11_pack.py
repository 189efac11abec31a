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
    ADDRESS, ATOMICS, CARRIES, CELL_BASE, CELLS, CPUS, FINISHED, FLAGS, HEAP_BASE, HOLD_BASE, LATCH_BASE, LEFT, LOCKS,
    PC, PENDING, PERMUTATIONS, PHASE, RECORDS, SLEEP, SLOTS, STATUS, STRIDE, SUBJECT, THREADS, TOKEN, TRACKED, USES_ACQ,
    USES_G, USES_HIDDEN, USES_REL, WANTED, WIDTH, WORDS, World, message_row,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, UInt8s, inlined, kernel


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


@kernel
def get(buffer: UInt8s, k: Int64) -> tuple[Int64, Int64]:
    """Read a number; return it and the next position."""
    value = np.int64(buffer[k]) & 127
    shift = 7
    while buffer[k] & 128:
        k += 1
        value |= (np.int64(buffer[k]) & 127) << shift
        shift += 7
    return value, k + 1


@kernel
def renamed(w: World, value: Int64, kind: Int64) -> Int64:
    """Return a value as the permuted state has it; position and target stand in `work`."""
    if kind == op.VALUE_KIND or kind >= op.TICKET_KIND:
        return value
    if kind == op.THREAD_KIND:
        return w.work[0, value] if 0 <= value < w.set[THREADS] else value
    return w.work[2, value] if 0 <= value < w.set[CELLS] else value


@kernel
def reach(w: World, value: Int64, kind: Int64, found: Int64) -> Int64:
    """Give the record that a pointer leads to the next number, if it has none; return how many have one."""
    if kind != op.POINTER_KIND or value <= 0 or value >= w.set[CELLS]:
        return found
    record = w.record_of[value]
    if record < 0 or w.work[3, record] >= 0:
        return found
    w.work[3, record] = found
    w.work[4, found] = record
    return found + 1


@kernel
def reach_cell(w: World, cell: Int64, found: Int64) -> Int64:
    """Follow the pointers in a cell."""
    if w.cell_kind[cell] != op.POINTER_KIND:
        return found
    a = w.atomic_of[cell]
    if a < 0:
        return reach(w, w.s[w.set[CELL_BASE] + cell], np.int64(op.POINTER_KIND), found)
    for i in range(w.count[a] - 1, -1, -1):
        found = reach(w, w.value[a, i], np.int64(op.POINTER_KIND), found)
    return found


@kernel
def number_records(w: World) -> None:
    """Number the records of the heap in the order in which the permuted state reaches them."""
    records = w.set[RECORDS]
    for record in range(records):
        w.work[3, record] = -1
    found = np.int64(0)
    for i in range(w.set[THREADS]):
        base = w.work[5, i] * w.set[STRIDE]
        alive = w.live[w.s[base + PC]]
        for slot in range(w.set[SLOTS]):
            if (alive >> slot) & 1:
                found = reach(w, w.s[base + WORDS + slot], w.kinds[slot], found)
    first = w.record_base[0]
    for cell in range(1, first):
        found = reach_cell(w, w.work[1, cell], found)
    done = 0
    for record in range(records + 1):
        while done < found:
            old = w.work[4, done]
            for cell in range(w.record_base[old], w.record_base[old] + w.record_size[old]):
                found = reach_cell(w, np.int64(cell), found)
            done += 1
        if record < records and w.work[3, record] < 0:
            w.work[3, record] = found
            w.work[4, found] = record
            found += 1
    place_records(w)


@kernel
def place_records(w: World) -> None:
    """Give each record, in the order of the numbers, the first free place of its pool."""
    records = w.set[RECORDS]
    for k in range(records):
        w.work[6, k] = 0
    for number in range(records):
        old = w.work[4, number]
        new = np.int64(0)
        while w.pool_of[new] != w.pool_of[old] or w.work[6, new]:
            new += 1
        w.work[6, new] = 1
        w.work[7, new] = old
        for k in range(w.record_size[old]):
            w.work[1, w.record_base[new] + k] = w.record_base[old] + k
            w.work[2, w.record_base[old] + k] = w.record_base[new] + k


@kernel
def arrange(w: World, permutation: Int64) -> None:
    """Fill `work`: position of each thread, source and target of each cell, the thread at each position."""
    for i in range(w.set[THREADS]):
        t = w.order[permutation, i]
        w.work[5, i] = t
        w.work[0, t] = i
    for cell in range(w.set[CELLS]):
        old = w.source[permutation, cell]
        w.work[1, cell] = old
        w.work[2, old] = cell
    for record in range(w.set[RECORDS]):
        w.work[7, record] = record
    if w.set[RECORDS] and w.set[PERMUTATIONS] > 0:
        number_records(w)


@kernel
def put_view(w: World, buffer: UInt8s, k: Int64, row: Int64, permutation: Int64) -> Int64:
    """Write a view."""
    atomics = w.set[ATOMICS]
    for a in range(atomics):
        buffer[k + a] = w.views[row, w.atomic_of[w.work[1, w.cell_of[a]]]]
    for p in range(w.set[WIDTH] - atomics):
        column = atomics + w.plain_of[w.work[1, w.plain_cell[p]]]
        buffer[k + atomics + p] = w.bits[permutation, w.views[row, column]]
    return k + w.set[WIDTH]


@kernel
def put_thread(w: World, buffer: UInt8s, k: Int64, t: Int64, permutation: Int64) -> Int64:
    """Write a thread."""
    base = t * w.set[STRIDE]
    k = put(buffer, k, w.s[base + STATUS] | w.s[base + PHASE] << 2 | (w.s[base + TOKEN] << 5) | (w.s[base + SLEEP] << 6))
    k = put(buffer, k, w.s[base + PC])
    if w.s[base + STATUS] == FINISHED:
        return k
    k = put(buffer, k, w.s[base + LEFT] + 1)
    k = put(buffer, k, w.s[base + FLAGS])
    k = put(buffer, k, w.s[base + PENDING])
    if w.s[base + SLEEP]:
        k = put(buffer, k, renamed(w, w.s[base + ADDRESS], np.int64(op.POINTER_KIND)))
        k = put(buffer, k, w.s[base + WANTED])
    alive = w.live[w.s[base + PC]]
    for slot in range(w.set[SLOTS]):
        if (alive >> slot) & 1:
            k = put(buffer, k, renamed(w, w.s[base + WORDS + slot], w.kinds[slot]))
    threads = w.set[THREADS]
    k = put_view(w, buffer, k, t, permutation)
    if w.set[USES_ACQ]:
        k = put_view(w, buffer, k, threads + t, permutation)
    if w.set[USES_REL]:
        k = put_view(w, buffer, k, 2 * threads + t, permutation)
    return k


@kernel
def pack(w: World, buffer: UInt8s, permutation: Int64) -> Int64:
    """Write the permuted state; return its length in bytes."""
    arrange(w, permutation)
    threads = w.set[THREADS]
    k = np.int64(0)
    for i in range(threads):
        k = put_thread(w, buffer, k, w.work[5, i], permutation)
    for n in range(w.set[TRACKED]):
        old = w.work[1, w.tracked[n]]
        k = put(buffer, k, renamed(w, w.s[w.set[CELL_BASE] + old], w.cell_kind[old]))
    for cpu in range(w.set[CPUS]):
        source = w.work[5, cpu] if w.set[PERMUTATIONS] > 1 else np.int64(cpu)
        k = put(buffer, k, w.s[w.set[LATCH_BASE] + source])
    for lock in range(w.set[LOCKS]):
        hold = w.set[HOLD_BASE] + 2 * lock
        holder = w.s[hold]
        k = put(buffer, k, w.work[0, holder - 1] + 1 if holder > 0 else np.int64(0))
        readers = np.int64(0)
        for t in range(threads):
            readers |= ((w.s[hold + 1] >> (4 * t)) & 15) << (4 * w.work[0, t])
        k = put(buffer, k, readers)
    for record in range(w.set[RECORDS]):
        k = put(buffer, k, w.s[w.set[HEAP_BASE] + w.work[7, record]])
    for a in range(w.set[ATOMICS]):
        k = put_messages(w, buffer, k, w.atomic_of[w.work[1, w.cell_of[a]]], permutation)
    if w.set[USES_G]:
        k = put_view(w, buffer, k, 3 * threads, permutation)
    if w.set[USES_HIDDEN]:
        k = put_view(w, buffer, k, 3 * threads + 1, permutation)
    return k


@kernel
def put_messages(w: World, buffer: UInt8s, k: Int64, a: Int64, permutation: Int64) -> Int64:
    """Write the messages of a cell."""
    kind = w.cell_kind[w.cell_of[a]]
    k = put(buffer, k, w.count[a])
    for i in range(w.count[a]):
        k = put(buffer, k, renamed(w, w.value[a, i], kind))
        if i > 0:
            buffer[k] = w.glued[a, i]
            k += 1
        if w.flags[a] & CARRIES:
            k = put_view(w, buffer, k, message_row(w, a, np.int64(i)), permutation)
    return k


@kernel
def pack_first(w: World, best: UInt8s, other: UInt8s) -> tuple[Int64, Int64]:
    """Write into `best` the permutation whose bytes come first; return its length and number."""
    length = pack(w, best, np.int64(0))
    chosen = np.int64(0)
    for permutation in range(1, w.set[PERMUTATIONS]):
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


@kernel
def get_view(w: World, buffer: UInt8s, k: Int64, row: Int64) -> Int64:
    """Read a view."""
    for n in range(w.set[WIDTH]):
        w.views[row, n] = buffer[k + n]
    return k + w.set[WIDTH]


@kernel
def get_thread(w: World, buffer: UInt8s, k: Int64, t: Int64) -> Int64:
    """Read a thread."""
    base = t * w.set[STRIDE]
    threads = w.set[THREADS]
    for word in range(w.set[STRIDE]):
        w.s[base + word] = 0
    head, k = get(buffer, k)
    w.s[base + STATUS] = head & 3
    w.s[base + PHASE] = (head >> 2) & 7
    w.s[base + TOKEN] = (head >> 5) & 1
    w.s[base + SLEEP] = head >> 6
    w.s[base + PC], k = get(buffer, k)
    if head & 3 == FINISHED:
        for n in range(w.set[WIDTH]):
            w.views[t, n] = 0
            w.views[threads + t, n] = 0
            w.views[2 * threads + t, n] = 0
        return k
    left, k = get(buffer, k)
    w.s[base + LEFT] = left - 1
    w.s[base + FLAGS], k = get(buffer, k)
    w.s[base + PENDING], k = get(buffer, k)
    if w.s[base + SLEEP]:
        w.s[base + ADDRESS], k = get(buffer, k)
        w.s[base + WANTED], k = get(buffer, k)
    alive = w.live[w.s[base + PC]]
    for slot in range(w.set[SLOTS]):
        if (alive >> slot) & 1:
            w.s[base + WORDS + slot], k = get(buffer, k)
    k = get_view(w, buffer, k, t)
    if w.set[USES_ACQ]:
        k = get_view(w, buffer, k, threads + t)
    if w.set[USES_REL]:
        k = get_view(w, buffer, k, 2 * threads + t)
    return k


@kernel
def unpack(w: World, buffer: UInt8s) -> None:
    """Read a state."""
    threads = w.set[THREADS]
    k = np.int64(0)
    for t in range(threads):
        k = get_thread(w, buffer, k, np.int64(t))
    for n in range(w.set[TRACKED]):
        w.s[w.set[CELL_BASE] + w.tracked[n]], k = get(buffer, k)
    for cpu in range(w.set[CPUS]):
        w.s[w.set[LATCH_BASE] + cpu], k = get(buffer, k)
    for word in range(2 * w.set[LOCKS]):
        w.s[w.set[HOLD_BASE] + word], k = get(buffer, k)
    for record in range(w.set[RECORDS]):
        w.s[w.set[HEAP_BASE] + record], k = get(buffer, k)
    for a in range(w.set[ATOMICS]):
        w.count[a], k = get(buffer, k)
        for i in range(w.count[a]):
            w.value[a, i], k = get(buffer, k)
            w.glued[a, i] = 0
            if i > 0:
                w.glued[a, i] = buffer[k]
                k += 1
            if w.flags[a] & CARRIES:
                k = get_view(w, buffer, k, message_row(w, np.int64(a), np.int64(i)))
    if w.set[USES_G]:
        k = get_view(w, buffer, k, 3 * threads)
    if w.set[USES_HIDDEN]:
        k = get_view(w, buffer, k, 3 * threads + 1)
