"""The event queue: a binary heap of packed keys with one more in front of it, and who is due next.

A key has room for ticks up to `NEVER`; what is due later is due then, when the run is over.  What is pushed next after
something was popped goes to the front at once: most events are soon due, and cost no way through the heap.  Where
there is no event, the front and the first of the heap are LATEST.
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


@inlined
def push(s: Arrays, key: Int64) -> None:
    """Add an event: in front of the heap if it comes before what stands there."""
    front = s.cfg[at.FRONT]
    s.cfg[at.FRONT] = min(key, front)
    later = max(key, front)
    if later != at.LATEST:
        _sink(s, later)


@inner
def _sink(s: Arrays, key: Int64) -> None:
    heap, hole = s.heap, s.cfg[at.HEAP]
    s.cfg[at.HEAP] = hole + 1
    while hole > 0:
        parent = (hole - 1) >> 1
        if heap[parent] <= key:
            break
        heap[hole] = heap[parent]
        hole = parent
    heap[hole] = key


@inlined
def pop(s: Arrays) -> Int64:
    """Take the earliest event; LATEST if there is none."""
    front = s.cfg[at.FRONT]
    if front <= s.heap[0]:
        s.cfg[at.FRONT] = at.LATEST
        return front
    return _raise(s)


@inner
def _raise(s: Arrays) -> Int64:
    heap = s.heap
    first = heap[0]
    size = s.cfg[at.HEAP] - 1
    s.cfg[at.HEAP] = size
    key = heap[size]
    heap[size] = at.LATEST
    if size == 0:
        return first
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


@inner
def forget_stale(s: Arrays) -> None:
    """Take out of the heap what was called off, such as the alarm of a spinner that was woken before."""
    count = s.cfg[at.HEAP]
    s.cfg[at.HEAP] = 0
    for place in range(count):
        key = s.heap[place]
        s.heap[place] = at.LATEST
        if _is_awaited(s, key):
            _sink(s, key)


@inner
def _is_awaited(s: Arrays, key: Int64) -> Int64:
    tick, number = key >> at.TIME_SHIFT, key & (at.MOST_LINES - 1)
    if (key >> at.KIND_SHIFT) & 1 == 0:
        return s.lines[number, at.SERVE_AT] == tick
    return tick == at.NEVER or s.threads[number, at.EVENT_AT] == tick or s.threads[number, at.ALARM] == tick


@inlined
def is_next(s: Arrays, key: Int64) -> Int64:
    """Return whether nothing else is due before a key; a stale alarm of the same thread has the same."""
    return key <= s.cfg[at.FRONT] and key <= s.heap[0]


@inlined
def wake_at(s: Arrays, thread: Int64, tick: Int64) -> None:
    """Let a thread go on at a tick."""
    s.threads[thread, at.EVENT_AT] = tick
    push(s, thread_key(tick, thread))
