"""One state for all that differ only in who is who: threads renamed, records renumbered, tickets shifted.

1. Each thread and each heap record has a signature (`signatures`), refined in rounds.
2. Threads of one group are sorted by signature, records of one pool likewise.  Equal signatures keep their order, after
   one of them was made special and the others refined: perhaps not the only form, but always an equivalent state.
3. Tickets of a group are shifted so that the reference word of the group is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.processors import live_slots
from lockwright.check.engine.signatures import (
    FIRST,
    FIRST_STRIDE,
    RECORD,
    RECORD_STRIDE,
    SECOND,
    SECOND_STRIDE,
    find_tie,
    part_kind,
    refine,
)
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s

ROUNDS = 3


@inner
def ticketless(words: Int64s, amount: Int64s, cfg: Int64s, kind: Int64, value: Int64) -> Int64:
    """Return a value with its tickets counted from the reference of their group."""
    if kind < op.TICKET_KIND or cfg[at.TICKET_GROUPS] == 0:
        return value
    if kind < op.WORD_KIND:
        group = kind - op.TICKET_KIND
        bits = amount[group, 1]
        mask = -1 if bits >= 64 else (1 << bits) - 1
        return (value - amount[group, 0]) & mask
    word = kind - op.WORD_KIND
    for part in range(words[word, 0]):
        base = 1 + 3 * part
        inner = words[word, base + 2]
        if inner >= op.TICKET_KIND:
            shift, bits = words[word, base], words[word, base + 1]
            mask = (1 << bits) - 1
            piece = (((value >> shift) & mask) - amount[inner - op.TICKET_KIND, 0]) & mask
            value = (value & ~(mask << shift)) | (piece << shift)
    return value


@inner
def renamed(words: Int64s, perm: Int64s, moved: Int64s, cfg: Int64s, kind: Int64, value: Int64) -> Int64:
    """Return a value after threads and addresses have their new names."""
    if kind == op.THREAD_KIND and 0 <= value < cfg[at.THREADS]:
        return perm[value]
    if kind == op.POINTER_KIND and 0 < value < cfg[at.CELLS]:
        return moved[value]
    if kind >= op.WORD_KIND:
        word = kind - op.WORD_KIND
        for part in range(words[word, 0]):
            base = 1 + 3 * part
            if words[word, base + 2] == op.THREAD_KIND:
                shift, mask = words[word, base], (1 << words[word, base + 1]) - 1
                piece = (value >> shift) & mask
                if piece < cfg[at.THREADS]:
                    value = (value & ~(mask << shift)) | (perm[piece] << shift)
    return value


@inner
def set_amounts(refs: Int64s, amount: Int64s, cfg: Int64s, w: Int64s) -> None:
    """Find by how much the tickets of each group are shifted (reference cell, shift, bits, low bits)."""
    for group in range(cfg[at.TICKET_GROUPS]):
        bits = refs[group, 2]
        mask = -1 if bits >= 64 else (1 << bits) - 1
        value = 0
        if refs[group, 0] > 0:
            value = (w[cfg[at.MEMORY] + refs[group, 0]] >> refs[group, 1]) & mask
        amount[group, 0] = value & ~((1 << refs[group, 3]) - 1)
        amount[group, 1] = bits


@inner
def shift_tickets(
    code: Int64s,
    rows: Int64s,
    facts: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    refs: Int64s,
    amount: Int64s,
    cfg: Int64s,
    w: Int64s,
) -> None:
    """Count all tickets of a state from the references, in place."""
    set_amounts(refs, amount, cfg, w)
    for thread in range(cfg[at.THREADS]):
        block = thread * cfg[at.BLOCK]
        live = live_slots(rows, cfg, w, block)
        for slot in range(cfg[at.SLOTS]):
            if (live >> slot) & 1 and slot_kinds[slot] >= op.TICKET_KIND:
                index = block + at.SLOT + slot
                w[index] = ticketless(words, amount, cfg, slot_kinds[slot], w[index])
        for number in range(w[block + at.BUFFERED]):
            entry = block + cfg[at.BUFFER] + at.ENTRY * number
            row = w[entry + 2]
            kind = part_kind(words, facts[w[entry], at.KIND], code[row, op.Y], code[row, op.Z])
            w[entry + 1] = ticketless(words, amount, cfg, kind, w[entry + 1])
    for cell in range(1, cfg[at.CELLS]):
        if facts[cell, at.KIND] >= op.TICKET_KIND:
            w[cfg[at.MEMORY] + cell] = ticketless(words, amount, cfg, facts[cell, at.KIND], w[cfg[at.MEMORY] + cell])


@inner
def rank(classes: Int64s, signature: Int64s, perm: Int64s, cfg: Int64s) -> None:
    """Sort each class by signature: `perm` gets the new number of each thread and record."""
    count = cfg[at.THREADS] + cfg[at.RECORD_COUNT]
    for index in range(count):
        place = 0
        for other in range(count):
            if classes[other] == classes[index]:
                smaller = signature[other] < signature[index]
                if smaller or (signature[other] == signature[index] and other < index):
                    place += 1
        for other in range(count):  # the place-th of its class
            if classes[other] == classes[index]:
                if place == 0:
                    perm[index] = other
                    break
                place -= 1


@inner
def find_permutation(
    code: Int64s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    classes: Int64s,
    signature: Int64s,
    total: Int64s,
    perm: Int64s,
    cfg: Int64s,
    w: Int64s,
) -> None:
    """Find new numbers for threads and records."""
    count = cfg[at.THREADS] + cfg[at.RECORD_COUNT]
    for index in range(count):
        signature[index] = classes[index] * 0
    for _ in range(ROUNDS):
        refine(code, rows, facts, names, words, slot_kinds, signature, total, cfg, w)
        if find_tie(classes, signature, total, cfg) < 0:
            break
    for _ in range(count):
        tied = find_tie(classes, signature, total, cfg)
        if tied < 0:
            break
        signature[tied] += 1234567
        refine(code, rows, facts, names, words, slot_kinds, signature, total, cfg, w)
        refine(code, rows, facts, names, words, slot_kinds, signature, total, cfg, w)
    rank(classes, signature, perm, cfg)


@inner
def renamed_mask(perm: Int64s, cfg: Int64s, mask: Int64) -> Int64:
    """Return a set of threads after they have their new names."""
    found = np.int64(0)
    for thread in range(cfg[at.THREADS]):
        found |= ((mask >> thread) & 1) << perm[thread]
    return found


@inner
def rename_frame(perm: Int64s, moved: Int64s, cfg: Int64s, out: Int64s, frame: Int64) -> None:
    """Give new names to what a frame sleeps on, in place."""
    out[frame + at.SLEEP_ADDRESS] = moved[out[frame + at.SLEEP_ADDRESS]]
    if out[frame + at.SLEEP] == at.ON_READERS:
        out[frame + at.SLEEP_BITS] = renamed_mask(perm, cfg, out[frame + at.SLEEP_BITS])


@inner
def rename(
    code: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    rows: Int64s,
    perm: Int64s,
    moved: Int64s,
    cfg: Int64s,
    w: Int64s,
    out: Int64s,
) -> None:
    """Write the state with new names into `out`."""
    threads = cfg[at.THREADS]
    for cell in range(cfg[at.CELLS]):
        place = cell
        if names[cell, FIRST] >= 0:
            place += (perm[names[cell, FIRST]] - names[cell, FIRST]) * names[cell, FIRST_STRIDE]
        if names[cell, SECOND] >= 0:
            place += (perm[names[cell, SECOND]] - names[cell, SECOND]) * names[cell, SECOND_STRIDE]
        if names[cell, RECORD] >= 0:
            record = threads + names[cell, RECORD]
            place += (perm[record] - record) * names[cell, RECORD_STRIDE]
        moved[cell] = place
    for thread in range(threads):
        block, target = thread * cfg[at.BLOCK], perm[thread] * cfg[at.BLOCK]
        live = live_slots(rows, cfg, w, block)
        for index in range(cfg[at.BLOCK]):
            out[target + index] = w[block + index]
        if cfg[at.MIGRATES] == 0:  # threads that are interchangeable don't look where they are
            out[target + at.ON_CPU] = w[target + at.ON_CPU]
        rename_frame(perm, moved, cfg, out, target)
        for depth in range(w[block + at.DEPTH]):
            rename_frame(perm, moved, cfg, out, target + cfg[at.FRAMES] + at.FRAME * depth)
        for slot in range(cfg[at.SLOTS]):
            if (live >> slot) & 1:
                index = at.SLOT + slot
                out[target + index] = renamed(words, perm, moved, cfg, slot_kinds[slot], w[block + index])
        for number in range(w[block + at.BUFFERED]):
            entry = cfg[at.BUFFER] + at.ENTRY * number
            address, row = w[block + entry], w[block + entry + 2]
            kind = part_kind(words, facts[address, at.KIND], code[row, op.Y], code[row, op.Z])
            out[target + entry] = moved[address]
            out[target + entry + 1] = renamed(words, perm, moved, cfg, kind, w[block + entry + 1])
    for cell in range(cfg[at.CELLS]):
        value = w[cfg[at.MEMORY] + cell]
        out[cfg[at.MEMORY] + moved[cell]] = renamed(words, perm, moved, cfg, facts[cell, at.KIND], value)
    for index in range(cfg[at.HOLDERS], cfg[at.STATE_END]):
        out[index] = w[index]
    for lock in range(cfg[at.LOCKS]):
        holder = cfg[at.HOLDERS] + 2 * lock
        if w[holder] > 0:
            out[holder] = perm[w[holder] - 1] + 1
        out[holder + 1] = renamed_mask(perm, cfg, w[holder + 1])
    for record in range(cfg[at.RECORD_COUNT]):
        place = perm[threads + record] - threads
        out[cfg[at.RECORDS] + place] = w[cfg[at.RECORDS] + record]
        out[cfg[at.DEFERRED] + place] = renamed_mask(perm, cfg, w[cfg[at.DEFERRED] + record])
