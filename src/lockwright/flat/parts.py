"""Parts of cells, and what an update writes: shared by every executor that has a memory of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.flat import opcodes as op
from lockwright.flat.jit import inlined, inner
from lockwright.flat.local import wrap

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64


@inlined
def take_bits(whole: Int64, shift: Int64, bits: Int64) -> Int64:
    """Return a part of a cell; 0 bits: all of it."""
    if bits == 0 or bits >= 64:
        return whole
    return (whole >> shift) & ((1 << bits) - 1)


@inlined
def put_bits(whole: Int64, part: Int64, shift: Int64, bits: Int64) -> Int64:
    """Return a cell with a part replaced."""
    if bits == 0 or bits >= 64:
        return part
    mask = (1 << bits) - 1
    return (whole & ~(mask << shift)) | ((part & mask) << shift)


@inner
def updated(opcode: Int64, old: Int64, b: Int64, c: Int64, bits: Int64) -> Int64:
    """Return what an atomic update writes over `old`."""
    if opcode == op.COMPARE_EXCHANGE:
        return c if old == b else old
    if opcode == op.FETCH_ADD:
        return wrap(old + b, bits)
    if opcode == op.FETCH_SUB:
        return wrap(old - b, bits)
    if opcode == op.FETCH_OR:
        return old | b
    if opcode == op.FETCH_AND:
        return old & b
    return b
