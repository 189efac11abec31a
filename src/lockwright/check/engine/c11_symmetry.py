"""Which permutations of threads leave a program as it is, and where each takes every cell.

1. Only threads with the same worker may change places.
2. A thread's number may only be stored, compared for equality and used as an index of storage that has one element for
   each thread (or CPU); nothing else may name an element of such storage.
3. Anything else switches symmetry off: conservative, never wrong.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine.c11_static import MEMORY, Row, reachable, rows_of
from lockwright.flat import opcodes as op
from lockwright.ir.types import Extent

if TYPE_CHECKING:
    from lockwright.flat.program import Flat, Int64s
    from lockwright.ir.cells import Cells, Region

MOST_THREADS = 5
"""Threads up to which all permutations are tried."""


def allowed(flat: Flat, rows: list[Row]) -> list[tuple[int, ...]]:
    """Return the permutations to try: for each position the thread that takes it, the identity first."""
    threads = len(flat.threads)
    identity = tuple(range(threads))
    if threads > MOST_THREADS or not is_symmetric(flat, rows):
        return [identity]
    return [
        one for one in permutations(range(threads))
        if all(flat.threads[thread] == flat.threads[position] for position, thread in enumerate(one))
    ]  # fmt: skip


def is_symmetric(flat: Flat, rows: list[Row]) -> bool:
    """Return whether threads cannot be told apart but by their numbers."""
    shape = flat.cells.shape
    if shape.thread_cpus != tuple(range(len(flat.threads))) or len(shape.cpu_nodes) != len(flat.threads):
        return False
    if len(set(shape.cpu_nodes)) > 1 or any(holds_threads(kind) for kind in flat.word_kinds):
        return False
    regions = indexed_regions(flat.cells)
    if any(one.base <= lock.address < one.end for lock in flat.locks for one in (*regions, *flat.cells.heap.values())):
        return False
    resting = reachable(rows_of(flat), list(flat.at_rest)) if flat.at_rest else []
    return all(is_blind(flat, row, regions) for row in [*rows, *resting])


def holds_threads(parts: tuple[tuple[int, int, int], ...]) -> bool:
    """Return whether a word has thread numbers or pointers in it."""
    return any(kind in (op.THREAD_KIND, op.POINTER_KIND) for _, _, kind in parts)


def indexed_regions(cells: Cells) -> list[Region]:
    """Return the arrays with one element for each thread or CPU."""
    return [one for one in cells.regions if one.index in (Extent.THREADS, Extent.CPUS) and one.count > 1]


def is_blind(flat: Flat, row: Row, regions: list[Region]) -> bool:
    """Return whether a row treats all threads alike."""
    if row.op in (op.THREAD, op.CPU):
        return row.d < 0 or flat.slot_kinds[row.d] == op.THREAD_KIND
    if row.op == op.ELEMENT:
        is_of_threads = row.y == len(flat.threads)
        by_thread = row.b >= 0 and flat.slot_kinds[row.b] == op.THREAD_KIND
        return by_thread == (is_of_threads and touches(flat, row, regions))
    if row.op in MEMORY and row.a < 0:
        address = int(flat.consts[~row.a])
        return not any(one.base <= address < one.end for one in regions)
    if row.op in (op.EQ, op.NE) and op.THREAD_KIND in (kind_of(flat, row.a), kind_of(flat, row.b)):
        return row.a >= 0 and row.b >= 0
    return True


def touches(flat: Flat, row: Row, regions: list[Region]) -> bool:
    """Return whether an element lies in storage of threads (one in a heap record is taken for such)."""
    if row.a >= 0:
        return True
    address = int(flat.consts[~row.a])
    return any(one.base == address and one.stride == row.x for one in regions)


def kind_of(flat: Flat, operand: int) -> int:
    """Return the kind of an operand."""
    return flat.slot_kinds[operand] if operand >= 0 else op.VALUE_KIND


def sources(flat: Flat, orders: list[tuple[int, ...]]) -> Int64s:
    """Return for each permutation and cell the cell whose contents it takes."""
    table = np.tile(np.arange(flat.cells.size, dtype=np.int64), (len(orders), 1))
    for number, order in enumerate(orders):
        for region in indexed_regions(flat.cells):
            old = table[number].copy()
            for position, thread in enumerate(order):
                for k in range(region.stride):
                    table[number, region.base + position * region.stride + k] = old[
                        region.base + thread * region.stride + k
                    ]
    return table


def bit_tables(orders: list[tuple[int, ...]]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return for each permutation and byte of bits (W, then r_t of each thread) the byte with the threads renamed."""
    table = np.zeros((len(orders), 256), dtype=np.uint8)
    for number, order in enumerate(orders):
        for byte in range(256):
            renamed = byte & 1
            for position, thread in enumerate(order):
                renamed |= (byte >> (thread + 1) & 1) << (position + 1)
            table[number, byte] = renamed
    return table
