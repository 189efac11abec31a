"""One visible instruction of one thread, under `sc` and `tso`.

1. A store enters the buffer of its thread under `tso`, and memory under `sc`.
2. A load takes the newest entry of its own buffer that overlaps it; one with only some of its bits must drain.
3. Updates, seq_cst stores and fences, and whatever asks the system for something, need an empty buffer.
4. Every change outside the block of the acting thread is logged, so that it can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.changes import put, undo, value_of
from lockwright.check.engine.records import allocate, free, is_gone, section
from lockwright.check.engine.system import combinations, sleepers, system
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import wrap
from lockwright.flat.parts import put_bits, take_bits, updated

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


@inner
def flush(code: Int64s, facts: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Let the oldest buffered store reach memory; return 0, or a fault."""
    first = block + cfg[at.BUFFER]
    address, value, row = w[first], w[first + 1], w[first + 2]
    if is_gone(facts, cfg, w, address):
        return -op.USE_AFTER_FREE
    cell = cfg[at.MEMORY] + address
    put(w, cfg, cell, put_bits(w[cell], value, code[row, op.Y], code[row, op.Z]))
    length = w[block + at.BUFFERED] - 1
    w[block + at.BUFFERED] = length
    for index in range(at.ENTRY * length):
        w[first + index] = w[first + index + at.ENTRY]
    for index in range(at.ENTRY * length, at.ENTRY * length + at.ENTRY):
        w[first + index] = 0
    return 0


@inner
def read(code: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, address: Int64) -> Int64:
    """Return the buffer entry that a load reads from (counted from 1), 0 for memory, or DISABLED."""
    shift, bits = code[pc, op.Y], code[pc, op.Z]
    for number in range(w[block + at.BUFFERED] - 1, -1, -1):
        entry = block + cfg[at.BUFFER] + at.ENTRY * number
        if w[entry] != address:
            continue
        row = w[entry + 2]
        first, size = code[row, op.Y], code[row, op.Z]
        if size == 0:
            return number + 1
        if bits == 0:
            return at.DISABLED
        if first >= shift + bits or shift >= first + size:
            continue
        if first <= shift and shift + bits <= first + size:
            return number + 1
        return at.DISABLED
    return 0


@inner
def access(code: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, address: Int64, b: Int64, c: Int64) -> Int64:
    """Do a memory instruction; return the next row, or DISABLED.  The result goes into its slot."""
    opcode, bits = code[pc, op.OP], code[pc, op.BITS]
    shift, size = code[pc, op.Y], code[pc, op.Z]
    cell = cfg[at.MEMORY] + address
    result = code[pc, op.D]
    if opcode == op.LOAD or opcode == op.ATOMIC_LOAD:
        source = read(code, cfg, w, block, pc, address)
        if source < 0:
            return at.DISABLED
        value = w[cell]
        if source > 0:
            entry = block + cfg[at.BUFFER] + at.ENTRY * (source - 1)
            value = w[entry + 1]
            if size != 0:
                shift -= code[w[entry + 2], op.Y]
        if result >= 0:
            w[block + at.SLOT + result] = wrap(take_bits(value, shift, size), bits)
        return pc + 1
    length = w[block + at.BUFFERED]
    if opcode == op.STORE or opcode == op.ATOMIC_STORE:
        if cfg[at.TSO] != 0 and (opcode == op.STORE or code[pc, op.X] != op.SEQ_CST):
            if length >= cfg[at.CAPACITY]:
                return at.DISABLED
            entry = block + cfg[at.BUFFER] + at.ENTRY * length
            w[entry] = address
            w[entry + 1] = b
            w[entry + 2] = pc
            w[block + at.BUFFERED] = length + 1
            return pc + 1
        if length != 0:
            return at.DISABLED
        put(w, cfg, cell, put_bits(w[cell], b, shift, size))
        return pc + 1
    if length != 0:
        return at.DISABLED
    old = wrap(take_bits(w[cell], shift, size), bits)
    new = updated(opcode, old, b, c, bits)
    if new != old:
        put(w, cfg, cell, put_bits(w[cell], new, shift, size))
    if result >= 0:
        w[block + at.SLOT + result] = old
    return pc + 1


