"""What accesses read and write, and whether a round of a waiting loop ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner
from lockwright.flat.local import local_step, wrap
from lockwright.flat.parts import put_bits, take_bits, updated
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays


LEAVES_IF_EQUAL, STAYS_IF_EQUAL = 1, 2
"""What the simplest waiting loops compare: `polls` has this and the other operand, for the row of the load."""


@inlined
def operand(s: Arrays, base: Int64, place: Int64) -> Int64:
    """Return the value of an operand, without the look for indices that wrap around that other arrays have."""
    if place >= 0:
        return s.regs[base + place]
    return s.consts[~place]


@inlined
def value_of(s: Arrays, thread: Int64, row: Int64, column: Int64) -> Int64:
    """Return the value of an operand of a row."""
    return operand(s, thread * s.cfg[at.SLOTS], s.code[row, column])


@inlined
def put_result(s: Arrays, thread: Int64, row: Int64, value: Int64) -> None:
    """Put the result of a row into its slot, if it has one."""
    slot = s.code[row, op.D]
    if slot >= 0:
        s.regs[thread * s.cfg[at.SLOTS] + slot] = value


@inner
def finish_load(s: Arrays, thread: Int64, row: Int64) -> None:
    """Read."""
    whole = s.memory[value_of(s, thread, row, op.A)]
    part = take_bits(whole, s.code[row, op.Y], s.code[row, op.Z])
    put_result(s, thread, row, wrap(part, s.code[row, op.BITS]))


@inner
def store(s: Arrays, address: Int64, value: Int64, row: Int64) -> None:
    """Write."""
    s.memory[address] = put_bits(s.memory[address], value, s.code[row, op.Y], s.code[row, op.Z])


@inlined
def put_store(s: Arrays, thread: Int64) -> None:
    """Write what a thread's store buffer holds."""
    row = s.threads[thread, at.BUFFER_ROW]
    store(s, s.threads[thread, at.BUFFER_ADDRESS], s.threads[thread, at.BUFFER_VALUE], row)


@inner
def update(s: Arrays, thread: Int64, row: Int64) -> None:
    """Read and write in one."""
    address, bits = value_of(s, thread, row, op.A), s.code[row, op.BITS]
    shift, size = s.code[row, op.Y], s.code[row, op.Z]
    old = wrap(take_bits(s.memory[address], shift, size), bits)
    new = updated(s.code[row, op.OP], old, value_of(s, thread, row, op.B), value_of(s, thread, row, op.C), bits)
    s.memory[address] = put_bits(s.memory[address], new, shift, size)
    put_result(s, thread, row, old)


@inlined
def is_over(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Return whether what lies at the address of a load ends a loop that only compares it with one value."""
    whole = s.memory[value_of(s, thread, row, op.A)]
    found = wrap(take_bits(whole, s.code[row, op.Y], s.code[row, op.Z]), s.code[row, op.BITS])
    is_equal = found == operand(s, thread * s.cfg[at.SLOTS], s.polls[row, 1])
    return (s.polls[row, 0] == LEAVES_IF_EQUAL) == is_equal


@inlined
def asks_where(s: Arrays, row: Int64) -> Int64:
    """Return whether a row asks only where its thread runs: each round gets the same answer."""
    return s.kinds[row] == at.SYSTEM and (s.code[row, op.OP] == op.CPU or s.code[row, op.OP] == op.NUMA_NODE)


@inlined
def answer_where(s: Arrays, thread: Int64, base: Int64, row: Int64) -> None:
    """Put the number of a thread's CPU, or of its node, into a slot."""
    if s.code[row, op.D] >= 0:
        node = s.node_of[s.core_of[thread]]
        s.regs[base + s.code[row, op.D]] = thread if s.code[row, op.OP] == op.CPU else node


@inner
def ends_round(s: Arrays, thread: Int64, row: Int64, line: Int64) -> Int64:
    """Return whether what a load found on a line ends the loop in which the thread waits.

    The rest of the round runs here on a copy of the registers, without time or count; if the thread leaves it runs
    again.  If not, the copy is what the thread has where it restarts.  A round passes no row twice, or its thread would
    not sleep: after as many steps as there are rows it is in another loop, and has left this one.
    """
    slots, judge, restart = s.cfg[at.SLOTS], s.cfg[at.THREADS], s.threads[thread, at.RESTART]
    own, copy = thread * slots, judge * slots
    for slot in range(slots):
        s.regs[copy + slot] = s.regs[own + slot]
    finish_load(s, judge, row)
    pc = row + 1
    for _ in range(s.kinds.shape[0]):
        if s.leads_back[pc] == restart:
            for one in range(at.COUNTERS):
                slot = s.counters[row, one, 0]
                if slot >= 0 and s.regs[copy + slot] != s.regs[own + slot] + s.counters[row, one, 1]:
                    return True  # the loop has begun anew
            for slot in range(slots):
                s.regs[own + slot] = s.regs[copy + slot]
            return False
        if s.kinds[pc] == at.FENCE:
            pc += 1
        elif asks_where(s, pc):
            answer_where(s, thread, copy, pc)
            pc += 1
        elif s.kinds[pc] == at.LOAD and s.line_of[value_of(s, judge, pc, op.A)] == line:
            finish_load(s, judge, pc)
            pc += 1
        elif s.kinds[pc] != at.LOCAL:
            return True
        elif s.code[pc, op.OP] == op.BRANCH:
            taken = value_of(s, judge, pc, op.A)
            pc = np.int64(s.code[pc, op.X]) if taken != 0 else np.int64(s.code[pc, op.Y])
        else:
            pc = local_step(s.code, s.consts, s.regs, copy, pc, thread)
            if pc < 0:
                return True
    return True
