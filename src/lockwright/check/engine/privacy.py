"""Which memory no other thread can name, in one state: there a step is seen by nobody, and a dead word is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine import processors
from lockwright.check.engine.changes import put
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


@inner
def elements_of(facts: Int64s, cfg: Int64s, address: Int64) -> Int64:
    """Return the bit of the private-able element in which an address lies, 0 if in none."""
    if address <= 0 or address >= cfg[at.CELLS] or facts[address, at.ELEMENT] < 0:
        return 0
    return 1 << facts[address, at.ELEMENT]


@inner
def is_private(
    facts: Int64s,
    elements: Int64s,
    slot_kinds: Int64s,
    cfg: Int64s,
    w: Int64s,
    thread: Int64,
    address: Int64,
    with_own: Int64,
) -> Int64:
    """Return whether no other thread can name an address, now or before `thread` moves again.

    Others name what their registers and the store buffers of all hold, their own elements of arrays that are indexed
    by nothing but the own number, every global, and what can be reached from there.
    """
    mine = elements_of(facts, cfg, address)
    if mine == 0:
        return False
    reached = 0
    for other in range(cfg[at.THREADS]):
        block = other * cfg[at.BLOCK]
        if other != thread:
            for slot in range(cfg[at.SLOTS]):
                if slot_kinds[slot] == op.POINTER_KIND:
                    reached |= elements_of(facts, cfg, w[block + at.SLOT + slot])
            for depth in range(w[block + at.DEPTH] + 1):
                frame = processors.frame_of(cfg, w, block, depth)
                reached |= elements_of(facts, cfg, w[frame + at.SLEEP_ADDRESS])
        if other != thread or with_own != 0:
            for number in range(w[block + at.BUFFERED]):
                entry = block + cfg[at.BUFFER] + at.ENTRY * number
                if other != thread:
                    reached |= elements_of(facts, cfg, w[entry])
                if facts[w[entry], at.KIND] == op.POINTER_KIND:
                    reached |= elements_of(facts, cfg, w[entry + 1])
    for element in range(cfg[at.ELEMENTS]):
        if elements[element, 2] >= 0 and elements[element, 2] != thread:
            reached |= 1 << element
    for cell in range(1, cfg[at.CELLS]):
        if facts[cell, at.KIND] == op.POINTER_KIND and facts[cell, at.ELEMENT] < 0:
            reached |= elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
    before = 0
    while before != reached and reached & mine == 0:
        before = reached
        for element in range(cfg[at.ELEMENTS]):
            if (reached >> element) & 1:
                for cell in range(elements[element, 0], elements[element, 0] + elements[element, 1]):
                    if facts[cell, at.KIND] == op.POINTER_KIND:
                        reached |= elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
    return reached & mine == 0


@inner
def owned(elements: Int64s, cfg: Int64s, thread: Int64) -> Int64:
    """Return the elements of arrays that a thread reaches by its own number."""
    found = 0
    for element in range(cfg[at.ELEMENTS]):
        if elements[element, 2] == thread:
            found |= 1 << element
    return found


@inner
def named_from_outside(facts: Int64s, elements: Int64s, slot_kinds: Int64s, cfg: Int64s, w: Int64s) -> Int64:
    """Return the elements that a global names, or a register or buffered store of a thread that does not own them."""
    reached = 0
    for thread in range(cfg[at.THREADS]):
        block = thread * cfg[at.BLOCK]
        names = elements_of(facts, cfg, w[block + at.SLEEP_ADDRESS])
        for slot in range(cfg[at.SLOTS]):
            if slot_kinds[slot] == op.POINTER_KIND:
                names |= elements_of(facts, cfg, w[block + at.SLOT + slot])
        for number in range(w[block + at.BUFFERED]):
            entry = block + cfg[at.BUFFER] + at.ENTRY * number
            names |= elements_of(facts, cfg, w[entry])
            if facts[w[entry], at.KIND] == op.POINTER_KIND:
                reached |= elements_of(facts, cfg, w[entry + 1])
        if names != 0:
            reached |= names & ~owned(elements, cfg, thread)
    for cell in range(1, cfg[at.CELLS]):
        if facts[cell, at.KIND] == op.POINTER_KIND and facts[cell, at.ELEMENT] < 0:
            reached |= elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
    return reached


@inner
def is_dead(rows: Int64s, facts: Int64s, cfg: Int64s, w: Int64s, owner: Int64, cell: Int64) -> Int64:
    """Return whether a thread has no use for what a word of its own holds."""
    word = facts[cell, at.OWN]
    if word < 0:
        return False
    return (rows[w[owner * cfg[at.BLOCK] + at.PC], at.DEAD_WORDS] >> word) & 1 != 0


@inner
def clear_dead_words(
    rows: Int64s, facts: Int64s, elements: Int64s, own: Int64s, slot_kinds: Int64s, cfg: Int64s, w: Int64s
) -> None:
    """Let words be 0 that nobody reads before their thread has written them, in elements that no other can name.

    What such a word points at is not named by it.
    """
    reached = named_from_outside(facts, elements, slot_kinds, cfg, w)
    before = -1
    while before != reached:
        before = reached
        for element in range(cfg[at.ELEMENTS]):
            is_reached, owner = (reached >> element) & 1, elements[element, 2]
            if is_reached == 0 and owner < 0:
                continue
            for cell in range(elements[element, 0], elements[element, 0] + elements[element, 1]):
                if facts[cell, at.KIND] != op.POINTER_KIND:
                    continue
                names = elements_of(facts, cfg, w[cfg[at.MEMORY] + cell])
                if names == 0 or names & reached != 0:
                    continue
                if is_reached != 0:
                    reached |= names
                elif not is_dead(rows, facts, cfg, w, owner, cell):
                    reached |= names & ~owned(elements, cfg, owner)
    for thread in range(cfg[at.THREADS]):
        dead = rows[w[thread * cfg[at.BLOCK] + at.PC], at.DEAD_WORDS]
        if dead == 0:
            continue
        for word in range(cfg[at.OWN_WORDS]):
            cell = own[word, 0] + thread * own[word, 1]
            is_private = elements_of(facts, cfg, cell) & reached == 0
            if (dead >> word) & 1 and is_private and w[cfg[at.MEMORY] + cell] != 0:
                put(w, cfg, cfg[at.MEMORY] + cell, np.int64(0))
