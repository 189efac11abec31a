"""Boundaries of locks: who waits since when, who was overtaken, how long a hand-off takes and how far it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.simulate import places as at
from lockwright.simulate.values import value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

LOCK_BEGIN, LOCK_END, TRYLOCK_BEGIN, TRYLOCK_END, UNLOCK_BEGIN = range(5)
READ_LOCK_BEGIN, READ_LOCK_END, READ_UNLOCK_BEGIN = 6, 7, 8
WRITE_LOCK_BEGIN, WRITE_LOCK_END, WRITE_UNLOCK_BEGIN = 10, 11, 12


@inner
def pass_mark(s: Arrays, thread: Int64, row: Int64, now: Int64) -> None:
    """Pass a boundary of a lock."""
    struct, event = s.code[row, op.Y], s.code[row, op.X]
    if struct < 0:
        return
    lock = np.int64(s.lock_of[struct, value_of(s, thread, row, op.A)])
    if lock < 0:
        return
    if event == LOCK_BEGIN or event == READ_LOCK_BEGIN or event == WRITE_LOCK_BEGIN:
        s.threads[thread, at.WAITS_FOR] = lock
        s.threads[thread, at.WAITS_SINCE] = now
        s.threads[thread, at.BYPASSED] = 0
        s.threads[thread, at.IN_LINE] = 0
        s.locks[lock, at.WAITERS] += 1
        if s.cfg[at.IS_FIFO] == 0:
            get_in_line(s, thread)
    elif event == LOCK_END or event == READ_LOCK_END or event == WRITE_LOCK_END:
        _acquired(s, thread, lock, now)
        _enter(s, thread, lock, event == READ_LOCK_END)
    elif event == TRYLOCK_END:
        if value_of(s, thread, row, op.B) != 0:
            _enter(s, thread, lock, np.int64(False))
            s.threads[thread, at.ACQUIRED] += 1
            s.cfg[at.ACQUISITIONS] += 1
    elif event == UNLOCK_BEGIN or event == READ_UNLOCK_BEGIN or event == WRITE_UNLOCK_BEGIN:
        s.locks[lock, at.RELEASED_AT] = now
        if s.locks[lock, at.ACQUIRED_AT] >= 0:
            s.cfg[at.SECTIONS] += 1
            s.cfg[at.SECTION_TICKS] += now - s.locks[lock, at.ACQUIRED_AT]
        s.locks[lock, at.RELEASED_BY] = thread
        inside = at.READERS if event == READ_UNLOCK_BEGIN else at.HOLDERS
        s.locks[lock, inside] = max(np.int64(0), s.locks[lock, inside] - 1)


@inner
def _enter(s: Arrays, thread: Int64, lock: Int64, reads: Int64) -> None:
    """Let one more be inside; count it if the lock should have kept it out."""
    if s.locks[lock, at.HOLDERS] > 0 or (not reads and s.locks[lock, at.READERS] > 0):
        s.cfg[at.OVERLAPS] += 1
    if reads:
        s.locks[lock, at.READERS] += 1
        return
    s.locks[lock, at.HOLDERS] += 1
    s.locks[lock, at.HELD_BY] = thread


@inner
def get_in_line(s: Arrays, thread: Int64) -> None:
    """Let a thread count as arrived: whoever gets in line later and acquires the lock earlier has overtaken it."""
    lock = s.threads[thread, at.WAITS_FOR]
    if lock < 0 or s.threads[thread, at.IN_LINE] != 0:
        return
    last = s.locks[lock, at.LAST_WAITER]
    s.threads[thread, at.IN_LINE] = 1
    s.threads[thread, at.BEFORE] = last
    s.threads[thread, at.BEHIND] = at.NONE
    if last < 0:
        s.locks[lock, at.FIRST_WAITER] = thread
    else:
        s.threads[last, at.BEHIND] = thread
    s.locks[lock, at.LAST_WAITER] = thread


@inner
def _leave_line(s: Arrays, thread: Int64, lock: Int64) -> None:
    one = s.locks[lock, at.FIRST_WAITER]
    while one >= 0 and one != thread:
        s.threads[one, at.BYPASSED] += 1
        s.cfg[at.LONGEST_BYPASS] = max(s.cfg[at.LONGEST_BYPASS], s.threads[one, at.BYPASSED])
        one = s.threads[one, at.BEHIND]
    if one < 0:
        return
    before, behind = s.threads[thread, at.BEFORE], s.threads[thread, at.BEHIND]
    if before < 0:
        s.locks[lock, at.FIRST_WAITER] = behind
    else:
        s.threads[before, at.BEHIND] = behind
    if behind < 0:
        s.locks[lock, at.LAST_WAITER] = before
    else:
        s.threads[behind, at.BEFORE] = before
    s.threads[thread, at.IN_LINE] = 0


@inner
def _acquired(s: Arrays, thread: Int64, lock: Int64, now: Int64) -> None:
    since = s.threads[thread, at.WAITS_SINCE]
    s.threads[thread, at.ACQUIRED] += 1
    s.cfg[at.ACQUISITIONS] += 1
    s.locks[lock, at.WAITERS] -= 1
    s.locks[lock, at.ACQUIRED_AT] = now
    _leave_line(s, thread, lock)
    s.threads[thread, at.WAITS_FOR] = at.NONE
    s.waited[step_of(now - since)] += 1
    s.cfg[at.LONGEST_WAIT] = max(s.cfg[at.LONGEST_WAIT], now - since)
    released, by = s.locks[lock, at.RELEASED_AT], s.locks[lock, at.RELEASED_BY]
    if by < 0:
        return
    if since <= released:
        s.cfg[at.HANDOFFS] += 1
        s.cfg[at.HANDOFF_TICKS] += now - released
        s.cfg[at.WAITERS_SEEN] += s.locks[lock, at.WAITERS]
    place = np.int64(0)
    if by != thread:
        place = np.int64(1)
        if s.core_of[by] != s.core_of[thread]:
            place = 2 + s.distances[s.node_of[s.core_of[by]], s.node_of[s.core_of[thread]]]
    s.handoffs[place] += 1


@inner
def step_of(ticks: Int64) -> Int64:
    """Return the step of the histogram in which a time lies: 8 steps to each doubling."""
    shift = np.int64(0)
    while ticks >> shift >= 2 << at.STEPS_BITS:
        shift += 1
    return (shift << at.STEPS_BITS) + (ticks >> shift)
