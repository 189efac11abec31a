"""The successors of one state, put down as pending: they are looked up in the table together, a little later.

Here each move is made anew; `remembered` makes it once where it depends on little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import canonical, processors
from lockwright.check.engine import machine as do
from lockwright.check.engine import pieces as of
from lockwright.check.engine import places as at
from lockwright.check.engine.counters import TABLE_MASK, note_fault
from lockwright.check.engine.moves import move
from lockwright.check.engine.table import hash_of, prefetch
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

# What is kept of a pending successor, besides its words.
SOURCE, MOVE, PERM, HASH, MAY_STAY = range(5)
PENDING_FACTS = 5


@inlined
def pend(
    cfg: Int64s,
    counters: Int64s,
    table: Int64s,
    pending: Int64s,
    facts_of: Int64s,
    state: Int64,
    number: Int64,
    perm: Int64,
    may_stay: Int64,
) -> None:
    """Finish a pending successor whose words stand in their place."""
    place = cfg[at.PENDING]
    words = cfg[at.WORDS]
    hashed = hash_of(pending, place * words, words)
    prefetch(table, hashed & counters[TABLE_MASK])
    facts_of[place, SOURCE] = state
    facts_of[place, MOVE] = number
    facts_of[place, PERM] = perm
    facts_of[place, HASH] = hashed
    facts_of[place, MAY_STAY] = may_stay
    cfg[at.PENDING] = place + 1


@inner
def keep_block(cfg: Int64s, w: Int64s, block: Int64) -> None:
    """Keep the block of the thread that moves, and forget what was logged."""
    for index in range(cfg[at.BLOCK]):
        w[cfg[at.KEEP] + index] = w[block + index]
    cfg[at.LOGGED] = 0


@inner
def is_unchanged(cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return whether a move left everything as it was."""
    for index in range(cfg[at.BLOCK]):
        if w[block + index] != w[cfg[at.KEEP] + index]:
            return False
    return cfg[at.LOGGED] == 0


@inner
def make_canonical(
    code: Int64s,
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
) -> Int64:
    """Write the canonical form of the state in `w` to the front of `out`; return the permutation, or -1."""
    for index in range(cfg[at.STATE_END]):
        out[index] = w[index]
    if cfg[at.TICKET_GROUPS] != 0:
        amount = scratch[3072:3328].reshape(128, 2)
        canonical.shift_tickets(code, rows, facts, words, slot_kinds, refs, amount, cfg, out)
    if cfg[at.SYMMETRIC] == 0:
        return np.int64(-1)
    signature, total, renaming = scratch[0:1024], scratch[1024:2048], scratch[2048:3072]
    moved, second = scratch[4096:], out[cfg[at.TOTAL] :]
    canonical.find_permutation(
        code, rows, facts, names, words, slot_kinds, classes, signature, total, renaming, cfg, out
    )
    canonical.rename(code, facts, names, words, slot_kinds, rows, renaming, moved, cfg, out, second)
    for index in range(cfg[at.STATE_END]):
        out[index] = second[index]
    perm = np.int64(0)
    for thread in range(cfg[at.THREADS]):
        perm |= renaming[thread] << (4 * thread)
    return perm


@inner
def put_all(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    cfg: Int64s,
    state: Int64s,
    counters: Int64s,
    layout: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
    shared: Int64s,
    shared_table: Int64s,
    pending: Int64s,
) -> None:
    """Intern all pieces of a state; its words are the next pending ones."""
    threads, words = cfg[at.THREADS], cfg[at.WORDS]
    base = cfg[at.PENDING] * words
    for word in range(words):
        pending[base + word] = 0
    for thread in range(threads):
        number = of.intern_block(
            code, consts, stops, cfg, state, thread * cfg[at.BLOCK], counters, blocks, block_table, described
        )
        of.put_piece(layout, pending, base, thread, number)
    number = of.intern_shared(cfg, state, cfg[at.MEMORY], counters, shared, shared_table)
    of.put_piece(layout, pending, base, threads, number)


