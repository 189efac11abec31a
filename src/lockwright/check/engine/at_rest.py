"""What is asked of a final state: what the at-rest functions assert, leaks, and the values that memory ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.check.engine.counters import FOUND_OUTCOMES, note_fault
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.flat.local import local_run

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s

FINAL_FUEL = 100_000


@inner
def find_leak(facts: Int64s, cfg: Int64s, w: Int64s, reached: Int64s) -> Int64:
    """Return whether a record that is allocated is reached neither from a global nor from a record that is."""
    count = cfg[at.RECORD_COUNT]
    for record in range(count):
        reached[record] = 0
    is_new = True
    while is_new:
        is_new = False
        for cell in range(1, cfg[at.CELLS]):
            inside = facts[cell, at.RECORD]
            if facts[cell, at.INNER] == 0 or (inside >= 0 and reached[inside] == 0):
                continue
            value = w[cfg[at.MEMORY] + cell]
            if 0 < value < cfg[at.CELLS] and facts[value, at.RECORD] >= 0 and reached[facts[value, at.RECORD]] == 0:
                reached[facts[value, at.RECORD]] = 1
                is_new = True
    for record in range(count):  # noqa: SIM110 - numba compiles a loop faster than a generator
        if w[cfg[at.RECORDS] + record] != 0 and reached[record] == 0:
            return True
    return False


@inner
def run_at_rest(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    cfg: Int64s,
    w: Int64s,
    entry: Int64,
) -> Int64:
    """Run one at-rest function, alone; return 0, a fault, or DISABLED where a pool has run out of records."""
    block = cfg[at.REST]
    thread = np.int64(0)
    for index in range(cfg[at.BLOCK]):
        w[block + index] = 0
    base = block + at.SLOT
    pc = local_run(code, consts, stops, w, base, entry, thread)
    for _ in range(FINAL_FUEL):
        if pc < 0 or stops[pc] == op.END:
            break
        pc = do.visible_step(code, consts, facts, tables, lock_of, cfg, w, block, pc, thread, np.int64(0))
        cfg[at.LOGGED] = 0
        if pc >= 0:
            pc = local_run(code, consts, stops, w, base, pc, thread)
    if pc == at.DISABLED and cfg[at.SHORT_OF] == 0:  # nobody is left who could end a wait
        return -op.ENDLESS_LOOP
    if pc < 0:
        return pc
    return 0 if stops[pc] == op.END else -op.ENDLESS_LOOP


@inner
def at_rest(
    code: Int64s,
    consts: Int64s,
    stops: UInt8s,
    facts: Int64s,
    tables: Int64s,
    lock_of: Int64s,
    entries: Int64s,
    cfg: Int64s,
    w: Int64s,
    counters: Int64s,
    outcomes: Int64s,
    plain_cells: Int64s,
    scratch: Int64s,
    state: Int64,
) -> None:
    """Judge a final state; memory is not kept."""
    tso = cfg[at.TSO]
    cfg[at.TSO] = 0
    for number in range(cfg[at.AT_RESTS]):
        result = run_at_rest(code, consts, stops, facts, tables, lock_of, cfg, w, entries[number])
        if result == at.DISABLED:  # no fault: the search begins anew with more records
            break
        if result < 0:
            kind = -result
            note_fault(counters, np.int64(op.AT_REST) if kind == op.ASSERTION else kind, state, np.int64(-1))
            break
    if cfg[at.LEAKS] != 0 and find_leak(facts, cfg, w, scratch):
        note_fault(counters, np.int64(op.LEAK), state, np.int64(-1))
    cfg[at.TSO] = tso
    if cfg[at.OUTCOMES] == 0:
        return
    found = counters[FOUND_OUTCOMES]
    for number in range(found + 1):
        if number == found:
            if found < outcomes.shape[0]:
                for index in range(cfg[at.PLAIN_CELLS]):
                    outcomes[found, index] = w[cfg[at.MEMORY] + plain_cells[index]]
                counters[FOUND_OUTCOMES] = found + 1
            return
        is_same = True
        for index in range(cfg[at.PLAIN_CELLS]):
            if outcomes[number, index] != w[cfg[at.MEMORY] + plain_cells[index]]:
                is_same = False
                break
        if is_same:
            return
