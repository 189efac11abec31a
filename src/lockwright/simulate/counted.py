"""Waiting loops that count their rounds: `for _ in range(n): if x.load() == ...: break`, and how many are left.

A thread in such a loop sleeps as in any other, but no longer than until the round is due that is not as all before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at
from lockwright.simulate.events import push, thread_key
from lockwright.simulate.foresight import rounds_left

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays


@inlined
def is_counted(s: Arrays, row: Int64) -> Int64:
    """Return whether the loop that restarts at a row counts its rounds."""
    return s.counters[row, 0, 0] >= 0


@inlined
def may_sleep(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Return whether the next round of a loop will be as the last."""
    return s.cfg[at.COUNTED] == 0 or not is_counted(s, row) or rounds_left(s, thread, row) > 0


@inner
def counts_on(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Pass the restart of a loop; return whether exactly one round lies behind if it counts them.

    The loop may stand in another one and have begun anew.
    """
    base, is_next = thread * s.cfg[at.SLOTS], True
    for one in range(at.COUNTERS):
        slot = s.counters[row, one, 0]
        if slot >= 0:
            count = s.regs[base + slot]
            if count != s.counts[thread, one] + s.counters[row, one, 1]:
                is_next = False
            s.counts[thread, one] = count
    return is_next


@inner
def count(s: Arrays, thread: Int64, row: Int64, rounds: Int64) -> None:
    """Count some rounds of the loop that restarts at a row."""
    base = thread * s.cfg[at.SLOTS]
    for one in range(at.COUNTERS):
        slot = s.counters[row, one, 0]
        if slot >= 0:
            s.regs[base + slot] += rounds * s.counters[row, one, 1]


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
    s.threads[thread, at.LEFT] = rounds_left(s, thread, row)
    due = since + s.threads[thread, at.LEFT] * s.threads[thread, at.PERIOD]
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
        count(s, thread, s.threads[thread, at.PC], s.threads[thread, at.LEFT])
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
    count(s, thread, row, min(s.threads[thread, at.LEFT], (slept + period - 1) // period))
