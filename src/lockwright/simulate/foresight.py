"""How many rounds of a waiting loop will be as the last, if nothing that it reads is written and it only counts.

The last round is made once more, on a copy of the registers; beside each register stands by how much it will be more
in each round to come.  So every row says at once in which round it will first do something else: a comparison that
comes out otherwise, a sum that no longer fits, a counter in anything but sums and comparisons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner
from lockwright.flat.local import local_step, order_key
from lockwright.simulate import places as at
from lockwright.simulate.values import answer_where, asks_where, finish_load, operand

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64
    from lockwright.simulate.arrays import Arrays


@inner
def rounds_left(s: Arrays, thread: Int64, row: Int64) -> Int64:
    """Return how often a thread will come back to where its loop restarts, by rounds as the last."""
    slots, judge = s.cfg[at.SLOTS], s.cfg[at.THREADS]
    own, copy = thread * slots, judge * slots
    slopes = copy + slots
    _go_back(s, own, copy, slopes, row)
    alike, pc = np.int64(at.NEVER), row
    for _ in range(s.kinds.shape[0]):
        if s.kinds[pc] == at.LOCAL:
            alike = min(alike, _alike(s, copy, slopes, pc))
            slope, slot = _slope(s, slopes, pc), s.code[pc, op.D]
            after = local_step(s.code, s.consts, s.regs, copy, pc, thread)
            if slot >= 0:
                s.regs[slopes + slot] = slope
                alike = min(alike, _fits(s.regs[copy + slot], slope, s.code[pc, op.BITS]))
            pc = after
        elif s.kinds[pc] == at.LOAD and _slope_of(s, slopes, s.code[pc, op.A]) == 0:
            finish_load(s, judge, pc)
            if s.code[pc, op.D] >= 0:
                s.regs[slopes + s.code[pc, op.D]] = 0
            pc += 1
        elif s.kinds[pc] == at.FENCE:
            pc += 1
        elif asks_where(s, pc):
            answer_where(s, thread, copy, pc)
            if s.code[pc, op.D] >= 0:
                s.regs[slopes + s.code[pc, op.D]] = 0
            pc += 1
        else:
            return np.int64(0)
        if pc == row:
            return max(np.int64(0), alike - 1) if _is_back(s, own, copy, row) else np.int64(0)
        if pc < 0 or alike <= 1:
            return np.int64(0)
    return np.int64(0)


@inlined
def _go_back(s: Arrays, own: Int64, copy: Int64, slopes: Int64, row: Int64) -> None:
    """Make the copy as the registers were one round ago."""
    for slot in range(s.cfg[at.SLOTS]):
        s.regs[copy + slot] = s.regs[own + slot]
        s.regs[slopes + slot] = 0
    for one in range(at.COUNTERS):
        slot = s.counters[row, one, 0]
        if slot >= 0:
            s.regs[copy + slot] -= s.counters[row, one, 1]
            s.regs[slopes + slot] = s.counters[row, one, 1]


@inlined
def _is_back(s: Arrays, own: Int64, copy: Int64, row: Int64) -> Int64:
    """Return whether the round has counted as it should: else the loop has begun anew."""
    for one in range(at.COUNTERS):
        slot = s.counters[row, one, 0]
        if slot >= 0 and s.regs[copy + slot] != s.regs[own + slot]:
            return False
    return True


@inlined
def _slope_of(s: Arrays, slopes: Int64, place: Int64) -> Int64:
    """Return by how much an operand is more in each round."""
    return s.regs[slopes + place] if place >= 0 else np.int64(0)


@inlined
def _slope(s: Arrays, slopes: Int64, row: Int64) -> Int64:
    """Return by how much what a row makes is more in each round, if it is a sum."""
    opcode, first = s.code[row, op.OP], _slope_of(s, slopes, s.code[row, op.A])
    if opcode == op.COPY or opcode == op.CONVERT:
        return first
    if opcode == op.ADD:
        return first + _slope_of(s, slopes, s.code[row, op.B])
    if opcode == op.SUB:
        return first - _slope_of(s, slopes, s.code[row, op.B])
    return np.int64(0)


@inner
def _alike(s: Arrays, copy: Int64, slopes: Int64, row: Int64) -> Int64:
    """Return in which round from now a row will first do something else; sums do not."""
    opcode = s.code[row, op.OP]
    first, second = _slope_of(s, slopes, s.code[row, op.A]), _slope_of(s, slopes, s.code[row, op.B])
    if (first == 0 and second == 0) or opcode in (op.COPY, op.CONVERT, op.ADD, op.SUB):
        return np.int64(at.NEVER)
    if opcode < op.EQ or opcode > op.GE:
        return np.int64(1)
    bits = s.code[row, op.BITS]
    a = order_key(operand(s, copy, s.code[row, op.A]), bits)
    b = order_key(operand(s, copy, s.code[row, op.B]), bits)
    if opcode in (op.GT, op.LE):
        a, b, first, second = b, a, second, first
    return _until_other(opcode == op.EQ or opcode == op.NE, a, b, first - second)


@inner
def _until_other(is_equality: Int64, a: Int64, b: Int64, slope: Int64) -> Int64:
    """Return in which round `a < b`, or `a == b`, will first be otherwise, if `a - b` grows by a slope in each."""
    if slope == 0 or (a != b and (a < b) != (slope > 0)):  # it goes away from b
        return np.int64(at.NEVER)
    each, distance = np.uint64(abs(slope)), np.uint64(max(a, b)) - np.uint64(min(a, b))
    whole, rest = distance // each, distance % each
    if a == b:
        return np.int64(1) if is_equality or slope < 0 else np.int64(at.NEVER)
    if is_equality:
        return _capped(whole) if rest == 0 else np.int64(at.NEVER)
    if a > b or rest != 0:
        whole += np.uint64(1)
    return _capped(whole)


@inner
def _fits(value: Int64, slope: Int64, bits: Int64) -> Int64:
    """Return in which round a value will first be out of the range of its type."""
    if slope == 0:
        return np.int64(at.NEVER)
    width, key = bits & (op.SIGNED - 1), order_key(value, bits)
    half = np.int64(1) << (width - 1)
    lowest, highest = (-half, half - 1) if width == 64 or bits & op.SIGNED != 0 else (np.int64(0), 2 * half - 1)
    room = np.uint64(highest) - np.uint64(key) if slope > 0 else np.uint64(key) - np.uint64(lowest)
    return _capped(room // np.uint64(abs(slope)) + np.uint64(1))


@inlined
def _capped(rounds: Int64) -> Int64:
    return np.int64(min(rounds, np.uint64(at.NEVER)))
