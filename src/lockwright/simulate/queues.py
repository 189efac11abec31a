"""Requests at a line: who waits, whose turn it is, and when the next is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inlined, inner
from lockwright.simulate import places as at
from lockwright.simulate.chance import below, stepped
from lockwright.simulate.events import line_key, push

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

I, S, E, O, M = range(5)  # noqa: E741 - as the protocol calls them
LATER = 1
"""The second lane of a node, for what yields to the first."""


@inlined
def thread_of(s: Arrays, request: Int64) -> Int64:
    """Return the thread whose request it is."""
    threads = s.cfg[at.THREADS]
    return request if request < threads else request - threads


@inlined
def core_of(s: Arrays, request: Int64) -> Int64:
    """Return the core from which a request comes."""
    return s.core_of[thread_of(s, request)]


@inlined
def is_load(s: Arrays, request: Int64) -> Int64:
    """Return whether a request is a load."""
    threads = s.cfg[at.THREADS]
    return request < threads and s.kinds[s.threads[request, at.PC]] == at.LOAD


@inlined
def yields(s: Arrays, request: Int64) -> Int64:
    """Return whether a request is a woken spinner's, who reads again."""
    return request < s.cfg[at.THREADS] and s.threads[request, at.STATE] == at.REREADING


@inner
def holding_node(s: Arrays, line: Int64) -> Int64:
    """Return the node of the last write if all valid copies are in it, else NONE."""
    node = s.lines[line, at.LAST_NODE]
    if node < 0 or s.lines[line, at.COHERENCE] == I:
        return at.NONE
    for word in range(s.cfg[at.WORDS]):
        if s.copies[line, word] & ~s.at_distance[node, 0, word] != 0:
            return at.NONE
    return node


@inner
def join(s: Arrays, line: Int64, request: Int64, tick: Int64) -> None:
    """Let a request wait at a line from a tick on, and see to it that it is served."""
    line_up(s, line, request, tick)
    schedule(s, line, tick)


@inner
def line_up(s: Arrays, line: Int64, request: Int64, tick: Int64) -> None:
    """Let a request wait at a line from a tick on."""
    queue = s.lines[line, at.QUEUE]
    if queue < 0:
        s.cfg[at.FREE_QUEUES] -= 1
        queue = s.free_queues[s.cfg[at.FREE_QUEUES]]
        s.lines[line, at.QUEUE] = queue
    s.requests[request, at.NEXT] = at.NONE
    s.requests[request, at.LINE] = line
    if s.cfg[at.RETENTION] != 0:
        _draw(s, request, tick)
    lane = 0
    if s.cfg[at.BY_NODE] != 0:
        node = s.node_of[core_of(s, request)]
        lane = 2 * node
        if s.cfg[at.REREADS_LAST] != 0 and yields(s, request):
            lane += LATER
        if s.turns[queue, node] == at.NEVER:
            s.turns[queue, node] = s.cfg[at.TURN]
            s.cfg[at.TURN] += 1
    tail = s.queues[queue, lane, at.TAIL]
    if tail < 0:
        s.queues[queue, lane, at.HEAD] = request
    else:
        s.requests[tail, at.NEXT] = request
    s.queues[queue, lane, at.TAIL] = request


@inner
def _draw(s: Arrays, request: Int64, tick: Int64) -> None:
    """Draw how long an owner goes on before it gives the line to a request."""
    thread = thread_of(s, request)
    s.threads[thread, at.CHANCE] = stepped(s.threads[thread, at.CHANCE])
    s.requests[request, at.KEPT] = below(s.threads[thread, at.CHANCE], s.cfg[at.RETENTION])
    s.requests[request, at.SINCE] = tick


@inner
def schedule(s: Arrays, line: Int64, tick: Int64) -> None:
    """See to it that the line serves when it next can."""
    due = when_served(s, line, tick)
    known = s.lines[line, at.SERVE_AT]
    if known < 0 or due < known:
        s.lines[line, at.SERVE_AT] = due
        push(s, line_key(due, line))


@inlined
def when_served(s: Arrays, line: Int64, tick: Int64) -> Int64:
    """Return when the line next serves a request; there is one."""
    due = max(tick, s.lines[line, at.FREE_AT])
    if s.cfg[at.BY_NODE] == 0 and s.cfg[at.RETENTION] == 0:
        return due
    return _when_kept(s, line, due)


@inner
def _when_kept(s: Arrays, line: Int64, due: Int64) -> Int64:
    if s.cfg[at.BY_NODE] != 0:
        held = holding_node(s, line)
        if held >= 0 and others_wait(s, line, held):
            until = s.lines[line, at.ARRIVED_AT] + s.cfg[at.HOLD]
            if due < until and eligible(s, line, held, s.lines[line, at.OWNER]) < 0:
                due = until
    if s.cfg[at.RETENTION] != 0:
        request = next_request(s, line, due)
        if request >= 0:
            due = max(due, kept_until(s, line, request))
    return due


