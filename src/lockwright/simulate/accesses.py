"""A thread comes to a memory access: it hits, it joins a queue, or it waits for its own store (`docs/coherence.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at
from lockwright.simulate.caches import touch
from lockwright.simulate.counted import counts_on, lie_down, may_sleep
from lockwright.simulate.events import wake_at
from lockwright.simulate.lines import has_copy, wake_siblings, watch
from lockwright.simulate.queues import E, M, join
from lockwright.simulate.values import finish_load, store, update, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

STANDS = np.int64(-1)
"""The thread does not go on at this tick: it is in a queue, asleep, or waits for its store."""


@inner
def waits_for_store(s: Arrays, thread: Int64, now: Int64) -> Int64:
    """Return whether the thread must wait until its store has arrived; if so, see to it that it is told."""
    if s.threads[thread, at.BUFFER_LINE] < 0:
        return False
    until = s.threads[thread, at.BUFFER_UNTIL]
    if 0 <= until <= now:
        s.threads[thread, at.BUFFER_LINE] = at.NONE
        return False
    if until < 0:
        s.threads[thread, at.IS_BLOCKED] = 1
    else:
        wake_at(s, thread, until)
    return True


@inlined
def access(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Do a memory access; return the tick at which the thread goes on behind it, STANDS, or a fault below that."""
    address = value_of(s, thread, row, op.A)
    if address == 0:
        return np.int64(-op.NULL - 1)
    line, kind = np.int64(s.line_of[address]), s.kinds[row]
    if s.cfg[at.POOLS] != 0 and is_gone(s, address):
        return np.int64(-op.USE_AFTER_FREE - 1)
    buffered = s.threads[thread, at.BUFFER_LINE]
    if buffered >= 0 and (kind != at.LOAD or buffered == line) and waits_for_store(s, thread, now):
        return STANDS
    core = s.core_of[thread]
    if kind == at.LOAD:
        return _load(s, thread, row, now, line, core)
    s.threads[thread, at.IS_CLEAN] = 0
    if may_write(s, line, core, now):
        return _write_hit(s, thread, row, now, line, core)
    if kind == at.UPDATE:
        s.threads[thread, at.STATE] = at.QUEUED
        join(s, line, thread, now)
        return STANDS
    s.threads[thread, at.BUFFER_LINE] = line
    s.threads[thread, at.BUFFER_UNTIL] = -1
    s.threads[thread, at.BUFFER_ADDRESS] = address
    s.threads[thread, at.BUFFER_VALUE] = value_of(s, thread, row, op.B)
    s.threads[thread, at.BUFFER_ROW] = row
    join(s, line, s.cfg[at.THREADS] + thread, now)
    return now + s.cfg[at.STORE_HIT]


@inlined
def is_gone(s: Arrays, address: Int64) -> Int64:
    """Return whether an address lies in a record that is not allocated."""
    record = s.record_of[address]
    return record >= 0 and s.records[record, 0] == 0


@inlined
def may_write(s: Arrays, line: Int64, core: Int64, now: Int64) -> Int64:
    """Return whether a core may write a line where it is."""
    state = s.lines[line, at.COHERENCE]
    if s.lines[line, at.OWNER] != core or (state != M and state != E) or now < s.lines[line, at.READY_AT]:
        return False
    return s.lines[line, at.QUEUE] < 0 or (s.cfg[at.RETENTION] != 0 and now < s.lines[line, at.SERVE_AT])


@inlined
def _load(s: Arrays, thread: Int64, row: Int64, now: Int64, line: Int64, core: Int64) -> Int64:
    is_coming = s.lines[line, at.OWNER] == core and now < s.lines[line, at.READY_AT]
    if is_coming or not has_copy(s, line, core):
        s.threads[thread, at.STATE] = at.QUEUED
        join(s, line, thread, now)
        return STANDS
    finish_load(s, thread, row)
    watch(s, thread, line)
    ticks = s.cfg[at.LOAD_HIT]
    if s.cfg[at.TRACKED] != 0:
        ticks += touch(s, line, core)
    return now + ticks


@inner
def _write_hit(s: Arrays, thread: Int64, row: Int64, now: Int64, line: Int64, core: Int64) -> Int64:
    s.lines[line, at.COHERENCE] = M
    s.lines[line, at.WRITES] += 1
    s.lines[line, at.LAST_NODE] = s.node_of[core]
    ticks = s.cfg[at.STORE_HIT]
    if s.kinds[row] == at.UPDATE:
        update(s, thread, row)
        ticks = s.cfg[at.UPDATE_HIT]
    else:
        store(s, value_of(s, thread, row, op.A), value_of(s, thread, row, op.B), row)
    if s.cfg[at.SMT] != 0:
        wake_siblings(s, line, core, thread)
    if s.cfg[at.TRACKED] != 0:
        ticks += touch(s, line, core)
    return now + ticks


@inner
def begins_round(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Pass the row where a waiting loop restarts; return whether the thread falls asleep there, or reads late."""
    if s.threads[thread, at.IS_LATE] != 0:
        s.threads[thread, at.IS_LATE] = 0
        line, core = np.int64(s.line_of[value_of(s, thread, row, op.A)]), s.core_of[thread]
        if not has_copy(s, line, core):
            s.threads[thread, at.STATE] = at.REREADING
            join(s, line, thread, now)
            return True
    period = s.threads[thread, at.ROUND_TICKS]
    is_round = s.threads[thread, at.RESTART] == s.restarts[row] and s.threads[thread, at.IS_CLEAN] != 0
    if s.cfg[at.COUNTED] != 0 and not counts_on(s, thread, row):
        is_round = False
    if (
        is_round
        and s.sleeps[row] != 0
        and period <= at.LONGEST_PERIOD
        and _is_unchanged(s, thread)
        and may_sleep(s, thread, row)
    ):
        s.threads[thread, at.PERIOD] = period
        s.threads[thread, at.ROWS_PER_ROUND] = s.threads[thread, at.ROUND_ROWS]
        lie_down(s, thread, row, now)
        return True
    s.threads[thread, at.RESTART] = s.restarts[row]
    s.threads[thread, at.IS_CLEAN] = 1
    s.threads[thread, at.WATCHED] = 0
    s.threads[thread, at.ROUND_TICKS] = 0
    s.threads[thread, at.ROUND_ROWS] = 0
    return False


@inner
def _is_unchanged(s: Arrays, thread: Int64) -> Int64:
    core = s.core_of[thread]
    for place in range(s.threads[thread, at.WATCHED]):
        line = s.watches[thread, place, 0]
        if s.lines[line, at.WRITES] != s.watches[thread, place, 1] or not has_copy(s, line, core):
            return False
    return s.threads[thread, at.WATCHED] > 0
