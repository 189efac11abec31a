"""Moves that are made once and remembered: threads meet the same situation in many states.

What is remembered depends on nothing but the block of its thread and what all share: `rows.depends_on_little` says in
which programs all moves are so.  Else `expand` makes each anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import machine as do
from lockwright.check.engine import pieces as of
from lockwright.check.engine import places as at
from lockwright.check.engine.counters import STATES, note_fault
from lockwright.check.engine.expand import keep_block, pend
from lockwright.check.engine.moves import move
from lockwright.check.engine.table import prefetch
from lockwright.flat.jit import inlined, inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

NOTHING = -1
"""What is remembered of a move that cannot be made; a fault is less: minus its number, minus one."""
FLUSH_CHOICE, MOST_REMEMBERED = 31, 1 << 22
AHEAD = 6
"""How many states before its turn what is remembered of a state is fetched."""


@inner
def make_and_remember(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    elements: Int64s,
    own: Int64s,
    slot_kinds: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    counters: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
    shared: Int64s,
    shared_table: Int64s,
    loaded: Int64s,
    thread: Int64,
    choice: Int64,
    is_flush: bool,
    one: Int64,
    common: Int64,
) -> Int64:
    """Make the move of a thread that has block `one` where `common` is shared; return both afterwards, or less."""
    of.load_block(cfg, w, blocks, loaded, thread, one)
    of.load_shared(cfg, w, shared, loaded, common)
    block = thread * cfg[at.BLOCK]
    keep_block(cfg, w, block)
    result = move(
        code, consts, stops, rows, facts, elements, own, slot_kinds, tables, lock_of, cfg, w, thread, choice, is_flush
    )
    value = result - 1
    if result > 0:
        after = of.intern_block(code, consts, stops, cfg, w, block, counters, blocks, block_table, described)
        if cfg[at.LOGGED] != 0:
            common = of.intern_shared(cfg, w, cfg[at.MEMORY], counters, shared, shared_table)
        value = (after << 32) | common
    do.undo(w, cfg, block)
    return value


@inlined
def remembered_at(memory: Int64s, key: Int64) -> Int64:
    """Return where a move is remembered, if it is."""
    slot = key * -7046029254386353131
    return 2 * ((slot ^ (slot >> 32)) & (memory.shape[0] // 2 - 1))


@inlined
def key_of(common: Int64, one: Int64, choice: Int64, thread: Int64) -> Int64:
    """Return what tells a move from all others: what is shared, the block, the choice, the thread."""
    return (common << 31) | (one << 9) | (choice << 4) | thread


@inlined
def look_ahead(
    cfg: Int64s,
    counters: Int64s,
    layout: Int64s,
    described: Int64s,
    memory: Int64s,
    store: Int64s,
    state: Int64,
) -> None:
    """Ask the processor for what is remembered of the moves of a state that comes soon."""
    if state >= counters[STATES]:
        return
    threads, base = cfg[at.THREADS], state * cfg[at.WORDS]
    common = of.piece_of(layout, store, base, threads)
    for thread in range(threads):
        one = of.piece_of(layout, store, base, thread)
        told = described[one]
        if (told & of.STEPS_MASK << of.STEPS_AT) != 0:
            prefetch(memory, remembered_at(memory, key_of(common, one, np.int64(0), thread)))
        if (told & of.HAS_STORES) != 0:
            prefetch(memory, remembered_at(memory, key_of(common, one, np.int64(FLUSH_CHOICE), thread)))


@inlined
def expand_by_memory(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    rows: Int64s,
    facts: Int64s,
    elements: Int64s,
    own: Int64s,
    slot_kinds: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    counters: Int64s,
    layout: Int64s,
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
    state: Int64,
) -> None:
    """Put down the successors of a state, of moves that are remembered as far as possible."""
    words = cfg[at.WORDS]
    threads = cfg[at.THREADS]
    base = state * words
    common = of.piece_of(layout, store, base, threads)
    look_ahead(cfg, counters, layout, described, memory, store, state + AHEAD)
    for thread in range(threads):
        one = of.piece_of(layout, store, base, thread)
        told = described[one]
        steps = (told >> of.STEPS_AT) & of.STEPS_MASK
        has_stores = (told & of.HAS_STORES) != 0
        for choice in range(steps + has_stores):
            is_flush = choice == steps
            key = key_of(common, one, np.int64(FLUSH_CHOICE if is_flush else choice), thread)
            slot = remembered_at(memory, key)
            can_remember = (is_flush or choice < FLUSH_CHOICE) and one < MOST_REMEMBERED
            if can_remember and memory[slot] == key + 1:
                value = memory[slot + 1]
            else:
                value = make_and_remember(
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
                    blocks,
                    block_table,
                    described,
                    shared,
                    shared_table,
                    loaded,
                    np.int64(thread),
                    np.int64(0 if is_flush else choice),
                    is_flush,
                    one,
                    common,
                )
                if can_remember:
                    memory[slot] = key + 1
                    memory[slot + 1] = value
            number = np.int64(thread | 16 if is_flush else thread | choice << 5)
            if value >= 0:
                place = cfg[at.PENDING] * words
                for word in range(words):
                    pending[place + word] = store[base + word]
                after = value >> 32
                of.put_piece(layout, pending, place, thread, after)
                of.put_piece(layout, pending, place, threads, value & 0xFFFFFFFF)
                pc = of.row_of(told)
                may_stay = rows[pc, at.RESTART] != 0 and not is_flush and of.row_of(described[after]) == pc
                pend(cfg, counters, table, pending, pending_facts, state, number, np.int64(-1), np.int64(may_stay))
            elif value < NOTHING:
                note_fault(counters, -(value + 1), state, number)
