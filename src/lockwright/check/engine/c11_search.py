"""Breadth-first search over C11 states, in slices that end when room, or the caller's patience, does.

1. States lie packed behind each other in one arena; a table of state numbers, open addressing, finds them again.
2. A slice that lacks room forgets what it did with the state at hand, and does it again after the arrays have grown.
3. A state in which every unfinished thread sleeps, or stands at an await that is false on the newest messages, is stuck:
   an older message that would satisfy an await need not be read, ever.
"""
# ruff: noqa: PLR0917 - a kernel takes its parts by position

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lockwright.check.engine.c11_pack import pack_first, unpack
from lockwright.check.engine.c11_reduce import reduce
from lockwright.check.engine.c11_step import act, choices, rest, waits
from lockwright.check.engine.c11_world import (
    ASLEEP, BLOCKED, FINISHED, HOLD_BASE, LEFT, LOCKS, OVERFLOW, PC, PHASE, RUNS, STATUS, STRIDE, SUBJECT, THREADS, UNSUPPORTED,
    WAITS, World,
)  # fmt: skip
from lockwright.flat import opcodes as op
from lockwright.flat.jit import Int64, Int64s, UInt8s, kernel

# Counters of a search.
NEXT, STATES, USED, EDGES, KEEPS, STOP_AT, LONGEST, MOST_MESSAGES, SLICE = range(9)
COUNTERS = 12

# How a slice ended.
COMPLETE, PAUSED, MORE_STATES, MORE_ROOM, MORE_EDGES, TOO_MANY_MESSAGES, NOT_COVERED, STOPPED = range(8)

FAULT_KINDS = (*op.FAULTS, "deadlock", "lost_wakeup", "endless_await")
DEADLOCK, LOST_WAKEUP, ENDLESS_AWAIT = range(len(op.FAULTS), len(op.FAULTS) + 3)
ANY_FAULT = 255
HOLDS = 16


class Store(NamedTuple):
    """The arrays that grow with the search."""

    arena: UInt8s
    offset: Int64s
    table: Int64s
    hashes: Int64s
    parent: Int64s
    via: Int64s
    phase: UInt8s
    status: UInt8s
    pc: Int64s
    start: Int64s
    target: Int64s
    move: Int64s
    perm: Int64s
    other: UInt8s  # scratch: a state that may come first
    fault_state: Int64s
    fault_move: Int64s


@kernel
def digest(buffer: UInt8s, length: Int64) -> Int64:
    """Return 62 bits that depend on all bytes."""
    total = np.uint64(14695981039346656037)
    for k in range(length):
        total = (total ^ np.uint64(buffer[k])) * np.uint64(1099511628211)
    total ^= total >> np.uint64(29)
    return np.int64(total & np.uint64(0x3FFFFFFFFFFFFFFF))


@kernel
def find(store: Store, c: Int64s, length: Int64) -> Int64:
    """Return the number of the state that lies behind the arena's end, which is kept if it is new; -1: no room."""
    used = c[USED]
    total = digest(store.arena[used:], length)
    mask = store.table.shape[0] - 1
    place = total & mask
    while store.table[place] != 0:
        state = np.int64(store.table[place]) - 1
        begin = store.offset[state]
        if store.hashes[state] == total and store.offset[state + 1] - begin == length:
            k = 0
            while k < length and store.arena[begin + k] == store.arena[used + k]:
                k += 1
            if k == length:
                return state
        place = (place + 1) & mask
    state = c[STATES]
    if state + 1 >= store.parent.shape[0]:
        return np.int64(-1)
    store.table[place] = state + 1
    store.hashes[state] = total
    store.offset[state + 1] = used + length
    c[USED] = used + length
    c[STATES] = state + 1
    return state


@kernel
def note_fault(store: Store, kind: Int64, state: Int64, move: Int64) -> None:
    """Keep the first fault of a kind."""
    if store.fault_state[kind] < 0:
        store.fault_state[kind] = state
        store.fault_move[kind] = move


@kernel
def describe(w: World, store: Store, state: Int64) -> Int64:
    """Write what each thread does; return how many can move, or -1 if all have finished."""
    running = 0
    unfinished = 0
    subject = w.set[SUBJECT]
    for t in range(w.set[THREADS]):
        base = t * w.set[STRIDE]
        status = w.s[base + STATUS]
        if status == RUNS and waits(w, np.int64(t)):
            status = np.int64(WAITS)
        running += status == RUNS
        unfinished += status != FINISHED
        if subject >= 0:
            hold = w.set[HOLD_BASE] + 2 * subject
            if w.s[hold] == t + 1 or (w.s[hold + 1] >> (4 * t)) & 15:
                status |= HOLDS
        store.status[state, t] = status
        store.phase[state, t] = w.s[base + PHASE]
        store.pc[state, t] = w.s[base + PC]
    return np.int64(running if unfinished else -1)


@kernel
def note_stuck(w: World, store: Store, state: Int64) -> None:
    """Note why nobody moves: somebody sleeps, or somebody who waits holds a lock, or neither."""
    kind = np.int64(ENDLESS_AWAIT)
    for t in range(w.set[THREADS]):
        status = np.int64(store.status[state, t])
        if status & 3 == ASLEEP:
            kind = np.int64(LOST_WAKEUP)
        elif status & 3 == WAITS and kind != LOST_WAKEUP and holds_any(w, np.int64(t)):
            kind = np.int64(DEADLOCK)
    note_fault(store, kind, state, np.int64(-1))


