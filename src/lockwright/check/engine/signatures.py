"""What tells threads and heap records of one state from each other, whoever they are: their signatures.

A signature says what a thread or record is, holds, and who points at it.  All begin alike, and each round of `refine`
looks one step further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.processors import live_slots
from lockwright.check.engine.table import mix
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s

# Columns of what is known of the name of each cell.
FIRST, FIRST_STRIDE, SECOND, SECOND_STRIDE, RECORD, RECORD_STRIDE, SAME = range(7)
NAME_FACTS = 7
TOUCHED = 512
"""Where, behind the sums of the signatures, it is noted who is not alone; so many threads and records have a place."""


@inlined
def touch(total: Int64s, cfg: Int64s, index: Int64) -> None:
    """Note that a thread or record is named by another, or names one."""
    if cfg[at.THREADS] + cfg[at.RECORD_COUNT] <= TOUCHED:
        total[TOUCHED + index] = 1


@inlined
def is_alone(total: Int64s, cfg: Int64s, index: Int64) -> Int64:
    """Return whether a thread or record names no other, and none names it: those that look alike are alike."""
    return cfg[at.THREADS] + cfg[at.RECORD_COUNT] <= TOUCHED and total[TOUCHED + index] == 0


@inlined
def touch_named(names: Int64s, total: Int64s, cfg: Int64s, address: Int64) -> None:
    """Note of the owners of a cell that they are not alone."""
    if names[address, FIRST] >= 0:
        touch(total, cfg, names[address, FIRST])
    if names[address, SECOND] >= 0:
        touch(total, cfg, names[address, SECOND])
    if names[address, RECORD] >= 0:
        touch(total, cfg, cfg[at.THREADS] + names[address, RECORD])


@inlined
def is_name(names: Int64s, cfg: Int64s, kind: Int64, value: Int64) -> Int64:
    """Return whether a value may name a thread or a record."""
    if kind == op.POINTER_KIND and 0 < value < cfg[at.CELLS]:
        return names[value, FIRST] >= 0 or names[value, RECORD] >= 0
    return kind == op.THREAD_KIND or kind >= op.WORD_KIND


@inner
def entity(names: Int64s, signature: Int64s, cfg: Int64s, address: Int64) -> Int64:
    """Return a number for what an address names, whoever it belongs to."""
    value = names[address, SAME]
    if names[address, FIRST] >= 0:
        value += signature[names[address, FIRST]] * 3
    if names[address, SECOND] >= 0:
        value += signature[names[address, SECOND]] * 5
    if names[address, RECORD] >= 0:
        value += signature[cfg[at.THREADS] + names[address, RECORD]] * 3
    return mix(value)


@inner
def look(
    names: Int64s,
    words: Int64s,
    signature: Int64s,
    total: Int64s,
    cfg: Int64s,
    kind: Int64,
    value: Int64,
    salt: Int64,
) -> Int64:
    """Return a number for a value, and tell what it points at who points there."""
    if kind == op.VALUE_KIND:
        return mix(value + salt)
    if kind == op.THREAD_KIND:
        if value < 0 or value >= cfg[at.THREADS]:
            return mix(value + salt)
        total[value] += mix(salt + 77)
        touch(total, cfg, value)
        return mix(signature[value] + salt + 1)
    if kind == op.POINTER_KIND:
        if value <= 0 or value >= cfg[at.CELLS]:
            return mix(salt)
        touch_named(names, total, cfg, value)
        if names[value, FIRST] >= 0:
            total[names[value, FIRST]] += mix(salt + names[value, SAME] + 99)
        if names[value, RECORD] >= 0:
            total[cfg[at.THREADS] + names[value, RECORD]] += mix(salt + names[value, SAME] + 99)
        return mix(entity(names, signature, cfg, value) + salt + 2)
    if kind >= op.WORD_KIND:
        found = 0
        for part in range(words[kind - op.WORD_KIND, 0]):
            base = 1 + 3 * part
            bits = words[kind - op.WORD_KIND, base + 1]
            piece = (value >> words[kind - op.WORD_KIND, base]) & ((1 << bits) - 1)
            inner = words[kind - op.WORD_KIND, base + 2]
            if inner == op.THREAD_KIND and piece < cfg[at.THREADS]:
                total[piece] += mix(salt + part + 55)
                touch(total, cfg, piece)
                found += mix(signature[piece] + salt + part)
            elif inner < op.TICKET_KIND:
                found += mix(piece + salt + part)
        return found
    return mix(salt)  # a ticket: its distance counts later


@inner
def part_kind(words: Int64s, kind: Int64, shift: Int64, bits: Int64) -> Int64:
    """Return the kind of a part of a cell."""
    if bits == 0:
        return kind
    if kind >= op.WORD_KIND:
        for part in range(words[kind - op.WORD_KIND, 0]):
            base = 1 + 3 * part
            if words[kind - op.WORD_KIND, base] == shift and words[kind - op.WORD_KIND, base + 1] == bits:
                return words[kind - op.WORD_KIND, base + 2]
    return op.VALUE_KIND


@inner
def look_at_frame(names: Int64s, signature: Int64s, cfg: Int64s, w: Int64s, frame: Int64) -> Int64:
    """Return a number for a frame: where it stands and why it sleeps."""
    found = np.int64(0)
    for place in range(at.FRAME):
        value = w[frame + place]
        if value == 0 or (place == at.SLEEP_BITS and w[frame + at.SLEEP] == at.ON_READERS):
            continue  # whom it waits for is told by the records and their readers
        if place == at.SLEEP_ADDRESS:
            value = entity(names, signature, cfg, value)
        found += mix(value * 64 + place)
    return found


@inner
def refine(
    code: Int64s,
    rows: Int64s,
    facts: Int64s,
    names: Int64s,
    words: Int64s,
    slot_kinds: Int64s,
    signature: Int64s,
    total: Int64s,
    cfg: Int64s,
    w: Int64s,
) -> None:
    """Refine all signatures by one round."""
    threads = cfg[at.THREADS]
    count = threads + cfg[at.RECORD_COUNT]
    for index in range(count):
        total[index] = mix(signature[index])
        if count <= TOUCHED:
            total[TOUCHED + index] = 0
    for thread in range(threads):
        block = thread * cfg[at.BLOCK]
        live = live_slots(rows, cfg, w, block)
        found = look_at_frame(names, signature, cfg, w, block)
        for depth in range(w[block + at.DEPTH]):
            found += mix(look_at_frame(names, signature, cfg, w, block + cfg[at.FRAMES] + at.FRAME * depth) + depth)
        for place in range(at.FRAME, at.SLOT):
            if w[block + place] != 0 and (place != at.ON_CPU or cfg[at.MIGRATES] != 0):
                found += mix(w[block + place] * 64 + place)
        if w[block + at.BUFFERED] != 0 or w[block + at.SLEEP_ADDRESS] != 0 or w[block + at.DEPTH] != 0:
            touch(total, cfg, thread)
        own = signature[thread]
        for slot in range(cfg[at.SLOTS]):
            value = w[block + at.SLOT + slot]
            kind = slot_kinds[slot]
            if value != 0 or kind == op.THREAD_KIND or kind >= op.TICKET_KIND:
                if kind == op.THREAD_KIND and (live >> slot) & 1 == 0:
                    continue
                if op.TICKET_KIND <= kind < op.WORD_KIND:
                    kind = np.int64(op.VALUE_KIND)
                if kind == op.THREAD_KIND and value == thread:
                    found += mix(np.int64(12345 + slot))
                else:
                    if is_name(names, cfg, kind, value):
                        touch(total, cfg, thread)
                    found += look(
                        names,
                        words,
                        signature,
                        total,
                        cfg,
                        kind,
                        value,
                        own + mix(np.int64(1000 + slot)),
                    )
        for number in range(w[block + at.BUFFERED]):
            entry = block + cfg[at.BUFFER] + at.ENTRY * number
            row = w[entry + 2]
            kind = part_kind(words, facts[w[entry], at.KIND], code[row, op.Y], code[row, op.Z])
            if op.TICKET_KIND <= kind < op.WORD_KIND:
                kind = np.int64(op.VALUE_KIND)
            salt = mix(np.int64(2000 + number)) + row
            found += look(names, words, signature, total, cfg, np.int64(op.POINTER_KIND), w[entry], salt)
            found += look(names, words, signature, total, cfg, kind, w[entry + 1], salt + own)
        total[thread] += mix(found)
    for cell in range(1, cfg[at.CELLS]):
        value, kind = w[cfg[at.MEMORY] + cell], facts[cell, at.KIND]
        place = entity(names, signature, cfg, cell)
        if op.TICKET_KIND <= kind < op.WORD_KIND:
            kind = np.int64(op.VALUE_KIND)
        seen = look(names, words, signature, total, cfg, kind, value, place)
        if value != 0 and (names[cell, SECOND] >= 0 or is_name(names, cfg, kind, value)):
            touch_named(names, total, cfg, cell)
        if names[cell, FIRST] >= 0:
            total[names[cell, FIRST]] += mix(seen + names[cell, SAME])
        if names[cell, RECORD] >= 0:
            total[threads + names[cell, RECORD]] += mix(seen + names[cell, SAME])
    for lock in range(cfg[at.LOCKS]):
        holder = cfg[at.HOLDERS] + 2 * lock
        if w[holder] > 0:
            total[w[holder] - 1] += mix(np.int64(3000 + lock))
            touch(total, cfg, w[holder] - 1)
        for thread in range(threads):
            if (w[holder + 1] >> thread) & 1:
                total[thread] += mix(np.int64(4000 + lock))
    for index in range(count):
        signature[index] = total[index]
    for record in range(cfg[at.RECORD_COUNT]):
        signature[threads + record] += mix(w[cfg[at.RECORDS] + record])
        for thread in range(threads):
            if (w[cfg[at.DEFERRED] + record] >> thread) & 1:
                signature[threads + record] += mix(signature[thread] + 5000)
                touch(total, cfg, thread)
                touch(total, cfg, threads + record)


@inner
def find_tie(classes: Int64s, signature: Int64s, total: Int64s, cfg: Int64s) -> Int64:
    """Return a thread or record whose signature another of its class has too, and that is not alone; or -1."""
    count = cfg[at.THREADS] + cfg[at.RECORD_COUNT]
    for first in range(count):
        if is_alone(total, cfg, first):
            continue
        for second in range(first + 1, count):
            if classes[first] == classes[second] and signature[first] == signature[second]:
                return first
    return -1
