"""Waiting loops that count their rounds: `for _ in range(n): if x.load() == ...: break`, and how many are left.

A thread in such a loop sleeps as in any other, but no longer than until its last round is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at
from lockwright.simulate.events import push, thread_key
from lockwright.simulate.values import operand

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

COUNTER, BOUND = range(2)


@inlined
def is_counted(s: Arrays, row: Int64) -> Int64:
    """Return whether the loop that restarts at a row counts its rounds."""
    return s.bounds[row, COUNTER] >= 0


@inner
def rounds_left(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Return how often a thread will come back to where its loop restarts, if it finds nothing."""
    base = thread * s.cfg[at.SLOTS]
    return max(np.int64(0), operand(s, base, s.bounds[row, BOUND]) - 1 - s.regs[base + s.bounds[row, COUNTER]])


@inner
def counts_on(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Pass the restart of a counted loop; return whether exactly one round lies behind, and another before the thread.

    The loop may stand in another one and have begun anew.
    """
    count, last = s.regs[thread * s.cfg[at.SLOTS] + s.bounds[row, COUNTER]], s.threads[thread, at.LAST_COUNT]
    s.threads[thread, at.LAST_COUNT] = count
    return count == last + 1 and rounds_left(s, thread, row) > 0


@inlined
def lie_down(s: Arrays, thread: Int64, row: Int64, since: Int64) -> None:
    """Let a thread sleep where its loop restarts, from a tick on, until a line is written or its rounds run out.

    It has one alarm in the event queue: one that rings too early is set again then.
    """
    s.threads[thread, at.ARRIVES] = since
    s.threads[thread, at.STATE] = at.ASLEEP
    if s.cfg[at.COUNTED] != 0:
        _set_alarm(s, thread, row, since)


@inner
def _set_alarm(s: Arrays, thread: Int64, row: Int64, since: Int64) -> None:
    s.threads[thread, at.DUE] = at.NEVER
    if not is_counted(s, row):
        return
    due = since + rounds_left(s, thread, row) * s.threads[thread, at.PERIOD]
    if due >= at.NEVER:
        return
    s.threads[thread, at.DUE] = due
    alarm = s.threads[thread, at.ALARM]
    if alarm <= s.cfg[at.NOW] or due < alarm:
        s.threads[thread, at.ALARM] = due
        push(s, thread_key(due, thread))


@inner
def rings(s: Arrays, thread: Int64, now: Int64) -> Int64:
    """Return whether the last round of a sleeper is due; if it is due later, set its alarm again."""
    if s.threads[thread, at.DUE] == now:
        row = s.threads[thread, at.PC]
        s.regs[thread * s.cfg[at.SLOTS] + s.bounds[row, COUNTER]] += rounds_left(s, thread, row)
        return True
    if s.threads[thread, at.ALARM] == now and s.threads[thread, at.DUE] < at.NEVER:
        s.threads[thread, at.ALARM] = s.threads[thread, at.DUE]
        push(s, thread_key(s.threads[thread, at.DUE], thread))
    return False


@inner
def pass_rounds(s: Arrays, thread: Int64, until: Int64) -> None:
    """Count the rounds that a sleeper has begun before a tick; the next is the one in which it reads then."""
    row = s.threads[thread, at.PC]
    slept = until - s.threads[thread, at.ARRIVES]
    if not is_counted(s, row) or slept <= 0:
        return
    period = max(np.int64(1), s.threads[thread, at.PERIOD])
    rounds = min(rounds_left(s, thread, row), (slept + period - 1) // period)
    s.regs[thread * s.cfg[at.SLOTS] + s.bounds[row, COUNTER]] += rounds
