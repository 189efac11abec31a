"""The local part of the flat code: arithmetic, addresses, control and properties, shared by every executor.

1. Registers are int64; a value is kept wrapped into its width, and `u64` is the same 64 bits read as unsigned.
2. `BITS` is the width, plus 256 if signed: of the operands for arithmetic and comparisons, of the result for
   `convert` and `part`.
3. An operand is a slot if it is >= 0, else a constant: number ~operand.  A thread's slots begin at `base`.
4. A negative result is a fault: minus its number in `FAULTS`.

Memory, choices and marks are the executors' own: there a run stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner, kernel

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s, UInt8s


@inlined
def operand(consts: Int64s, regs: Int64s, base: Int64, place: Int64) -> Int64:
    """Return the value of an operand."""
    if place >= 0:
        return regs[base + place]
    return consts[~place]


@inlined
def wrap(value: Int64, bits: Int64) -> Int64:
    """Return `value` modulo 2**width, as a type of these bits reads it."""
    width = bits & 255
    if width >= 64:
        return value
    mask = (1 << width) - 1
    value &= mask
    if bits & op.SIGNED and value >> (width - 1):
        return value - mask - 1
    return value


@inlined
def order_key(value: Int64, bits: Int64) -> Int64:
    """Return a number that compares, signed, as `value` does in its own type."""
    if bits == 64:
        return value ^ np.int64(-0x8000000000000000)
    return value


@inlined
def quotient(a: Int64, b: Int64, bits: Int64) -> Int64:
    """Return a // b; b is not 0."""
    if bits == 64:
        return np.int64(np.uint64(a) // np.uint64(b))
    if b == -1:  # the one quotient that traps: least // -1
        return wrap(-a, bits)
    return a // b


@inlined
def remainder(a: Int64, b: Int64, bits: Int64) -> Int64:
    """Return a mod b, of the sign of b; b is not 0."""
    if bits == 64:
        return np.int64(np.uint64(a) % np.uint64(b))
    if b == -1:
        return np.int64(0)
    return a % b


@inlined
def shift_right(a: Int64, count: Int64, bits: Int64) -> Int64:
    """Return a >> count: arithmetic if signed; count is less than the width."""
    if bits == 64:
        return np.int64(np.uint64(a) >> np.uint64(count))
    return a >> count


@inner
def arithmetic(opcode: Int64, a: Int64, b: Int64, bits: Int64) -> Int64:
    """Return the result of an arithmetic instruction whose operands are in range."""
    if opcode == op.ADD:
        return wrap(a + b, bits)
    if opcode == op.SUB:
        return wrap(a - b, bits)
    if opcode == op.EQ:
        return np.int64(a == b)
    if opcode == op.NE:
        return np.int64(a != b)
    if opcode == op.AND:
        return a & b
    if opcode == op.OR:
        return a | b
    if opcode == op.XOR:
        return a ^ b
    if opcode == op.MUL:
        return wrap(a * b, bits)
    if opcode == op.SHL:
        return wrap(a << b, bits)
    if opcode == op.SHR:
        return shift_right(a, b, bits)
    if opcode == op.DIV:
        return quotient(a, b, bits)
    if opcode == op.MOD:
        return remainder(a, b, bits)
    less = order_key(a, bits) < order_key(b, bits)
    if opcode == op.LT:
        return np.int64(less)
    if opcode == op.LE:
        return np.int64(less or a == b)
    if opcode == op.GT:
        return np.int64(not less and a != b)
    if opcode == op.GE:
        return np.int64(not less)
    if opcode == op.MIN:
        return a if less else b
    return b if less else a  # MAX


@inner
def local_step(code: Int64s, consts: Int64s, regs: Int64s, base: Int64, pc: Int64, thread: Int64) -> Int64:
    """Run the local instruction at `pc`; return the next pc, or a fault."""
    row = code[pc]
    opcode = np.int64(row[op.OP])
    x = np.int64(row[op.X])
    if opcode == op.JUMP:
        return x
    if opcode in (op.PAUSE, op.COMPUTE):
        return pc + 1
    a = operand(consts, regs, base, np.int64(row[op.A]))
    b = operand(consts, regs, base, np.int64(row[op.B]))
    bits = np.int64(row[op.BITS])
    result = a
    if opcode == op.BRANCH:
        return x if a != 0 else np.int64(row[op.Y])
    if opcode == op.ASSERT:
        return pc + 1 if a != 0 else np.int64(-op.ASSERTION)
    if opcode == op.CONVERT:
        result = wrap(a, bits)
    elif opcode in (op.FIELD, op.PART_ADDRESS, op.ELEMENT):
        if a == 0:
            return np.int64(-op.NULL)
        if opcode == op.FIELD:
            result = a + x
        elif opcode == op.ELEMENT:
            if b < 0 or b >= row[op.Y]:
                return np.int64(-op.INDEX_OUT_OF_RANGE)
            result = a + b * x
    elif opcode == op.PART:
        result = wrap(shift_right(a, x, np.int64(64)), np.int64(row[op.Y]))
    elif opcode == op.PACK:
        result = a | (b << x)
    elif opcode == op.NOT:
        result = a ^ 1
    elif opcode == op.INVERT:
        result = wrap(~a, bits)
    elif opcode == op.NEGATE:
        result = wrap(-a, bits)
    elif opcode == op.THREAD:
        result = thread
    elif opcode == op.NUMA_NODE_EXISTS:
        result = (b >> a) & 1 if 0 <= a < 63 else np.int64(0)
    elif opcode == op.NOW:
        result = np.int64(0)
    elif opcode not in (op.COPY, op.ROOT, op.EXTENT):
        if opcode in (op.SHL, op.SHR) and (b < 0 or b >= bits & 255):
            return np.int64(-op.SHIFT_OUT_OF_RANGE)
        if opcode in (op.DIV, op.MOD) and b == 0:
            return np.int64(-op.DIVISION_BY_ZERO)
        result = arithmetic(opcode, a, b, bits)
    if row[op.D] >= 0:
        regs[base + row[op.D]] = result
    return pc + 1


@kernel
def local_run(
    code: Int64s, consts: Int64s, stops: UInt8s, regs: Int64s, base: Int64, pc: Int64, thread: Int64
) -> Int64:
    """Run from `pc` to the next instruction that is a stop; return where it stands, or a fault."""
    for _ in range(op.FUEL):
        if stops[pc] != 0:
            return pc
        pc = local_step(code, consts, regs, base, pc, thread)
        if pc < 0:
            return pc
    return np.int64(-op.ENDLESS_LOOP)
