"""A line serves a request: what it costs, what it changes, who is woken (`docs/coherence.md`, "Serving")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba.cpython.unsafe import numbers as bits

from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at
from lockwright.simulate.caches import fill, from_below
from lockwright.simulate.chance import below, stepped
from lockwright.simulate.counted import lie_down, pass_rounds
from lockwright.simulate.events import is_next, line_key, wake_at
from lockwright.simulate.queues import (
    E,
    I,
    M,
    O,
    S,
    core_of,
    is_kept,
    is_load,
    kept_until,
    leave,
    line_up,
    next_request,
    schedule,
    thread_of,
    when_served,
)
from lockwright.simulate.stretch import go_on_behind
from lockwright.simulate.values import ends_round, finish_load, is_over, put_store, update

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

trailing_zeros: Any = bits.trailing_zeros

MOST_SERVED = 1 << 12
"""Requests that a line serves in a row before the run is looked at again."""


@inlined
def has_copy(s: Arrays, line: Int64, core: Int64) -> Int64:
    """Return whether a core has a copy of a line."""
    return (s.copies[line, core >> 6] >> np.uint64(core & 63)) & np.uint64(1) != 0


@inlined
def watch(s: Arrays, thread: Int64, line: Int64) -> None:
    """Note a line that a round of a loop reads, and how often it had been written."""
    s.threads[thread, at.ROUND_TICKS] += s.cfg[at.LOAD_HIT]
    if s.threads[thread, at.IS_CLEAN] == 0:
        return
    count = s.threads[thread, at.WATCHED]
    for place in range(count):
        if s.watches[thread, place, 0] == line:
            return
    if count == at.WATCHES:
        s.threads[thread, at.IS_CLEAN] = 0
        return
    s.watches[thread, count, 0] = line
    s.watches[thread, count, 1] = s.lines[line, at.WRITES]
    s.threads[thread, at.WATCHED] = count + 1


@inner
def nearest(s: Arrays, line: Int64, node: Int64) -> Int64:
    """Return the distance from a node to the nearest core with a copy; there is one."""
    found = s.cfg[at.DISTANCES] - 1
    for word in range(s.cfg[at.WORDS]):
        there = s.copies[line, word]
        if there != 0:
            for distance in range(found):
                if there & s.at_distance[node, distance, word] != 0:
                    found = np.int64(distance)
                    break
            if found == 0:
                break
    return found


@inner
def farthest(s: Arrays, line: Int64, core: Int64) -> Int64:
    """Return the distance from a core to the farthest other core with a copy, or NONE."""
    node, found, last = s.node_of[core], np.int64(at.NONE), s.cfg[at.DISTANCES] - 1
    for word in range(s.cfg[at.WORDS]):
        there = s.copies[line, word]
        if word == core >> 6:
            there &= ~(np.uint64(1) << np.uint64(core & 63))
        if there != 0:
            for distance in range(last, found, -1):
                if there & s.at_distance[node, distance, word] != 0:
                    found = np.int64(distance)
                    break
            if found == last:
                break
    return found


@inlined
def latency(s: Arrays, line: Int64, request: Int64, operation: Int64) -> Int64:
    """Return what a request costs if it is served now."""
    core = core_of(s, request)
    node, state = s.node_of[core], s.lines[line, at.COHERENCE]
    home = s.distances[node, s.lines[line, at.HOME]]
    distance = home
    if state == E or state == M:
        distance = s.distances[node, s.node_of[s.lines[line, at.OWNER]]]
    elif state != I:
        distance = nearest(s, line, node) if operation == 0 else farthest(s, line, core)
        if distance < 0:  # no other copy
            distance = np.int64(0) if s.cfg[at.LOCAL_RESOLVE] != 0 else home
    elif s.cfg[at.TRACKED] != 0:
        cached = from_below(s, line, node)
        if cached > 0:
            return max(cached, s.cfg[at.MIN_TRANSFER])
    is_local = s.cfg[at.LOCAL_RESOLVE] != 0 and state != I and distance == 0
    if not is_local:
        distance = max(distance, home)
    return max(s.latencies[operation, state, distance], s.cfg[at.MIN_TRANSFER])


@inner
def serve_on(s: Arrays, line: Int64, now: Int64) -> Int64:
    """Serve requests as long as nothing else is due before the next; plan for that one; return how many it was more."""
    for served in range(MOST_SERVED):
        thread = serve(s, line, now)
        if thread >= 0:
            go_on_behind(s, thread)
        if s.lines[line, at.QUEUE] < 0 or s.lines[line, at.SERVE_AT] >= 0:
            return np.int64(served)
        now = when_served(s, line, s.lines[line, at.FREE_AT])
        if not is_next(s, line_key(now, line)):
            schedule(s, line, now)
            return np.int64(served)
        s.cfg[at.NOW] = now
    schedule(s, line, now)
    return np.int64(MOST_SERVED)


@inlined
def serve(s: Arrays, line: Int64, now: Int64) -> Int64:
    """Serve the request whose turn it is, or plan for it if that comes later; return the thread that goes on, or NONE.

    It does so at its `TIME`.
    """
    s.lines[line, at.SERVE_AT] = at.NONE
    request = next_request(s, line, now)
    if request < 0 or (s.cfg[at.RETENTION] != 0 and now < kept_until(s, line, request)):
        schedule(s, line, now)
        return np.int64(at.NONE)
    thread = thread_of(s, request)
    loads = is_load(s, request)
    row = s.threads[thread, at.PC] if request == thread else s.threads[thread, at.BUFFER_ROW]
    operation = np.int64(0) if loads else s.operations[row]
    ticks = latency(s, line, request, operation)
    if s.cfg[at.RETENTION] != 0 and is_kept(s, line, request):
        ticks = max(ticks - s.requests[request, at.KEPT], s.cfg[at.MIN_TRANSFER])
    leave(s, line, request)
    s.cfg[at.TRANSFERS] += 1
    s.rows[row, at.MISSES] += 1
    if loads:
        occupied = min(ticks, s.cfg[at.READ_TICKS])
        if s.cfg[at.READ_TICKS] < 0:
            occupied = ticks * s.cfg[at.READ_PERCENT] // 100
        s.lines[line, at.FREE_AT] = now + occupied
        if s.threads[thread, at.STATE] == at.REREADING:
            s.cfg[at.REREADS] += 1
            s.cfg[at.REREAD_TICKS] += occupied
        goes_on = _load(s, line, thread, now, ticks)
    else:
        s.lines[line, at.FREE_AT] = now + ticks
        goes_on = _write(s, line, request, thread, row, now, ticks)
    return thread if goes_on else np.int64(at.NONE)


@inlined
def _load(s: Arrays, line: Int64, thread: Int64, now: Int64, ticks: Int64) -> Int64:
    core, state = s.core_of[thread], s.lines[line, at.COHERENCE]
    if state == I:
        s.lines[line, at.COHERENCE] = E
        s.lines[line, at.OWNER] = core
    elif state == M and s.cfg[at.HAS_OWNED] != 0:
        s.lines[line, at.COHERENCE] = O
    elif state != O:
        s.lines[line, at.COHERENCE] = S
        s.lines[line, at.OWNER] = at.NONE
    s.copies[line, core >> 6] |= np.uint64(1) << np.uint64(core & 63)
    if s.cfg[at.TRACKED] != 0:
        fill(s, line, core)
    row = s.threads[thread, at.PC]
    arrives = now + ticks
    if s.threads[thread, at.STATE] != at.REREADING:
        finish_load(s, thread, row)
        s.rows[row, at.STALL] += arrives - s.threads[thread, at.TIME]
        s.threads[thread, at.TIME] = arrives
        s.threads[thread, at.PC] = row + 1
        s.threads[thread, at.STATE] = at.RUNNING
        watch(s, thread, line)
        return True
    if not (is_over(s, thread, row) if s.polls[row, 0] != 0 else ends_round(s, thread, row, line)):
        lie_down(s, thread, row, arrives)
        s.watches[thread, 0, 1] = s.lines[line, at.WRITES]
        return False
    finish_load(s, thread, row)
    period = s.threads[thread, at.PERIOD]
    if period > 0:
        s.threads[thread, at.CHANCE] = stepped(s.threads[thread, at.CHANCE])
        arrives += below(s.threads[thread, at.CHANCE], period)
    account_sleep(s, thread, row, arrives)
    s.threads[thread, at.PC] = row + 1
    s.threads[thread, at.STATE] = at.RUNNING
    s.threads[thread, at.IS_CLEAN] = 0
    return True


@inner
def account_sleep(s: Arrays, thread: Int64, row: Int64, until: Int64) -> None:
    """Charge the time since a spinner fell asleep to the loop in which it did, as the rounds that it made."""
    slept = until - s.threads[thread, at.TIME]
    s.rows[row, at.STALL] += slept
    rounds = slept // max(np.int64(1), s.threads[thread, at.PERIOD])
    s.rows[row, at.POLLS] += rounds
    s.rows[row, at.POLLED_ROWS] += rounds * s.threads[thread, at.ROWS_PER_ROUND]
    s.threads[thread, at.TIME] = until


@inner
def _write(s: Arrays, line: Int64, request: Int64, thread: Int64, row: Int64, now: Int64, ticks: Int64) -> Int64:
    core, arrives, owner = s.core_of[thread], now + ticks, np.int64(at.NONE)
    if s.cfg[at.BY_NODE] != 0:
        _note_node(s, line, s.node_of[core], arrives)
    state = s.lines[line, at.COHERENCE]
    if state == E or state == M:
        owner = s.lines[line, at.OWNER]
    s.lines[line, at.COHERENCE] = M
    s.lines[line, at.OWNER] = core
    s.lines[line, at.READY_AT] = arrives
    s.lines[line, at.WRITES] += 1
    goes_on = request == thread
    if goes_on:
        update(s, thread, row)
        s.rows[row, at.STALL] += arrives - s.threads[thread, at.TIME]
        s.threads[thread, at.TIME] = arrives
        s.threads[thread, at.PC] = row + 1
        s.threads[thread, at.STATE] = at.RUNNING
    else:
        put_store(s, thread)
        s.threads[thread, at.BUFFER_UNTIL] = arrives
        if s.threads[thread, at.IS_BLOCKED] != 0:
            s.threads[thread, at.IS_BLOCKED] = 0
            wake_at(s, thread, arrives)
    invalidate(s, line, owner, thread, now)
    s.copies[line, core >> 6] = np.uint64(1) << np.uint64(core & 63)
    if s.cfg[at.TRACKED] != 0:
        fill(s, line, core)
    return goes_on


@inner
def _note_node(s: Arrays, line: Int64, node: Int64, arrives: Int64) -> None:
    """Note from which node a line is written, and when it arrives there if it comes from elsewhere."""
    if s.lines[line, at.LAST_NODE] != node:
        s.lines[line, at.ARRIVED_AT] = arrives
    else:
        for word in range(s.cfg[at.WORDS]):
            if s.copies[line, word] & ~s.at_distance[node, 0, word] != 0:
                s.lines[line, at.ARRIVED_AT] = arrives
                break
    s.lines[line, at.LAST_NODE] = node


@inner
def invalidate(s: Arrays, line: Int64, owner: Int64, writer: Int64, now: Int64) -> None:
    """Take a line from its owner, if only that has a copy, else from all cores, and wake who watches it."""
    woken = np.int64(0)
    if owner >= 0:
        s.copies[line, owner >> 6] = np.uint64(0)
        woken = _add_sleepers(s, line, owner, writer, woken)
    else:
        for word in range(s.cfg[at.WORDS]):
            left = s.copies[line, word]
            s.copies[line, word] = np.uint64(0)
            while left != 0:
                core = np.int64(word << 6) + np.int64(trailing_zeros(left))
                left &= left - np.uint64(1)
                woken = _add_sleepers(s, line, core, writer, woken)
    if woken > 1:
        _shuffle(s, woken)
    for index in range(woken):
        thread = s.woken[index]
        s.threads[thread, at.STATE] = at.REREADING
        line_up(s, line, thread, now)


@inner
def wake_siblings(s: Arrays, line: Int64, core: Int64, writer: Int64) -> None:
    """Wake the writer's siblings on its core who watch a line that it wrote in the cache that they share."""
    _add_sleepers(s, line, core, writer, 0)


