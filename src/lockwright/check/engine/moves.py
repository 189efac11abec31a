"""One move of a thread.

If steps are merged: what may lead (plain accesses, beginnings of lock and unlock), one instruction that others can see,
and all that nobody can see behind it.  Without merging: one visible instruction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.check.engine import processors
from lockwright.check.engine.privacy import clear_dead_words, is_private
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import local_run

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

INSIDE = 3
LONGEST_MOVE = 200
"""Invisible visible-instructions that one move may merge; more are cut into several moves."""


@inner
def is_plain(opcode: Int64) -> Int64:
    """Return whether an instruction is a plain access."""
    return opcode == op.LOAD or opcode == op.STORE


@inner
def class_of(
    code: Int64s,
    consts: Int64s,
    rows: Int64s,
    facts: Int64s,
    elements: Int64s,
    slot_kinds: Int64s,
    cfg: Int64s,
    w: Int64s,
    thread: Int64,
    pc: Int64,
) -> Int64:
    """Return how the instruction at `pc` takes part in a move, in this state."""
    if cfg[at.MERGE] == 0:
        return at.STOP
    found = rows[pc, at.CLASS]
    if found != at.DYNAMIC:
        return found
    address = do.value_of(consts, w, thread * cfg[at.BLOCK], code[pc, op.A])
    if is_private(facts, elements, slot_kinds, cfg, w, thread, address, np.int64(1)):
        return at.PASS
    return np.int64(at.LEAD if is_plain(code[pc, op.OP]) and cfg[at.RACES] != 0 else at.STOP)


@inner
def reads_own_store(code: Int64s, consts: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64) -> Int64:
    """Return whether the instruction at `pc` is a load that takes its value from the store buffer of its thread."""
    opcode = code[pc, op.OP]
    if opcode != op.LOAD and opcode != op.ATOMIC_LOAD:
        return False
    return do.read(code, cfg, w, block, pc, do.value_of(consts, w, block, code[pc, op.A])) > 0


@inner
def ends_silent_part(code: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, phase: Int64) -> Int64:
    """Return whether what leads ends behind `pc`: a lock was entered, or left, with no step yet that others see.

    Else nobody would be seen inside, and two who enter in one move, or one who enters twice, would not be counted.
    """
    if cfg[at.MERGE] == 0 or code[pc, op.OP] != op.MARK:
        return False
    event = code[pc, op.X]
    is_entry = event == 1 or event == 3 or event == 7 or event == 11
    return is_entry or (phase == INSIDE and w[block + at.PHASE] == 0)


@inner
def drain(
    code: Int64s, facts: Int64s, elements: Int64s, slot_kinds: Int64s, cfg: Int64s, w: Int64s, thread: Int64
) -> Int64:
    """Let buffered stores reach memory as long as nobody can see it; return 0, or a fault."""
    block = thread * cfg[at.BLOCK]
    while w[block + at.BUFFERED] > 0:
        first = block + cfg[at.BUFFER]
        is_unseen = code[w[first + 2], op.OP] == op.STORE and cfg[at.RACES] != 0
        if not is_unseen and not is_private(facts, elements, slot_kinds, cfg, w, thread, w[first], np.int64(0)):
            return 0
        result = do.flush(code, facts, cfg, w, block)
        if result < 0:
            return result
    return 0


@inner
def note_access(cfg: Int64s, w: Int64s, thread: Int64, pc: Int64, address: Int64) -> None:
    """Note a plain access that a thread is about to make: thread, address, row."""
    number = cfg[at.ACCESSED]
    if number < 64 and address > 0:
        base = cfg[at.ACCESSES] + 3 * number
        w[base] = thread
        w[base + 1] = address
        w[base + 2] = pc
        cfg[at.ACCESSED] = number + 1


@inner
def race(code: Int64s, cfg: Int64s, w: Int64s) -> Int64:
    """Return the thread of an access that races with one of another thread, or -1."""
    for first in range(cfg[at.ACCESSED]):
        one = cfg[at.ACCESSES] + 3 * first
        for second in range(first):
            two = cfg[at.ACCESSES] + 3 * second
            if w[one] == w[two] or w[one + 1] != w[two + 1]:
                continue
            a, b = w[one + 2], w[two + 2]
            if code[a, op.OP] == op.LOAD and code[b, op.OP] == op.LOAD:
                continue
            are_parts = code[a, op.Z] != 0 and code[b, op.Z] != 0
            is_above = code[a, op.Y] >= code[b, op.Y] + code[b, op.Z]
            if are_parts and (is_above or code[b, op.Y] >= code[a, op.Y] + code[a, op.Z]):
                continue
            return w[one]
    return -1


@inner
def move(
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
    thread: Int64,
    choice: Int64,
    is_flush: bool,
) -> Int64:
    """Do one move of a thread; return 1 if it did anything, 0 if it can't move, or a fault.

    A flush with a choice is the arrival of that handler, counted from 1, or behind them the move to a CPU.
    Nothing is merged across a point where a handler may arrive, unless it is all the same when it does.
    A move that others can't see, and after which the thread has to wait until its buffered stores have arrived, is not
    made: what leads waits with the step that it leads to, and loads of own stores may as well read when those have
    arrived; nobody can tell the difference.
    """
    block = thread * cfg[at.BLOCK]
    pc = w[block + at.PC]
    start = pc
    has_moved = False
    leads = True
    may_wait = cfg[at.DRAINS_FIRST] != 0 and w[block + at.BUFFERED] != 0 and not is_flush
    phase = w[block + at.PHASE]
    base = block + at.SLOT
    if is_flush and choice > cfg[at.HANDLERS]:
        w[block + at.ON_CPU] = choice - cfg[at.HANDLERS] - 1
        return 1
    if is_flush and choice > 0:
        pc = processors.arrive(tables, cfg, w, block, choice - 1)
        result = local_run(code, consts, stops, w, base, pc, thread)
        if result < 0:
            return result
        w[block + at.PC] = result
        processors.leave_ended(code, tables, cfg, w, block)
        pc = w[block + at.PC]
        has_moved, leads = True, False
    elif is_flush:
        result = do.flush(code, facts, cfg, w, block)
        if result < 0:
            return result
        has_moved, leads = True, False
        if cfg[at.MERGE] != 0:
            result = drain(code, facts, elements, slot_kinds, cfg, w, thread)
            if result < 0:
                return result
    for _ in range(LONGEST_MOVE):
        if stops[pc] == op.END or w[block + at.SLEEP] != at.AWAKE or (is_flush and cfg[at.MERGE] == 0):
            break
        kind = class_of(code, consts, rows, facts, elements, slot_kinds, cfg, w, thread, pc)
        if not leads and kind != at.PASS:
            break
        is_disturbed = has_moved and cfg[at.HANDLERS] != 0 and rows[pc, at.UNDISTURBED] == 0
        asks = has_moved and cfg[at.MIGRATES] != 0 and rows[pc, at.ASKS_CPU] != 0
        if asks and not processors.keeps_its_cpu(w, block):
            break
        if is_disturbed and processors.is_open(tables, cfg, w, block):
            break
        opcode = code[pc, op.OP]
        chooses = opcode == op.RANDOM or opcode == op.GIVE_UP or opcode == op.ALLOC or opcode == op.FUTEX_WAKE
        if leads and pc != start and chooses:
            break
        if kind != at.PASS and is_plain(opcode):
            address = do.value_of(consts, w, block, code[pc, op.A])
            note_access(cfg, w, thread, pc, address)
        is_own = kind != at.STOP or (may_wait and reads_own_store(code, consts, cfg, w, block, pc))
        result = do.visible_step(code, consts, facts, tables, lock_of, cfg, w, block, pc, thread, choice)
        if result == at.DISABLED:
            break
        if result >= 0:
            result = local_run(code, consts, stops, w, base, result, thread)
        if result < 0:
            w[block + at.PC] = pc
            return result
        has_moved = True
        may_wait = may_wait and is_own
        if kind == at.STOP or (leads and ends_silent_part(code, cfg, w, block, pc, phase)):
            leads = False
        w[block + at.PC] = result
        depth = w[block + at.DEPTH]
        if depth != 0:
            processors.leave_ended(code, tables, cfg, w, block)
        pc = w[block + at.PC]
        if cfg[at.MERGE] != 0 and w[block + at.BUFFERED] != 0:
            result = drain(code, facts, elements, slot_kinds, cfg, w, thread)
            if result < 0:
                return result
        if w[block + at.PHASE] == 1 and rows[pc, at.RESTART] != 0 and rows[pc, at.HAS_DOORWAY] == 0:
            w[block + at.PHASE] = 2
            if leads:
                break
        if cfg[at.SHARES_CPUS] != 0 and w[block + at.DEPTH] < depth:
            break  # others may have the CPU now
    if not has_moved:
        return 0
    if may_wait and rows[pc, at.DRAINS] != 0 and w[block + at.BUFFERED] != 0:
        is_asking = leads and w[block + at.PHASE] != 2
        if is_asking or w[block + at.PHASE] == phase:
            return 0
    if cfg[at.DEAD] != 0:
        live = processors.live_slots(rows, cfg, w, block)
        for slot in range(cfg[at.SLOTS]):
            if (live >> slot) & 1 == 0:
                w[base + slot] = 0
    if cfg[at.OWN_WORDS] != 0:
        clear_dead_words(rows, facts, elements, own, slot_kinds, cfg, w)
    return 1
