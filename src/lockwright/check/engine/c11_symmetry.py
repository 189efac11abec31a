"""Which permutations of threads leave a program as it is, and where each takes every cell.

`ir.symmetry` says which threads cannot be told apart, and which arrays move with them.  A lock inside such an array, or
in a record of the heap, switches symmetry off: its holder is known by the address.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from lockwright.ir.symmetry import find_symmetry

if TYPE_CHECKING:
    from lockwright.flat.program import Flat, Int64s, UInt8s
    from lockwright.ir.cells import Region

MOST_THREADS = 5
"""Threads up to which all permutations are tried."""


def allowed(flat: Flat) -> tuple[list[tuple[int, ...]], list[Region]]:
    """Return the permutations to try (for each position the thread there, the identity first), and the arrays."""
    threads = len(flat.threads)
    identity = tuple(range(threads))
    found = find_symmetry(flat.cells.program, flat.kinds_known, flat.cells.shape, flat.cells)
    regions = [one for one in found.renamed if one.stride]
    if threads > MOST_THREADS or any(holds_lock(flat, one.base, one.end) for one in regions):
        return [identity], []
    group_of = {thread: group for group in found.groups for thread in group}
    orders = [
        one for one in permutations(range(threads))
        if all(thread == position or thread in group_of.get(position, ()) for position, thread in enumerate(one))
    ]  # fmt: skip
    return orders, regions


def holds_lock(flat: Flat, base: int, end: int) -> bool:
    """Return whether a lock lies between two addresses."""
    return any(base <= lock.address < end for lock in flat.locks)


def sources(flat: Flat, orders: list[tuple[int, ...]], regions: list[Region]) -> Int64s:
    """Return for each permutation and cell the cell whose contents it takes."""
    table = np.tile(np.arange(flat.cells.size, dtype=np.int64), (len(orders), 1))
    for number, order in enumerate(orders):
        for region in regions:
            old = table[number].copy()
            for position, thread in enumerate(order):
                to, source = region.base + position * region.stride, region.base + thread * region.stride
                table[number, to : to + region.stride] = old[source : source + region.stride]
    return table


def bit_tables(orders: list[tuple[int, ...]]) -> UInt8s:
    """Return for each permutation and byte of bits (W, then r_t of each thread) the byte with the threads renamed."""
    table = np.zeros((len(orders), 256), dtype=np.uint8)
    for number, order in enumerate(orders):
        for byte in range(256):
            renamed = byte & 1
            for position, thread in enumerate(order):
                renamed |= (byte >> (thread + 1) & 1) << (position + 1)
            table[number, byte] = renamed
    return table