@inner
def mark(
    code: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    address: Int64,
    got: Int64,
    thread: Int64,
) -> Int64:
    """Pass a boundary of a lock; return the next row, or a fault.  Events count as `opcodes.EVENTS` lists them."""
    event = code[pc, op.X]
    lock = -1
    if code[pc, op.Y] >= 0:
        lock = lock_of[code[pc, op.Y], address]
    if lock < 0:
        return pc + 1
    holder = cfg[at.HOLDERS] + 2 * lock
    is_end = (event & 1) == 1
    bit = 1 << thread
    phase = w[block + at.PHASE]
    if event == 1 or event == 11 or (event == 3 and got != 0):
        if w[holder] != 0 or w[holder + 1] != 0:
            return -op.TWO_HOLDERS
        put(w, cfg, holder, thread + 1)
        phase = 3
    elif event == 7:
        if w[holder] != 0:
            return -op.TWO_HOLDERS
        put(w, cfg, holder + 1, w[holder + 1] | bit)
        phase = 3
    elif event == 4 or event == 12:
        if w[holder] != thread + 1:
            return -op.NOT_HOLDER
        put(w, cfg, holder, np.int64(0))
        phase = 4
    elif event == 8:
        if w[holder + 1] & bit == 0:
            return -op.NOT_HOLDER
        put(w, cfg, holder + 1, w[holder + 1] & ~bit)
        phase = 4
    elif event == 2 or event == 3:
        pass
    elif is_end:
        phase = 0
    else:
        phase = 1
    if lock == cfg[at.SUBJECT]:
        w[block + at.PHASE] = phase
    return pc + 1


@inner
def choices(code: Int64s, consts: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64) -> Int64:
    """Return how many choices the instruction has."""
    opcode = code[pc, op.OP]
    if opcode == op.GIVE_UP or opcode == op.ALLOC:
        return 2
    if opcode == op.RANDOM:
        return max(1, value_of(consts, w, block, code[pc, op.A]))
    if opcode == op.FUTEX_WAKE:
        address = value_of(consts, w, block, code[pc, op.A])
        count = value_of(consts, w, block, code[pc, op.B])
        found = sleepers(w, cfg, address, value_of(consts, w, block, code[pc, op.C]))
        return combinations(found, min(count, found))
    return 1


@inner
def visible_step(
    code: Int64s,
    consts: Int64s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    block: Int64,
    pc: Int64,
    thread: Int64,
    choice: Int64,
) -> Int64:
    """Do the visible instruction at `pc`; return the next row, a fault, or DISABLED.

    `tables` is one array: the heap pools, the handlers and the CPUs, each from its own first row on.
    """
    opcode = code[pc, op.OP]
    a = value_of(consts, w, block, code[pc, op.A])
    b = value_of(consts, w, block, code[pc, op.B])
    c = value_of(consts, w, block, code[pc, op.C])
    if (op.LOAD <= opcode <= op.FETCH_AND) or opcode == op.FUTEX_WAIT:
        if a == 0:
            return -op.NULL
        if is_gone(facts, cfg, w, a):
            return -op.USE_AFTER_FREE
        if opcode != op.FUTEX_WAIT:
            return access(code, cfg, w, block, pc, a, b, c)
    if opcode == op.FENCE:
        if code[pc, op.X] == op.SEQ_CST and w[block + at.BUFFERED] != 0:
            return at.DISABLED
        return pc + 1
    if opcode == op.MARK:
        return mark(code, lock_of, cfg, w, block, pc, a, b, thread)
    if opcode == op.DOORWAY:
        if w[block + at.PHASE] == 1:
            w[block + at.PHASE] = 2
        return pc + 1
    if opcode == op.RUNNING or opcode == op.RANDOM or opcode == op.GIVE_UP:
        result = choice
        if opcode == op.RUNNING:
            result = 1
            if cfg[at.FOREVER] == 0:
                result = np.int64(w[block + at.LEFT] > 0)
                w[block + at.LEFT] -= result
        elif opcode == op.RANDOM and a == 0:
            return -op.RANDOM_OF_ZERO
        if code[pc, op.D] >= 0:
            w[block + at.SLOT + code[pc, op.D]] = result
        return pc + 1
    if opcode == op.ALLOC:
        return allocate(code, facts, tables, cfg, w, block, pc, choice)
    if opcode == op.FREE or opcode == op.RCU_FREE:
        return free(code, facts, cfg, w, block, pc, a, b)
    if opcode == op.RCU_READ or opcode == op.RCU_SYNCHRONIZE:
        return section(code, tables, cfg, w, block, pc, thread)
    return system(code, tables, cfg, w, block, pc, a, b, c, choice)


__all__ = ["choices", "flush", "undo", "value_of", "visible_step"]
