"""CPUs and the frames of their threads, under `sc` and `tso`: who runs, who may be interrupted, who may migrate.

1. A thread is a stack of frames: its own, and those of handlers on top of it.  The first numbers of its block are the
   frame that runs; those below are kept behind its buffer, the oldest first.
2. A frame of a handler that has come to its end is left at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine.changes import put
from lockwright.flat import opcodes as op
from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


# Frames.


@inner
def frame_of(cfg: Int64s, w: Int64s, block: Int64, depth: Int64) -> Int64:
    """Return where a frame stands; the thread's own has depth 0, the one that runs the greatest."""
    if depth == w[block + at.DEPTH]:
        return block
    return block + cfg[at.FRAMES] + at.FRAME * depth


@inner
def live_slots(rows: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return the mask of the slots that some frame of a thread may still read."""
    live = rows[w[block + at.PC], at.LIVE]
    for depth in range(w[block + at.DEPTH]):
        live |= rows[w[block + cfg[at.FRAMES] + at.FRAME * depth + at.PC], at.LIVE]
    return live


@inner
def phase_of(cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return where a thread is with respect to the lock under test: its innermost frame that is not outside tells."""
    found = w[block + at.PHASE]
    for depth in range(w[block + at.DEPTH] - 1, -1, -1):
        if found == 0:
            found = w[block + cfg[at.FRAMES] + at.FRAME * depth + at.PHASE]
    return found


@inner
def leave_ended(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> None:
    """Leave the handlers that have come to their end."""
    while w[block + at.DEPTH] > 0 and w[block + at.SLEEP] == at.AWAKE and code[w[block + at.PC], op.OP] == op.RETURN:
        flags = tables[cfg[at.HANDLER_ROWS] + w[block + at.HANDLER] - 1, at.FLAGS]
        if flags & (at.MASKABLE | at.SOFTIRQ) == at.MASKABLE:
            put(w, cfg, block + at.MASKED, np.int64(0))
        depth = w[block + at.DEPTH] - 1
        kept = block + cfg[at.FRAMES] + at.FRAME * depth
        for index in range(at.FRAME):
            put(w, cfg, block + index, w[kept + index])
            put(w, cfg, kept + index, np.int64(0))
        put(w, cfg, block + at.DEPTH, depth)


# Interrupts.


@inner
def is_running(cfg: Int64s, w: Int64s, block: Int64, handler: Int64) -> Int64:
    """Return whether a handler runs on a thread."""
    for depth in range(w[block + at.DEPTH] + 1):
        if w[frame_of(cfg, w, block, depth) + at.HANDLER] == handler + 1:
            return True
    return False


@inner
def in_nmi(tables: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return whether a handler that cannot be masked runs on a thread."""
    for depth in range(w[block + at.DEPTH] + 1):
        handler = w[frame_of(cfg, w, block, depth) + at.HANDLER]
        if handler > 0 and tables[cfg[at.HANDLER_ROWS] + handler - 1, at.FLAGS] & at.MASKABLE == 0:
            return True
    return False


@inner
def lets_in(tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, handler: Int64) -> Int64:
    """Return whether nothing on the CPU of a thread holds a handler off."""
    row = cfg[at.HANDLER_ROWS] + handler
    only, flags = tables[row, at.ONLY_CPU], tables[row, at.FLAGS]
    if (only >= 0 and only != w[block + at.ON_CPU]) or is_running(cfg, w, block, handler):
        return False
    if flags & at.MASKABLE == 0:
        return True
    if flags & at.SOFTIRQ != 0 and (w[block + at.DEPTH] != 0 or w[block + at.SOFTIRQS_OFF] != 0):
        return False
    return w[block + at.MASKED] == 0


@inner
def may_arrive(code: Int64s, tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, handler: Int64) -> Int64:
    """Return whether a handler may begin on top of a thread now."""
    has_ended = code[w[block + at.PC], op.OP] == op.RETURN and w[block + at.SLEEP] == at.AWAKE
    raised = cfg[at.RAISED] + handler * cfg[at.CPUS] + w[block + at.ON_CPU]
    if has_ended or (w[cfg[at.ARRIVALS] + handler] == 0 and w[raised] == 0):
        return False
    return lets_in(tables, cfg, w, block, handler)


@inner
def is_open(tables: Int64s, cfg: Int64s, w: Int64s, block: Int64) -> Int64:
    """Return whether any handler may arrive on a thread here, now or after somebody raises it."""
    for handler in range(cfg[at.HANDLERS]):
        may_come = tables[cfg[at.HANDLER_ROWS] + handler, at.FLAGS] & at.RAISABLE != 0
        if (may_come or w[cfg[at.ARRIVALS] + handler] != 0) and lets_in(tables, cfg, w, block, handler):
            return True
    return False


@inner
def arrive(tables: Int64s, cfg: Int64s, w: Int64s, block: Int64, handler: Int64) -> Int64:
    """Let a handler begin on top of a thread; return the row of its entry."""
    raised = cfg[at.RAISED] + handler * cfg[at.CPUS] + w[block + at.ON_CPU]
    if w[raised] != 0:
        put(w, cfg, raised, np.int64(0))
    else:
        put(w, cfg, cfg[at.ARRIVALS] + handler, w[cfg[at.ARRIVALS] + handler] - 1)
    if w[block + at.SLEEP] == at.HALTED:
        w[block + at.SLEEP] = at.AWAKE
    kept = block + cfg[at.FRAMES] + at.FRAME * w[block + at.DEPTH]
    for index in range(at.FRAME):
        w[kept + index] = w[block + index]
        w[block + index] = 0
    w[block + at.DEPTH] += 1
    w[block + at.HANDLER] = handler + 1
    row = cfg[at.HANDLER_ROWS] + handler
    if tables[row, at.FLAGS] & (at.MASKABLE | at.SOFTIRQ) == at.MASKABLE:
        w[block + at.MASKED] = 1
    w[block + at.PC] = tables[row, at.ENTRY_ROW]
    return tables[row, at.ENTRY_ROW]


# Several threads on one CPU.


@inner
def keeps_its_cpu(w: Int64s, block: Int64) -> Int64:
    """Return whether a thread cannot be preempted: preemption, interrupts or softirqs are off, or a handler runs."""
    if w[block + at.SLEEP] == at.PARKED or w[block + at.SLEEP] == at.ON_FUTEX or w[block + at.SLEEP] == at.ON_READERS:
        return False
    return (
        w[block + at.UNPREEMPTED] != 0
        or w[block + at.MASKED] != 0
        or w[block + at.SOFTIRQS_OFF] != 0
        or w[block + at.DEPTH] != 0
    )


@inner
def is_kept(cfg: Int64s, w: Int64s, thread: Int64, cpu: Int64) -> Int64:
    """Return whether a thread other than this one keeps a CPU, or what it stored has not drained yet."""
    for other in range(cfg[at.THREADS]):
        block = other * cfg[at.BLOCK]
        is_there = other != thread and w[block + at.ON_CPU] == cpu
        if is_there and (w[block + at.BUFFERED] != 0 or keeps_its_cpu(w, block)):
            return True
    return False


@inner
def is_kept_out(cfg: Int64s, w: Int64s, thread: Int64) -> Int64:
    """Return whether another thread keeps the CPU of this one."""
    if cfg[at.SHARES_CPUS] == 0:
        return False
    return is_kept(cfg, w, thread, w[thread * cfg[at.BLOCK] + at.ON_CPU])


# Migration.


@inner
def may_migrate(code: Int64s, rows: Int64s, cfg: Int64s, w: Int64s, thread: Int64, cpu: Int64) -> Int64:
    """Return whether a thread may come to another CPU now.

    If steps are merged, under `sc` and without handlers: only where it makes a difference on which CPU it is.
    """
    block = thread * cfg[at.BLOCK]
    pc = w[block + at.PC]
    if w[block + at.ON_CPU] == cpu or w[cfg[at.OFFLINE] + cpu] != 0 or code[pc, op.OP] == op.RETURN:
        return False
    if w[block + at.SLEEP] != at.AWAKE or w[block + at.BUFFERED] != 0 or keeps_its_cpu(w, block):
        return False
    if is_kept(cfg, w, thread, cpu):
        return False
    is_everywhere = cfg[at.MERGE] == 0 or cfg[at.TSO] != 0 or cfg[at.HANDLERS] != 0
    return is_everywhere or rows[pc, at.ASKS_CPU] != 0 or is_kept_out(cfg, w, thread)
