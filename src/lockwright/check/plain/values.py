"""What the instructions that touch only registers compute.

Values of registers are integers that their type has wrapped; a pointer is the number of a cell, 0 being null.  The
address of a part of a cell is the cell plus the bit at which the part begins times `PART`, marked with `PART_FLAG`.
In memory lie bit patterns, never negative.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from lockwright.ir.types import Atomic, Integer, Pointer, Value, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.ir.types import Place

PART = 1 << 32
PART_FLAG = 1 << 40
POINTER_BITS = 64


class Fault(Exception):  # noqa: N818 - a fault of the program under test, not an error of ours
    """The program did what no program may do; `kind` is the word of the table of instructions."""

    def __init__(self, kind: str, text: str = "", cell: int | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text
        self.cell = cell  # of a race


def value_bits(type_: Value) -> int:
    """Return how many bits a value has."""
    return POINTER_BITS if isinstance(type_, Pointer) else type_.bits


def wrap(type_: Value, value: int) -> int:
    """Return a value as its type reads it."""
    return value if isinstance(type_, Pointer) else type_.wrap(value)


def value_at(pointer: Value) -> Value:
    """Return the type of the value that lies where a pointer points."""
    assert isinstance(pointer, Pointer)
    target: Place = pointer.target.value if isinstance(pointer.target, Atomic) else pointer.target
    assert isinstance(target, Integer | Word | Pointer)
    return target


_BINARY: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "min": min,
    "max": max,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}

_UNARY: dict[str, Callable[[int], int]] = {
    "copy": lambda value: value,
    "convert": lambda value: value,
    "invert": operator.invert,
    "negate": operator.neg,
    "not": operator.not_,
}


def compute(op: str, values: Sequence[int], types: Sequence[Value], result: Value, part: str = "") -> int:
    """Return what an instruction on values computes."""
    return wrap(result, int(_compute(op, values, types, result, part)))


def _compute(op: str, values: Sequence[int], types: Sequence[Value], result: Value, part: str) -> int:
    if op in _BINARY:
        return _BINARY[op](*values)
    if op in _UNARY:
        return _UNARY[op](*values)
    match op:
        case "div" | "mod":
            if values[1] == 0:
                raise Fault("division_by_zero")
            return values[0] // values[1] if op == "div" else values[0] % values[1]
        case "shl" | "shr":
            if not 0 <= values[1] < value_bits(types[0]):
                raise Fault("shift_out_of_range")
            return values[0] << values[1] if op == "shl" else values[0] >> values[1]
        case "part":
            assert isinstance(types[0], Word)
            one = types[0].part(part)
            return values[0] >> one.shift
        case "pack":
            assert isinstance(result, Word)
            return sum(value << one.shift for value, one in zip(values, result.parts, strict=True))
    raise NotImplementedError(op)


def updated(op: str, old: int, operands: Sequence[int], type_: Value) -> int | None:
    """Return the value that a read-modify-write instruction leaves, None if its comparison fails."""
    match op:
        case "exchange":
            return operands[0]
        case "compare_exchange":
            return operands[1] if old == operands[0] else None
        case "fetch_add":
            return wrap(type_, old + operands[0])
        case "fetch_sub":
            return wrap(type_, old - operands[0])
        case "fetch_or":
            return wrap(type_, old | operands[0])
        case "fetch_and":
            return wrap(type_, old & operands[0])
    raise NotImplementedError(op)
