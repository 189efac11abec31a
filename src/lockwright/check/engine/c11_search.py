"""Breadth-first search over C11 states, in slices that end when room, or the caller's patience, does.

1. States lie packed behind each other in one arena; a table of state numbers, open addressing, finds them again.
2. A slice that lacks room forgets what it did with the state at hand, and does it again after the arrays have grown.
3. A state in which every unfinished thread sleeps, or stands at an await that is false on the newest messages, is
   stuck: an older message that would satisfy an await need not be read, ever.
"""
# ruff: noqa: SIM110 - kernels spell loops out: numba compiles them faster

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lockwright.check.engine.c11_pack import pack_first, unpack
from lockwright.check.engine.c11_reduce import reduce
from lockwright.check.engine.c11_rest import leaks, rest
from lockwright.check.engine.c11_step import act, choices
from lockwright.check.engine.c11_waits import waits
from lockwright.check.engine.c11_world import (
    ASLEEP,
    BLOCKED,
    FINISHED,
    HOLD_BASE,
    LEFT,
    LOCKS,
    MAY_LEAVE,
    ORDER,
    OVERFLOW,
    PC,
    PHASE,
    RESTART,
    RUNS,
    STATUS,
    SUBJECT,
    THREADS,
    UNSUPPORTED,
    WAITS,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, Int64s, UInt8s, inner, kernel

# Counters of a search.
NEXT, STATES, USED, EDGES, KEEPS, STOP_AT, LONGEST, STOPS, SLICE = range(9)
COUNTERS = 12

# How a slice ended.
COMPLETE, PAUSED, MORE_STATES, MORE_ROOM, MORE_EDGES, TOO_MANY_MESSAGES, NOT_COVERED, STOPPED = range(8)

FAULT_KINDS = (*op.FAULTS, "deadlock", "lost_wakeup", "endless_await")
DEADLOCK, LOST_WAKEUP, ENDLESS_AWAIT = range(len(op.FAULTS), len(op.FAULTS) + 3)
ANY_FAULT = 255
HOLDS = 16


# Columns of a state's row; behind them stands where each thread is.
BEGIN, LENGTH, HASH, PARENT, VIA, FIRST_EDGE, LAST_EDGE, PCS = range(8)
# Columns of an edge.
TARGET, MOVE, PERM = range(3)


class Store(NamedTuple):
    """The arrays that grow with the search."""

    arena: UInt8s
    table: Int64s
    states: Int64s
    marks: UInt8s  # [state]: status of each thread, then phase of each
    edges: Int64s
    other: UInt8s  # scratch: a state that may come first
    faults: Int64s  # [kind]: state and move, -1 if there is none


@inner
def digest(buffer: UInt8s, length: Int64) -> Int64:
    """Return 62 bits that depend on all bytes."""
    total = np.uint64(14695981039346656037)
    for k in range(length):
        total = (total ^ np.uint64(buffer[k])) * np.uint64(1099511628211)
    total ^= total >> np.uint64(29)
    return np.int64(total & np.uint64(0x3FFFFFFFFFFFFFFF))


@inner
def find(store: Store, c: Int64s, length: Int64) -> Int64:
    """Return the number of the state that lies behind the arena's end, which is kept if it is new; -1: no room."""
    used = c[USED]
    total = digest(store.arena[used:], length)
    mask = store.table.shape[0] - 1
    place = total & mask
    while store.table[place] != 0:
        state = np.int64(store.table[place]) - 1
        begin = store.states[state, BEGIN]
        if store.states[state, HASH] == total and store.states[state, LENGTH] == length:
            k = 0
            while k < length and store.arena[begin + k] == store.arena[used + k]:
                k += 1
            if k == length:
                return state
        place = (place + 1) & mask
    state = c[STATES]
    if state + 1 >= store.states.shape[0]:
        return np.int64(-1)
    store.table[place] = state + 1
    store.states[state, HASH] = total
    store.states[state, BEGIN] = used
    store.states[state, LENGTH] = length
    c[USED] = used + length
    c[STATES] = state + 1
    return state


@inner
def note_fault(store: Store, c: Int64s, kind: Int64, state: Int64, move: Int64) -> None:
    """Keep the first fault of a kind, and whether the search was for it."""
    if c[STOP_AT] in (kind, ANY_FAULT):
        c[STOPS] = 1
    if store.faults[kind, 0] < 0:
        store.faults[kind, 0] = state
        store.faults[kind, 1] = move


@inner
def describe(w: World, store: Store, state: Int64) -> Int64:
    """Write what each thread does; return how many can move, or -1 if all have finished."""
    m = w.m
    running = 0
    unfinished = 0
    subject = m[SUBJECT]
    for t in range(m[THREADS]):
        base = first_word(w, t)
        status = m[base + STATUS]
        if status == RUNS and waits(w, np.int64(t)):
            status = np.int64(WAITS)
        running += status == RUNS
        unfinished += status != FINISHED
        if subject >= 0:
            hold = m[HOLD_BASE] + 2 * subject
            if m[hold] == t + 1 or (m[hold + 1] >> (4 * t)) & 15:
                status |= HOLDS
        store.marks[state, t] = status
        store.marks[state, m[THREADS] + t] = m[base + PHASE]
        store.states[state, PCS + t] = m[base + PC]
    return np.int64(running if unfinished else -1)


@inner
def note_stuck(w: World, store: Store, c: Int64s, state: Int64) -> None:
    """Note why nobody moves: somebody sleeps, or somebody who waits holds a lock, or neither."""
    kind = np.int64(ENDLESS_AWAIT)
    for t in range(w.m[THREADS]):
        status = np.int64(store.marks[state, t])
        if status & 3 == ASLEEP:
            kind = np.int64(LOST_WAKEUP)
        elif status & 3 == WAITS and kind != LOST_WAKEUP and holds_any(w, np.int64(t)):
            kind = np.int64(DEADLOCK)
    note_fault(store, c, kind, state, np.int64(-1))


@inner
def holds_any(w: World, t: Int64) -> bool:
    """Return whether a thread holds any lock."""
    m = w.m
    hold = m[HOLD_BASE]
    for lock in range(m[LOCKS]):
        if m[hold + 2 * lock] == t + 1 or (m[hold + 2 * lock + 1] >> (4 * t)) & 15:
            return True
    return False


@inner
def encode(w: World, t: Int64, choice: Int64) -> Int64:
    """Return a move as one number."""
    m = w.m
    base = first_word(w, t)
    if w.code[m[base + PC], op.OP] == op.RUNNING:
        choice = np.int64(m[base + LEFT] != 0)
    elif m[base + MAY_LEAVE]:
        choice = np.int64(waits(w, t))  # by an older message, if not by the newest
    return t | (choice << 5)


@inner
def permutation_code(w: World, permutation: Int64) -> Int64:
    """Return where each position goes, 4 bits each."""
    m = w.m
    code = np.int64(0)
    for position in range(m[THREADS]):
        code |= np.int64(position) << (4 * m[m[ORDER] + permutation * m[THREADS] + position])
    return code


@inner
def keep_edge(w: World, store: Store, c: Int64s, state: Int64, target: Int64, move: Int64, permutation: Int64) -> Int64:
    """Keep an edge; return 0, or MORE_EDGES."""
    if target == state and permutation == 0:
        return np.int64(0)
    if c[KEEPS]:
        if c[EDGES] >= store.edges.shape[0]:
            return np.int64(MORE_EDGES)
        store.edges[c[EDGES], TARGET] = target
        store.edges[c[EDGES], MOVE] = move
        store.edges[c[EDGES], PERM] = permutation_code(w, permutation)
    c[EDGES] += 1
    return np.int64(0)


@inner
def look_at(w: World, store: Store, c: Int64s, at_rest: Int64s, state: Int64) -> Int64:
    """Note what a state is; return whether it has moves to follow."""
    moving = describe(w, store, state)
    if moving < 0:
        for entry in at_rest:
            result = rest(w, np.int64(entry))
            if result < 0:
                note_fault(store, c, -result, state, np.int64(-1))
                break
        if leaks(w):
            note_fault(store, c, np.int64(op.LEAK), state, np.int64(-1))
    elif moving == 0:
        note_stuck(w, store, c, state)
    return np.int64(moving >= 0)


@kernel
def search(w: World, store: Store, c: Int64s, at_rest: Int64s) -> Int64:
    """Search on for a slice of states, from before the first state (NEXT is -1) on; return how it ended."""
    m = w.m
    for _ in range(c[SLICE]):
        state = c[NEXT]
        if state >= c[STATES] and state >= 0:
            return np.int64(COMPLETE)
        edges = c[EDGES]
        ended = np.int64(0)
        goes_on = np.int64(1)
        begin = np.int64(0)
        if state >= 0:
            begin = store.states[state, BEGIN]
            store.states[state, FIRST_EDGE] = edges
            unpack(w, store.arena[begin:])
            goes_on = look_at(w, store, c, at_rest, state)
        for t in range(m[THREADS] if goes_on else 0):
            base = first_word(w, t)
            number = np.int64(t == 0)
            if state >= 0:
                number = choices(w, np.int64(t)) if m[base + STATUS] == RUNS else np.int64(0)
            for choice in range(number):
                before = m[base + PC]
                move = np.int64(-1)
                result = np.int64(0)
                if state >= 0:
                    move = encode(w, np.int64(t), np.int64(choice))
                for actor in range(t if state >= 0 else 0, t + 1 if state >= 0 else m[THREADS]):
                    if result >= 0:
                        result = act(w, np.int64(actor), np.int64(choice if state >= 0 else -1))
                if result == OVERFLOW:
                    ended = np.int64(TOO_MANY_MESSAGES)
                elif result == UNSUPPORTED:
                    ended = np.int64(NOT_COVERED)
                elif result < 0 and result != BLOCKED:
                    note_fault(store, c, -result, max(state, np.int64(0)), move)
                waited = state >= 0 and m[m[RESTART] + before] and m[base + PC] == before
                if result >= 0 and not (waited and m[base + STATUS] == RUNS):
                    reduce(w)
                    if c[USED] + c[LONGEST] > store.arena.shape[0]:
                        ended = np.int64(MORE_ROOM)
                    else:
                        length, permutation = pack_first(w, store.arena[c[USED] :], store.other)
                        known = c[STATES]
                        target = find(store, c, length)
                        if target < 0:
                            ended = np.int64(MORE_STATES)
                        else:
                            if target == known:
                                store.states[target, PARENT] = state
                                store.states[target, VIA] = move if state >= 0 else permutation_code(w, permutation)
                            if state >= 0:
                                ended = keep_edge(w, store, c, state, target, move, permutation)
                if ended:
                    break
                if state >= 0:
                    unpack(w, store.arena[begin:])
            if ended:
                break
        if ended:
            if ended in (MORE_STATES, MORE_ROOM, MORE_EDGES):
                c[EDGES] = edges
            return ended
        if c[STOPS]:
            return np.int64(STOPPED)
        c[NEXT] = state + 1
        if state >= 0:
            store.states[state, LAST_EDGE] = c[EDGES]
    return np.int64(PAUSED)


@kernel
def rebuild(table: Int64s, states: Int64s, number: Int64) -> None:
    """Fill a table that is empty with all states."""
    mask = table.shape[0] - 1
    for state in range(number):
        place = states[state, HASH] & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = state + 1
