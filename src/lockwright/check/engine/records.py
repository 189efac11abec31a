"""Records of the heap: allocation that may fail, frees, and frees that wait for the readers.

A record whose free is put off has the threads it waits for as a mask; without any it is free at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.changes import put
from lockwright.check.engine.processors import frame_of
from lockwright.check.engine.system import wake
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


@inner
def is_gone(facts: Int64s, cfg: Int64s, w: Int64s, address: Int64) -> Int64:
    """Return whether an address lies in a record that is not allocated."""
    if cfg[at.HAS_HEAP] == 0:
        return False
    record = facts[address, at.RECORD]
    return record >= 0 and w[cfg[at.RECORDS] + record] == 0


@inner
def allocate(
    code: Int64s, facts: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, choice: Int64
) -> Int64:
    """Take the lowest free record of a pool, or none (choice 1); return the next row, or DISABLED."""
    pool = cfg[at.POOL_ROWS] + code[pc, op.X]
    result = 0
    if choice == 0:
        for index in range(tables[pool, 2]):
            base = tables[pool, 0] + index * tables[pool, 1]
            live = cfg[at.RECORDS] + facts[base, at.RECORD]
            if w[live] == 0:
                put(w, cfg, live, np.int64(1))
                result = base
                break
        if result == 0:
            cfg[at.SHORT_OF] = code[pc, op.X] + 1
            return at.DISABLED
        if code[pc, op.Y] != 0:
            for cell in range(result, result + tables[pool, 1]):
                put(w, cfg, cfg[at.MEMORY] + cell, np.int64(0))
    if code[pc, op.D] >= 0:
        w[block + at.SLOT + code[pc, op.D]] = result
    return pc + 1


@inner
def free(
    code: Int64s, facts: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, address: Int64, head: Int64
) -> Int64:
    """Free a record, now or after its readers; return the next row, a fault, or DISABLED."""
    if w[block + at.BUFFERED] != 0:
        return at.DISABLED
    if address == 0:
        return -op.NULL
    record = facts[address, at.RECORD]
    if record < 0 or w[cfg[at.RECORDS] + record] == 0 or w[cfg[at.DEFERRED] + record] != 0:
        return -op.DOUBLE_FREE
    waits_for = 0
    if code[pc, op.OP] == op.RCU_FREE:
        if head != 0:
            if is_gone(facts, cfg, w, head):
                return -op.USE_AFTER_FREE
            put(w, cfg, cfg[at.MEMORY] + head, address)
        waits_for = readers(cfg, w)
    if waits_for == 0:
        put(w, cfg, cfg[at.RECORDS] + record, np.int64(0))
    else:
        put(w, cfg, cfg[at.DEFERRED] + record, waits_for)
    return pc + 1


@inner
def readers(cfg: Int64s, w: Int64s) -> Int64:
    """Return the mask of the threads in a read section."""
    found = np.int64(0)
    for thread in range(cfg[at.THREADS]):
        if w[thread * cfg[at.BLOCK] + at.READING] != 0:
            found |= 1 << thread
    return found


@inner
def leave_section(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, thread: Int64) -> None:
    """Free what waited for this reader only, and wake who did."""
    others = ~(1 << thread)
    for record in range(cfg[at.RECORD_COUNT]):
        place = cfg[at.DEFERRED] + record
        if w[place] != 0:
            put(w, cfg, place, w[place] & others)
            if w[place] == 0:
                put(w, cfg, cfg[at.RECORDS] + record, np.int64(0))
    for waiting in range(cfg[at.THREADS]):
        block = waiting * cfg[at.BLOCK]
        for depth in range(w[block + at.DEPTH], -1, -1):
            frame = frame_of(cfg, w, block, depth)
            if w[frame + at.SLEEP] == at.ON_READERS:
                put(w, cfg, frame + at.SLEEP_BITS, w[frame + at.SLEEP_BITS] & others)
                if w[frame + at.SLEEP_BITS] == 0:
                    wake(code, tables, cfg, w, block, frame)


@inner
def section(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, pc: Int64, thread: Int64) -> Int64:
    """Enter or leave a read section, or wait for all that are in one; return the next row, or DISABLED."""
    enters = code[pc, op.OP] == op.RCU_READ and code[pc, op.X] > 0
    if not enters and w[block + at.BUFFERED] != 0:
        return at.DISABLED
    if code[pc, op.OP] == op.RCU_SYNCHRONIZE:
        others = readers(cfg, w) & ~(1 << thread)
        if others != 0:
            w[block + at.SLEEP] = at.ON_READERS
            w[block + at.SLEEP_BITS] = others
        return pc + 1
    w[block + at.READING] += code[pc, op.X]
    if w[block + at.READING] == 0:
        leave_section(code, tables, cfg, w, thread)
    return pc + 1
