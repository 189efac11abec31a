"""Records: allocation from free lists, frees, and frees that wait for the readers of RCU.

Grace periods run one after the other: what is deferred while one runs waits for the next, which waits for every reader
that it finds.  So a record is freed no sooner than RCU promises, and sometimes one grace period later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner
from lockwright.simulate import places as at
from lockwright.simulate.accesses import is_gone
from lockwright.simulate.system import rouse
from lockwright.simulate.values import put_result, value_of

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays

IS_OUT, NEXT_FREE, NEXT_DEFERRED, ADDRESS, POOL = range(5)
BASE, STRIDE, COUNT, FIRST_FREE = range(4)


@inner
def allocate(s: Arrays, thread: Int64, row: Int64) -> None:
    """Take a free record of a pool, or none; its lines are at home on the node that was asked for, or the thread's."""
    pool = s.code[row, op.X]
    record = s.pools[pool, FIRST_FREE]
    if record < 0:
        put_result(s, thread, row, np.int64(0))
        return
    s.pools[pool, FIRST_FREE] = s.records[record, NEXT_FREE]
    s.records[record, IS_OUT] = 1
    base, stride = s.records[record, ADDRESS], s.pools[pool, STRIDE]
    node = value_of(s, thread, row, op.A)
    if node < 0 or node >= s.cfg[at.NODES]:
        node = s.node_of[s.core_of[thread]]
    for cell in range(base, base + stride):
        if s.code[row, op.Y] != 0:
            s.memory[cell] = 0
        s.lines[s.line_of[cell], at.HOME] = node
    put_result(s, thread, row, base)


@inner
def _release(s: Arrays, record: Int64) -> None:
    pool = s.records[record, POOL]
    s.records[record, IS_OUT] = 0
    s.records[record, NEXT_FREE] = s.pools[pool, FIRST_FREE]
    s.pools[pool, FIRST_FREE] = record


@inner
def free(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Free a record, now or after its readers; return 0, or a fault."""
    address = value_of(s, thread, row, op.A)
    if address == 0:
        return np.int64(-op.NULL)
    record = np.int64(s.record_of[address])
    if record < 0 or s.records[record, IS_OUT] != 1 or s.records[record, ADDRESS] != address:
        return np.int64(-op.DOUBLE_FREE)
    if s.code[row, op.OP] == op.FREE:
        _release(s, record)
        return np.int64(0)
    head = value_of(s, thread, row, op.B)
    if head != 0:
        if is_gone(s, head):
            return np.int64(-op.USE_AFTER_FREE)
        s.memory[head] = address
    s.records[record, IS_OUT] = 2  # until its readers have gone it may be read, but not be freed again
    s.records[record, NEXT_DEFERRED] = s.cfg[at.GRACE]
    s.cfg[at.GRACE] = record
    if s.cfg[at.GRACE_WAITS] == 0:
        _begin_grace(s, now)
    return np.int64(0)


@inner
def _begin_grace(s: Arrays, now: Int64) -> None:
    """Wait for all who read now; what was deferred until now goes with them."""
    while s.cfg[at.GRACE] >= 0 or s.cfg[at.BATCH_WANTED] != 0:
        s.cfg[at.DEFERRED] = s.cfg[at.GRACE]
        s.cfg[at.GRACE] = at.NONE
        s.cfg[at.BATCH_WANTED] = 0
        s.cfg[at.BATCH] += 1
        for thread in range(s.cfg[at.THREADS]):
            if s.threads[thread, at.READING] > 0:
                s.threads[thread, at.AWAITED_GRACE] = 1
                s.cfg[at.GRACE_WAITS] += 1
        if s.cfg[at.GRACE_WAITS] != 0:
            return
        _end_grace(s, now)


@inner
def _end_grace(s: Arrays, now: Int64) -> None:
    record = s.cfg[at.DEFERRED]
    s.cfg[at.DEFERRED] = at.NONE
    while record >= 0:
        behind = s.records[record, NEXT_DEFERRED]
        _release(s, record)
        record = behind
    for thread in range(s.cfg[at.THREADS]):
        is_waiting = s.threads[thread, at.STATE] == at.ON_READERS
        if is_waiting and s.threads[thread, at.SLEEP_BITS] <= s.cfg[at.BATCH]:
            rouse(s, thread, now)


@inner
def section(s: Arrays, thread: Int64, row: Int64, now: Int64) -> Int64:
    """Enter or leave a read section, or wait for all readers; return whether the thread sleeps."""
    if s.code[row, op.OP] == op.RCU_SYNCHRONIZE:
        s.threads[thread, at.STATE] = at.ON_READERS
        s.threads[thread, at.SLEEP_BITS] = s.cfg[at.BATCH] + 1
        s.cfg[at.BATCH_WANTED] = 1
        if s.cfg[at.GRACE_WAITS] == 0:
            _begin_grace(s, now)
        return True
    s.threads[thread, at.READING] += s.code[row, op.X]
    if s.threads[thread, at.READING] == 0 and s.threads[thread, at.AWAITED_GRACE] != 0:
        s.threads[thread, at.AWAITED_GRACE] = 0
        s.cfg[at.GRACE_WAITS] -= 1
        if s.cfg[at.GRACE_WAITS] == 0:
            _end_grace(s, now)
            _begin_grace(s, now)
    return False