@inner
def put_changed(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    cfg: Int64s,
    w: Int64s,
    counters: Int64s,
    layout: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
    shared: Int64s,
    shared_table: Int64s,
    pending: Int64s,
    store: Int64s,
    state: Int64,
    thread: Int64,
) -> None:
    """Intern the pieces that a move of a thread has changed; the words are the next pending ones."""
    words, block_size = cfg[at.WORDS], cfg[at.BLOCK]
    base = cfg[at.PENDING] * words
    for word in range(words):
        pending[base + word] = store[state * words + word]
    changed = 1 << thread
    for entry in range(cfg[at.LOGGED]):
        index = w[cfg[at.LOG] + 2 * entry]
        changed |= 1 << (index // block_size if index < cfg[at.MEMORY] else cfg[at.THREADS])
    for other in range(cfg[at.THREADS]):
        if (changed >> other) & 1:
            number = of.intern_block(
                code, consts, stops, cfg, w, other * block_size, counters, blocks, block_table, described
            )
            of.put_piece(layout, pending, base, other, number)
    if (changed >> cfg[at.THREADS]) & 1:
        number = of.intern_shared(cfg, w, cfg[at.MEMORY], counters, shared, shared_table)
        of.put_piece(layout, pending, base, cfg[at.THREADS], number)


@inner
def expand_by_moves(
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
    refs: Int64s,
    classes: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
    scratch: Int64s,
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
    state: Int64,
) -> None:
    """Make each move of the state in `w` and put down where it leads."""
    for thread in range(cfg[at.THREADS]):
        block = thread * cfg[at.BLOCK]
        pc = w[block + at.PC]
        is_buffered = w[block + at.BUFFERED] != 0
        is_kept_out = processors.is_kept_out(cfg, w, thread)
        steps, others = np.int64(0), cfg[at.HANDLERS]
        if cfg[at.MIGRATES] != 0:
            others += cfg[at.CPUS]
        if not is_kept_out:
            steps = choices_of(code, consts, stops, cfg, w, block)
        may_go = is_kept_out or steps != 0
        for index in range(steps + is_buffered + others):
            is_flush = bool(index >= steps)
            choice = np.int64(index)
            if is_flush:
                choice = np.int64(index - steps - is_buffered + 1)
                if choice > cfg[at.HANDLERS]:
                    cpu = choice - cfg[at.HANDLERS] - 1
                    if not may_go or not processors.may_migrate(code, rows, cfg, w, thread, cpu):
                        continue
                elif choice > 0 and (is_kept_out or not processors.may_arrive(code, tables, cfg, w, block, choice - 1)):
                    continue
            keep_block(cfg, w, block)
            result = move(
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
                thread,
                choice,
                is_flush,
            )
            number = np.int64(thread | is_flush << 4 | choice << 5)
            if result < 0:
                note_fault(counters, -result, state, number)
            elif result > 0:
                may_stay = rows[pc, at.RESTART] != 0 and not is_flush and w[block + at.PC] == pc
                if may_stay and cfg[at.MIGRATES] != 0 and is_unchanged(cfg, w, block):
                    may_go = is_kept_out  # one that waits would look in vain elsewhere too
                perm = np.int64(-1)
                if cfg[at.SYMMETRIC] == 0 and cfg[at.TICKET_GROUPS] == 0:
                    put_changed(
                        code,
                        consts,
                        stops,
                        cfg,
                        w,
                        counters,
                        layout,
                        blocks,
                        block_table,
                        described,
                        shared,
                        shared_table,
                        pending,
                        store,
                        state,
                        np.int64(thread),
                    )
                else:
                    perm = make_canonical(
                        code, rows, facts, names, words, slot_kinds, refs, classes, scratch, cfg, w, out
                    )
                    put_all(
                        code,
                        consts,
                        stops,
                        cfg,
                        out,
                        counters,
                        layout,
                        blocks,
                        block_table,
                        described,
                        shared,
                        shared_table,
                        pending,
                    )
                pend(cfg, counters, table, pending, pending_facts, state, number, perm, np.int64(may_stay))
            do.undo(w, cfg, block)


@inner
def choices_of(code: Int64s, consts: Int64s, stops: UInt8s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return how many choices the next step of a thread has; 0: it takes none."""
    pc = w[block + at.PC]
    if w[block + at.SLEEP] != at.AWAKE or stops[pc] == op.END:
        return np.int64(0)
    steps = do.choices(code, consts, cfg, w, block, pc)
    cfg[at.MOST_STEPS] = max(cfg[at.MOST_STEPS], steps)
    return steps