@inner
def kept_until(s: Arrays, line: Int64, request: Int64) -> Int64:
    """Return how long the owner keeps a line from a request."""
    if not is_kept(s, line, request):
        return np.int64(0)
    return max(s.requests[request, at.SINCE], s.lines[line, at.FREE_AT]) + s.requests[request, at.KEPT]


@inner
def is_kept(s: Arrays, line: Int64, request: Int64) -> Int64:
    """Return whether a request must take the line from an owner who may write it."""
    state = s.lines[line, at.COHERENCE]
    return (state == E or state == M) and core_of(s, request) != s.lines[line, at.OWNER]


@inner
def others_wait(s: Arrays, line: Int64, node: Int64) -> Int64:
    """Return whether a node other than this one has a request."""
    queue = s.lines[line, at.QUEUE]
    for other in range(s.cfg[at.NODES]):
        if other != node and s.turns[queue, other] != at.NEVER:
            return True
    return False


@inner
def eligible(s: Arrays, line: Int64, node: Int64, but: Int64) -> Int64:
    """Return the first request of a node that is not of one core, those that yield last; NONE if there is none."""
    queue = s.lines[line, at.QUEUE]
    for lane in range(2 * node, 2 * node + 2):
        request = s.queues[queue, lane, at.HEAD]
        while request >= 0:
            if core_of(s, request) != but:
                return request
            request = s.requests[request, at.NEXT]
    return np.int64(at.NONE)


@inner
def node_in_turn(s: Arrays, line: Int64, but: Int64) -> Int64:
    """Return the node that was served least recently among those that ask, without one of them."""
    queue = s.lines[line, at.QUEUE]
    found, best = np.int64(at.NONE), np.int64(at.NEVER)
    for node in range(s.cfg[at.NODES]):
        if node != but and s.turns[queue, node] < best:
            found, best = np.int64(node), s.turns[queue, node]
    return found


@inlined
def next_request(s: Arrays, line: Int64, tick: Int64) -> Int64:
    """Return the request that is served at a tick, or NONE if the line must idle."""
    if s.cfg[at.BY_NODE] == 0:
        return s.queues[s.lines[line, at.QUEUE], 0, at.HEAD]
    return _next_by_node(s, line, tick)


@inner
def _next_by_node(s: Arrays, line: Int64, tick: Int64) -> Int64:
    held = holding_node(s, line)
    if held >= 0:
        if not others_wait(s, line, held):
            return eligible(s, line, held, np.int64(at.NONE))
        if tick < s.lines[line, at.ARRIVED_AT] + s.cfg[at.HOLD]:
            return eligible(s, line, held, s.lines[line, at.OWNER])
    return eligible(s, line, node_in_turn(s, line, held), np.int64(at.NONE))


@inlined
def leave(s: Arrays, line: Int64, request: Int64) -> None:
    """Take a request from the queue of a line."""
    if s.cfg[at.BY_NODE] != 0:
        _leave_node(s, line, request)
        return
    queue, behind = s.lines[line, at.QUEUE], s.requests[request, at.NEXT]  # it is the first
    s.queues[queue, 0, at.HEAD] = behind
    if behind < 0:
        s.queues[queue, 0, at.TAIL] = at.NONE
        give_back(s, line)


@inner
def _leave_node(s: Arrays, line: Int64, request: Int64) -> None:
    queue, node = s.lines[line, at.QUEUE], s.node_of[core_of(s, request)]
    lane = 2 * node
    if s.cfg[at.REREADS_LAST] != 0 and yields(s, request):
        lane += LATER
    before, one = np.int64(at.NONE), s.queues[queue, lane, at.HEAD]
    while one != request:
        before, one = one, s.requests[one, at.NEXT]
    behind = s.requests[request, at.NEXT]
    if before < 0:
        s.queues[queue, lane, at.HEAD] = behind
    else:
        s.requests[before, at.NEXT] = behind
    if behind < 0:
        s.queues[queue, lane, at.TAIL] = before
    if s.queues[queue, 2 * node, at.HEAD] < 0 and s.queues[queue, 2 * node + 1, at.HEAD] < 0:
        s.turns[queue, node] = at.NEVER
        if not others_wait(s, line, node):
            give_back(s, line)
    else:
        s.turns[queue, node] = s.cfg[at.TURN]
        s.cfg[at.TURN] += 1


@inlined
def give_back(s: Arrays, line: Int64) -> None:
    """Give the queue of a line back: nobody waits there."""
    s.free_queues[s.cfg[at.FREE_QUEUES]] = s.lines[line, at.QUEUE]
    s.cfg[at.FREE_QUEUES] += 1
    s.lines[line, at.QUEUE] = at.NONE