@kernel
def holds_any(w: World, t: Int64) -> bool:
    """Return whether a thread holds any lock."""
    hold = w.set[HOLD_BASE]
    for lock in range(w.set[LOCKS]):
        if w.s[hold + 2 * lock] == t + 1 or (w.s[hold + 2 * lock + 1] >> (4 * t)) & 15:
            return True
    return False


@kernel
def encode(w: World, t: Int64, choice: Int64) -> Int64:
    """Return a move as one number."""
    base = t * w.set[STRIDE]
    if w.code[w.s[base + PC], op.OP] == op.RUNNING:
        choice = np.int64(w.s[base + LEFT] != 0)
    return t | (choice << 5)


@kernel
def permutation_code(w: World, permutation: Int64) -> Int64:
    """Return where each position goes, 4 bits each."""
    code = np.int64(0)
    for position in range(w.set[THREADS]):
        code |= np.int64(position) << (4 * w.order[permutation, position])
    return code


@kernel
def follow(w: World, store: Store, c: Int64s, state: Int64, t: Int64, choice: Int64) -> Int64:
    """Take one move out of a state; return 0, or how the slice ends."""
    base = t * w.set[STRIDE]
    before = w.s[base + PC]
    move = encode(w, t, choice)
    result = act(w, t, choice)
    if result == BLOCKED:
        return np.int64(0)
    if result == OVERFLOW:
        return np.int64(TOO_MANY_MESSAGES)
    if result == UNSUPPORTED:
        return np.int64(NOT_COVERED)
    if result < 0:
        note_fault(store, -result, state, move)
        return np.int64(STOPPED if c[STOP_AT] in (-result, ANY_FAULT) else 0)
    if w.restart[before] and w.s[base + PC] == before and w.s[base + STATUS] == RUNS:
        return np.int64(0)
    reduce(w)
    if c[USED] + c[LONGEST] > store.arena.shape[0]:
        return np.int64(MORE_ROOM)
    length, permutation = pack_first(w, store.arena[c[USED] :], store.other)
    known = c[STATES]
    target = find(store, c, length)
    if target < 0:
        return np.int64(MORE_STATES)
    if target == known:
        store.parent[target] = state
        store.via[target] = move
    if c[KEEPS] and (target != state or permutation):
        if c[EDGES] >= store.target.shape[0]:
            return np.int64(MORE_EDGES)
        store.target[c[EDGES]] = target
        store.move[c[EDGES]] = move
        store.perm[c[EDGES]] = permutation_code(w, permutation)
    c[EDGES] += target != state or permutation != 0
    return np.int64(0)


@kernel
def expand(w: World, store: Store, c: Int64s, at_rest: Int64s, state: Int64) -> Int64:
    """Take all moves out of a state; return 0, or how the slice ends."""
    packed = store.arena[store.offset[state] :]
    unpack(w, packed)
    moving = describe(w, store, state)
    if moving < 0:
        for entry in at_rest:
            result = rest(w, np.int64(entry))
            if result < 0:
                note_fault(store, -result, state, np.int64(-1))
                if c[STOP_AT] in (-result, ANY_FAULT):
                    return np.int64(STOPPED)
        return np.int64(0)
    if moving == 0:
        note_stuck(w, store, state)
        for kind in (DEADLOCK, LOST_WAKEUP, ENDLESS_AWAIT):
            if store.fault_state[kind] == state and c[STOP_AT] in (kind, ANY_FAULT):
                return np.int64(STOPPED)
    for t in range(w.set[THREADS]):
        if w.s[t * w.set[STRIDE] + STATUS] == RUNS:
            number = choices(w, np.int64(t))
            for choice in range(number):
                result = follow(w, store, c, state, np.int64(t), np.int64(choice))
                unpack(w, packed)
                if result:
                    return result
    return np.int64(0)


@kernel
def search(w: World, store: Store, c: Int64s, at_rest: Int64s) -> Int64:
    """Search on for a slice of states; return how it ended."""
    for _ in range(c[SLICE]):
        state = c[NEXT]
        if state >= c[STATES]:
            return np.int64(COMPLETE)
        edges = c[EDGES]
        store.start[state] = edges
        result = expand(w, store, c, at_rest, state)
        if result:
            if result in (MORE_STATES, MORE_ROOM, MORE_EDGES):
                c[EDGES] = edges
            return result
        c[NEXT] = state + 1
        store.start[state + 1] = c[EDGES]
    return np.int64(PAUSED)


@kernel
def begin(w: World, store: Store, c: Int64s) -> None:
    """Keep the working state as the first state."""
    reduce(w)
    length, permutation = pack_first(w, store.arena, store.other)
    find(store, c, length)
    store.parent[0] = -1
    store.via[0] = permutation_code(w, permutation)


@kernel
def rebuild(table: Int64s, hashes: Int64s, states: Int64) -> None:
    """Fill a table that is empty with all states."""
    mask = table.shape[0] - 1
    for state in range(states):
        place = hashes[state] & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = state + 1