@inner
def _add_sleepers(s: Arrays, line: Int64, core: Int64, writer: Int64, woken: Int64) -> Int64:
    """Collect the threads of a core that sleep on a line and read it alone; let others go on by themselves."""
    for place in range(s.on_core.shape[1]):
        thread = s.on_core[core, place]
        if thread < 0 or thread == writer or s.threads[thread, at.STATE] != at.ASLEEP:
            continue
        for watch in range(s.threads[thread, at.WATCHED]):
            if s.watches[thread, watch, 0] == line:
                is_own = core == s.core_of[writer]
                ready = s.lines[line, at.READY_AT] if is_own else np.int64(0)
                woken = _rouse(s, thread, woken, ready, is_own)
                break
    return woken


@inner
def _rouse(s: Arrays, thread: Int64, woken: Int64, ready: Int64, is_own: bool) -> Int64:
    now, arrives = s.cfg[at.NOW], max(ready, s.threads[thread, at.ARRIVES])
    is_alone = s.threads[thread, at.WATCHED] == 1
    if not is_alone:
        arrives = now
    if s.cfg[at.COUNTED] != 0:
        pass_rounds(s, thread, max(now, arrives))
    if not is_own and arrives <= now and is_alone:
        s.woken[woken] = thread
        return woken + 1
    s.threads[thread, at.IS_LATE] = np.int64(is_alone)
    account_sleep(s, thread, s.threads[thread, at.PC], max(now, arrives))
    s.threads[thread, at.STATE] = at.RUNNING
    s.threads[thread, at.RUNS_FROM] = max(now, arrives)
    wake_at(s, thread, max(now, arrives))
    return woken


@inner
def _shuffle(s: Arrays, count: Int64) -> None:
    for last in range(count - 1, 0, -1):
        s.cfg[at.CHANCE_OF_ALL] = stepped(s.cfg[at.CHANCE_OF_ALL])
        other = below(s.cfg[at.CHANCE_OF_ALL], np.int64(last + 1))
        kept = s.woken[last]
        s.woken[last] = s.woken[other]
        s.woken[other] = kept
