"""The breadth-first search: states numbered in the order of their discovery.

States are expanded in batches.  The successors of a batch are put down first and looked up afterwards, in order: the
table is far larger than the caches, and so the processor fetches many of its lines at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import expand, remembered
from lockwright.check.engine import pieces as of
from lockwright.check.engine import places as at
from lockwright.check.engine.at_rest import at_rest
from lockwright.check.engine.counters import (
    BLOCK_ROOM,
    BLOCKS,
    CURSOR,
    EDGE_ROOM,
    EDGES,
    FAULTS,
    MORE,
    SHARED,
    SHARED_ROOM,
    STATE_ROOM,
    STATES,
    TABLE_MASK,
    TRANSITIONS,
    note_fault,
)
from lockwright.check.engine.moves import race
from lockwright.check.engine.processors import is_kept_out
from lockwright.check.engine.table import UPPER, insert, prefetch
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, kernel

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

# Reasons to return.
FINISHED, SLICE_ENDED, NEEDS_ROOM, TOO_NARROW, FOUND, TOO_MANY, NEEDS_RECORDS = range(7)

MOST_CHOICES = 1000
"""Choices that one instruction may have."""

WAKES = 1024
"""More choices than all wakes of sleepers in one state have, which no block alone tells."""

BATCH = 64
"""Successors that are looked up together."""


@inlined
def has_room(cfg: Int64s, counters: Int64s, more: Int64, has_graph: bool) -> Int64:
    """Return whether so many more successors fit everywhere, whatever they are."""
    more += cfg[at.PENDING]
    counters[MORE] = more
    pieces = more * (cfg[at.THREADS] + 1)
    if counters[STATES] + more > counters[STATE_ROOM] or (has_graph and counters[EDGES] + more > counters[EDGE_ROOM]):
        return False
    return counters[BLOCKS] + pieces <= counters[BLOCK_ROOM] and counters[SHARED] + pieces <= counters[SHARED_ROOM]


@inlined
def tell_of_threads(
    cfg: Int64s,
    w: Int64s,
    layout: Int64s,
    described: Int64s,
    shared: Int64s,
    store: Int64s,
    phase: UInt8s,
    status: UInt8s,
    place: Int64s,
    state: Int64,
) -> None:
    """Write down where each thread of a state is, and what it can do as far as it is known before its moves are."""
    threads, base = cfg[at.THREADS], state * cfg[at.WORDS]
    size = cfg[at.STATE_END] - cfg[at.MEMORY]
    common = of.piece_of(layout, store, base, threads) * size
    for thread in range(threads):
        told = described[of.piece_of(layout, store, base, thread)]
        can = 0 if (told & of.IS_AWAKE) != 0 else 2
        if (told & of.HAS_ENDED) != 0:
            can = 3
        if can == 0 and cfg[at.SHARES_CPUS] != 0 and is_kept_out(cfg, w, thread):
            can = 1
        if cfg[at.SUBJECT] >= 0:
            holder = common + cfg[at.HOLDERS] + 2 * cfg[at.SUBJECT] - cfg[at.MEMORY]
            if shared[holder] == thread + 1 or (shared[holder + 1] >> thread) & 1:
                can |= 16
        if (told & of.HAS_STORES) != 0:
            can |= 32
        status[state, thread] = can
        phase[state, thread] = told & 255
        place[state, thread] = of.row_of(told)


@inlined
def is_final(cfg: Int64s, layout: Int64s, described: Int64s, store: Int64s, state: Int64) -> Int64:
    """Return whether all threads have ended, and all their stores have arrived."""
    for thread in range(cfg[at.THREADS]):
        told = described[of.piece_of(layout, store, state * cfg[at.WORDS], thread)]
        if (told & of.HAS_ENDED) == 0 or (told & of.HAS_STORES) != 0:
            return False
    return True


@inlined
def load(
    cfg: Int64s, layout: Int64s, blocks: Int64s, shared: Int64s, loaded: Int64s, store: Int64s, w: Int64s, state: Int64
) -> None:
    """Copy a state to where it is worked on."""
    base = state * cfg[at.WORDS]
    for thread in range(cfg[at.THREADS]):
        of.load_block(cfg, w, blocks, loaded, np.int64(thread), of.piece_of(layout, store, base, thread))
    of.load_shared(cfg, w, shared, loaded, of.piece_of(layout, store, base, cfg[at.THREADS]))


@inlined
def settle(
    cfg: Int64s,
    counters: Int64s,
    scratch: Int64s,
    pending: Int64s,
    pending_facts: Int64s,
    table: Int64s,
    store: Int64s,
    parent: Int64s,
    via: Int64s,
    start: Int64s,
    target: Int64s,
    edge_move: Int64s,
    edge_perm: Int64s,
    status: UInt8s,
    first: Int64,
    end: Int64,
) -> None:
    """Look up all pending successors, in order: those of the states from `first` to before `end`."""
    words, mask, has_graph = cfg[at.WORDS], counters[TABLE_MASK], start.shape[0] > 1
    count = cfg[at.PENDING]
    for index in range(count):
        hashed = pending_facts[index, expand.HASH]
        entry = table[hashed & mask]
        if entry != 0 and (entry & UPPER) == (hashed & UPPER):
            prefetch(store, ((entry & 0xFFFFFFFF) - 1) * words)
    current = first
    for index in range(count):
        state, number = pending_facts[index, expand.SOURCE], pending_facts[index, expand.MOVE]
        reached = insert(cfg, counters, table, store, pending, index * words, pending_facts[index, expand.HASH])
        if reached < 0:
            reached = ~reached
            parent[reached] = state
            via[reached] = number
        if not has_graph:
            continue
        while current < state:
            current += 1
            start[current] = counters[EDGES]
        if pending_facts[index, expand.MAY_STAY] != 0 and reached == state:
            thread = number & 15
            if status[state, thread] & 15 == 0:
                status[state, thread] |= 1
            continue
        edge, perm = counters[EDGES], pending_facts[index, expand.PERM]
        target[edge] = reached
        edge_move[edge] = number
        edge_perm[edge] = perm if perm != -1 else scratch[3401]
        counters[EDGES] = edge + 1
    while has_graph and current < end:
        current += 1
        start[current] = counters[EDGES]
    counters[TRANSITIONS] += count
    counters[CURSOR] = end
    cfg[at.PENDING] = 0


@kernel
def put_first(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    refs: Int64s,
    classes: Int64s,
    scratch: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
    counters: Int64s,
    layout: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
    shared: Int64s,
    shared_table: Int64s,
    pending: Int64s,
    pending_facts: Int64s,
    table: Int64s,
    store: Int64s,
) -> Int64:
    """Enter the initial state, which is in `w`; return the permutation that made it canonical, or -1."""
    perm = expand.make_canonical(code, rows, facts, names, words, slot_kinds, refs, classes, scratch, cfg, w, out)
    expand.put_all(
        code, consts, stops, cfg, out, counters, layout, blocks, block_table, described, shared, shared_table, pending
    )
    expand.pend(cfg, counters, table, pending, pending_facts, np.int64(-1), np.int64(-1), perm, np.int64(0))
    cfg[at.PENDING] = 0
    insert(cfg, counters, table, store, pending, np.int64(0), pending_facts[0, expand.HASH])
    return perm


@kernel
def explore(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    elements: Int64s,
    own: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    entries: Int64s,
    refs: Int64s,
    classes: Int64s,
    layout: Int64s,
    plain_cells: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
    scratch: Int64s,
    counters: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
    shared: Int64s,
    shared_table: Int64s,
    loaded: Int64s,
    memory: Int64s,
    pending: Int64s,
    pending_facts: Int64s,
    table: Int64s,
    store: Int64s,
    parent: Int64s,
    via: Int64s,
    start: Int64s,
    target: Int64s,
    edge_move: Int64s,
    edge_perm: Int64s,
    phase: UInt8s,
    status: UInt8s,
    place: Int64s,
    outcomes: Int64s,
    budget: Int64,
) -> Int64:
    """Expand states until all are, or `budget` of them, or there is no room for more."""
    has_graph = start.shape[0] > 1
    remembers = cfg[at.REMEMBERS] != 0
    ended = np.int64(SLICE_ENDED)
    spent = np.int64(0)
    while spent < budget and ended == SLICE_ENDED:
        first = counters[CURSOR]
        state = first
        while cfg[at.PENDING] < BATCH and spent < budget and ended == SLICE_ENDED:
            if state >= counters[STATES]:
                ended = np.int64(FINISHED) if state == first else ended
                break
            more = cfg[at.THREADS] * (cfg[at.MOST_STEPS] + 1)
            if not remembers:
                more += WAKES
            if cfg[at.MOST_STEPS] > MOST_CHOICES:
                ended = np.int64(TOO_MANY)
                break
            if not has_room(cfg, counters, more, has_graph):
                ended = np.int64(NEEDS_ROOM)
                break
            if not remembers:
                load(cfg, layout, blocks, shared, loaded, store, w, state)
            if has_graph:
                tell_of_threads(cfg, w, layout, described, shared, store, phase, status, place, state)
            cfg[at.ACCESSED] = 0
            if remembers:
                remembered.expand_by_memory(
                    code,
                    consts,
                    stops,
                    rows,
                    facts,
                    elements,
                    own,
                    slot_kinds,
                    tables,
                    lock_of,
                    cfg,
                    w,
                    counters,
                    layout,
                    blocks,
                    block_table,
                    described,
                    shared,
                    shared_table,
                    loaded,
                    memory,
                    pending,
                    pending_facts,
                    table,
                    store,
                    state,
                )
            else:
                expand.expand_by_moves(
                    code,
                    consts,
                    stops,
                    rows,
                    facts,
                    names,
                    words,
                    slot_kinds,
                    elements,
                    own,
                    tables,
                    lock_of,
                    refs,
                    classes,
                    cfg,
                    w,
                    out,
                    scratch,
                    counters,
                    layout,
                    blocks,
                    block_table,
                    described,
                    shared,
                    shared_table,
                    pending,
                    pending_facts,
                    table,
                    store,
                    state,
                )
            if cfg[at.RACES] != 0 and cfg[at.ACCESSED] > 1:
                racer = race(code, cfg, w)
                if racer >= 0:
                    note_fault(counters, np.int64(op.DATA_RACE), state, racer)
            if is_final(cfg, layout, described, store, state):
                load(cfg, layout, blocks, shared, loaded, store, w, state)
                at_rest(
                    code,
                    consts,
                    stops,
                    facts,
                    tables,
                    lock_of,
                    entries,
                    cfg,
                    w,
                    counters,
                    outcomes,
                    plain_cells,
                    scratch,
                    state,
                )
                loaded[cfg[at.THREADS]] = -1
            state += 1
            spent += 1
        if cfg[at.SHORT_OF] != 0:
            return NEEDS_RECORDS
        if counters[BLOCKS] > cfg[at.MOST_BLOCKS]:
            return TOO_NARROW
        settle(
            cfg,
            counters,
            scratch,
            pending,
            pending_facts,
            table,
            store,
            parent,
            via,
            start,
            target,
            edge_move,
            edge_perm,
            status,
            first,
            state,
        )
        if cfg[at.FIRST_FAULT] != 0:
            for kind in range(32):
                if counters[FAULTS + 2 * kind] != 0:
                    return FOUND
    return ended
