"""States as a few small numbers: pieces that many states have in common are kept once.

1. The pieces of a state are the block of each thread, and what all share (memory, holders, latches, ...).  There are
   far fewer different pieces than states (SPIN calls this collapse compression; Holzmann, "State compression in SPIN",
   SPIN workshop 1997).  A state is the numbers of its pieces, in one to three words of 64 bits: nothing is lost.
2. Of each block the search keeps what it asks for every state: see `describe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.check.engine.counters import BLOCKS, SHARED
from lockwright.check.engine.processors import phase_of
from lockwright.check.engine.table import LOWER, UPPER, mix
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner, kernel

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

# What a description of a block holds: the phase, flags, the choices of the next step, the row.
HAS_STORES, IS_AWAKE, HAS_ENDED = 1 << 8, 1 << 9, 1 << 10
STEPS_AT, PC_AT = 12, 32
STEPS_MASK = (1 << (PC_AT - STEPS_AT)) - 1


@inlined
def row_of(described: Int64) -> Int64:
    """Return the row at which a thread stands."""
    return described >> PC_AT


@inlined
def piece_hash(w: Int64s, begin: Int64, size: Int64) -> Int64:
    """Return the hash of some numbers."""
    found = np.int64(size)
    for index in range(begin, begin + size):
        found = (found ^ w[index]) * -7046029254386353131
        found ^= (found >> 29) & 0x7FFFFFFFF
    return mix(found)


@inner
def intern_piece(
    pieces: Int64s, table: Int64s, counters: Int64s, count: Int64, w: Int64s, begin: Int64, size: Int64
) -> Int64:
    """Return the number of a piece; `counters[count]` tells how many there are, and whether it is new."""
    hashed = piece_hash(w, begin, size)
    mask, tag = table.shape[0] - 1, hashed & UPPER
    place = hashed & mask
    while table[place] != 0:
        entry = table[place]
        if (entry & UPPER) == tag:
            number = (entry & LOWER) - 1
            is_same = True
            for index in range(size):
                if pieces[number * size + index] != w[begin + index]:
                    is_same = False
                    break
            if is_same:
                return number
        place = (place + 1) & mask
    number = counters[count]
    counters[count] = number + 1
    table[place] = tag | (number + 1)
    for index in range(size):
        pieces[number * size + index] = w[begin + index]
    return number


@inner
def describe(code: Int64s, consts: Int64s, stops: UInt8s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return what the search asks about a thread in every state.

    The number of choices is right where nothing outside the block has a say in it (`rows.depends_on_little`).
    """
    pc = w[block + at.PC]
    found = (pc << PC_AT) | phase_of(cfg, w, block)
    if w[block + at.BUFFERED] != 0:
        found |= HAS_STORES
    if w[block + at.SLEEP] == at.AWAKE:
        found |= IS_AWAKE
        if stops[pc] == op.END:
            found |= HAS_ENDED
        else:
            steps = do.choices(code, consts, cfg, w, block, pc)
            cfg[at.MOST_STEPS] = max(cfg[at.MOST_STEPS], steps)
            found |= min(steps, np.int64(STEPS_MASK)) << STEPS_AT
    return found


@inner
def intern_block(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    counters: Int64s,
    blocks: Int64s,
    block_table: Int64s,
    described: Int64s,
) -> Int64:
    """Return the number of the block of a thread; a new one is described."""
    before = counters[BLOCKS]
    number = intern_piece(blocks, block_table, counters, np.int64(BLOCKS), w, block, cfg[at.BLOCK])
    if number == before:
        described[number] = describe(code, consts, stops, cfg, w, block)
    return number


@inner
def intern_shared(
    cfg: Int64s, w: Int64s, begin: Int64, counters: Int64s, shared: Int64s, shared_table: Int64s
) -> Int64:
    """Return the number of what threads share, which begins at `begin`."""
    size = cfg[at.STATE_END] - cfg[at.MEMORY]
    return intern_piece(shared, shared_table, counters, np.int64(SHARED), w, begin, size)


@inlined
def piece_of(layout: Int64s, words: Int64s, base: Int64, which: Int64) -> Int64:
    """Return the number of a piece of a state: of a thread, or, behind the last thread, of what they share."""
    return (words[base + layout[which, 0]] >> layout[which, 1]) & layout[which, 2]


@inlined
def put_piece(layout: Int64s, words: Int64s, base: Int64, which: Int64, number: Int64) -> None:
    """Replace the number of a piece."""
    word, shift = base + layout[which, 0], layout[which, 1]
    words[word] = (words[word] & ~(layout[which, 2] << shift)) | (number << shift)


@inner
def load_block(cfg: Int64s, w: Int64s, blocks: Int64s, loaded: Int64s, thread: Int64, number: Int64) -> None:
    """Copy the block of a thread to where it is worked on, unless it is there."""
    if loaded[thread] != number:
        size = cfg[at.BLOCK]
        for index in range(size):
            w[thread * size + index] = blocks[number * size + index]
        loaded[thread] = number


@inner
def load_shared(cfg: Int64s, w: Int64s, shared: Int64s, loaded: Int64s, number: Int64) -> None:
    """Copy what threads share to where it is worked on, unless it is there."""
    if loaded[cfg[at.THREADS]] != number:
        size, begin = cfg[at.STATE_END] - cfg[at.MEMORY], cfg[at.MEMORY]
        for index in range(size):
            w[begin + index] = shared[number * size + index]
        loaded[cfg[at.THREADS]] = number


@kernel
def reindex(pieces: Int64s, table: Int64s, count: Int64, size: Int64) -> None:
    """Enter all pieces into a new table."""
    mask = table.shape[0] - 1
    for number in range(count):
        hashed = piece_hash(pieces, number * size, size)
        place = hashed & mask
        while table[place] != 0:
            place = (place + 1) & mask
        table[place] = (hashed & UPPER) | (number + 1)
