"""The event queue: a binary heap of packed keys, and who is due next.

A key has room for ticks up to `NEVER`; what is due later is due then, when the run is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays


@inlined
def line_key(tick: Int64, line: Int64) -> Int64:
    """Return the key of a line that serves."""
    return (min(tick, np.int64(at.NEVER)) << at.TIME_SHIFT) | line


@inlined
def thread_key(tick: Int64, thread: Int64) -> Int64:
    """Return the key of a thread that goes on."""
    return (min(tick, np.int64(at.NEVER)) << at.TIME_SHIFT) | (np.int64(1) << at.KIND_SHIFT) | thread


@inner
def push(s: Arrays, key: Int64) -> None:
    """Add an event."""
    heap, hole = s.heap, s.cfg[at.HEAP]
    s.cfg[at.HEAP] = hole + 1
    while hole > 0:
        parent = (hole - 1) >> 1
        if heap[parent] <= key:
            break
        heap[hole] = heap[parent]
        hole = parent
    heap[hole] = key


@inner
def pop(s: Arrays) -> Int64:
    """Take the earliest event; there is one."""
    heap = s.heap
    first = heap[0]
    size = s.cfg[at.HEAP] - 1
    s.cfg[at.HEAP] = size
    key = heap[size]
    hole, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[hole] = heap[child]
        hole, child = child, 2 * child + 1
    heap[hole] = key
    return first


@inlined
def is_next(s: Arrays, key: Int64) -> Int64:
    """Return whether nothing is due before a key."""
    return s.cfg[at.HEAP] == 0 or key < s.heap[0]


@inlined
def wake_at(s: Arrays, thread: Int64, tick: Int64) -> None:
    """Let a thread go on at a tick."""
    s.threads[thread, at.EVENT_AT] = tick
    push(s, thread_key(tick, thread))
