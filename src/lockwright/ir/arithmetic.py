"""What every LOCAL entry of the table means, in one place: the judge for all executors.

Each rule gets its operands as wrapped integers with their types and returns the result, wrapped.
Rules:
    1. Sums, products and the rest are computed exactly, then wrapped into the type of the result.
    2. Division rounds down; a remainder has the sign of the divisor (Python's rules, which C's differ from).
    3. A shift by the width or more, or by a negative number, is a fault; so is division by zero.
    4. An address is the number of a cell (`cells`).  The address of a part of a word, or of a narrow field of a union,
       is that of its cell, and carries its bits (`PartAddress`).
    5. `convert` to `bool` keeps the lowest bit, as to any other width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from lockwright.ir.types import Array, Atomic, Extent, Pointer, StructRef, Value, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Attribute, Instruction


class Fault(Exception):  # noqa: N818 - a finding about a program, not an error of the tool
    """An instruction that has no result; `kind` is one of the words of the table, `detail` what an author said."""

    def __init__(self, kind: str, detail: str = "", instruction: Instruction | None = None) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
        self.instruction = instruction


class PartAddress(int):
    """An address that stands for some bits of its cell only; as a number it is the cell's address."""

    shift: int
    bits: int

    def __new__(cls, address: int, shift: int, bits: int) -> Self:
        """Return `address` with the lowest bit and the number of bits that it stands for."""
        made = super().__new__(cls, address)
        made.shift, made.bits = shift, bits
        return made


@dataclass(frozen=True, slots=True)
class Applied:
    """One application of an entry: operand values, their types, the type of the result, attributes, who and where."""

    values: Sequence[int]
    types: Sequence[Value]
    result: Value
    attributes: tuple[Attribute, ...]
    cells: Cells
    thread: int = 0
    now_ns: int = 0


def wrap(value: int, kind: Value) -> int:
    """Return a number as a type holds it; addresses are kept as they are."""
    return value if isinstance(kind, Pointer) else kind.wrap(value)


def evaluate(op: str, applied: Applied) -> int:
    """Return the result of a LOCAL entry.

    Raises:
        Fault: It has none.
    """
    return wrap(ARITHMETIC[op](applied), applied.result)


def _unary(rule: Callable[[int], int]) -> Callable[[Applied], int]:
    return lambda applied: rule(applied.values[0])


def _binary(rule: Callable[[int, int], int]) -> Callable[[Applied], int]:
    return lambda applied: rule(applied.values[0], applied.values[1])


def _divided(rule: Callable[[int, int], int]) -> Callable[[Applied], int]:
    def divide(applied: Applied) -> int:
        if applied.values[1] == 0:
            raise Fault("division_by_zero")
        return rule(applied.values[0], applied.values[1])

    return divide


def _shifted(rule: Callable[[int, int], int]) -> Callable[[Applied], int]:
    def shift(applied: Applied) -> int:
        if not 0 <= applied.values[1] < bits_of(applied.types[0]):
            raise Fault("shift_out_of_range")
        return rule(applied.values[0], applied.values[1])

    return shift


def bits_of(kind: Value) -> int:
    """Return the width of a value in bits."""
    return 64 if isinstance(kind, Pointer) else kind.bits


def _part(applied: Applied) -> int:
    word = applied.types[0]
    assert isinstance(word, Word)
    part = word.part(str(applied.attributes[0]))
    return applied.values[0] >> part.shift


def _pack(applied: Applied) -> int:
    word = applied.result
    assert isinstance(word, Word)
    masked = (value & ((1 << part.type.bits) - 1) for part, value in zip(word.parts, applied.values, strict=True))
    return sum(value << part.shift for part, value in zip(word.parts, masked, strict=True))


def _not_null(applied: Applied) -> int:
    if applied.values[0] == 0:
        raise Fault("null")
    return applied.values[0]


def _field(applied: Applied) -> int:
    base, kind, name = _not_null(applied), applied.types[0], str(applied.attributes[0])
    assert isinstance(kind, Pointer)
    assert isinstance(kind.target, StructRef)
    place = applied.cells.place(kind.target.name, name)
    address = int(base) + place.offset
    return address if place.is_whole else PartAddress(address, place.shift, place.bits)


def _element(applied: Applied) -> int:
    base, kind, index = _not_null(applied), applied.types[0], applied.values[1]
    assert isinstance(kind, Pointer)
    assert isinstance(kind.target, Array)
    if not 0 <= index < applied.cells.shape.length(kind.target.length):
        raise Fault("index_out_of_range")
    return int(base) + index * applied.cells.stride(kind.target.element)


def _part_address(applied: Applied) -> int:
    address, kind = _not_null(applied), applied.types[0]
    assert isinstance(kind, Pointer)
    assert isinstance(kind.target, Atomic)
    assert isinstance(kind.target.value, Word)
    part = kind.target.value.part(str(applied.attributes[0]))
    outer = address.shift if isinstance(address, PartAddress) else 0
    return PartAddress(address, outer + part.shift, part.type.bits)


def _extent(applied: Applied) -> int:
    extent = applied.attributes[0]
    assert isinstance(extent, Extent)
    return applied.cells.shape.length(extent)


ARITHMETIC: dict[str, Callable[[Applied], int]] = {
    "copy": _unary(lambda a: a),
    "convert": _unary(lambda a: a),
    "add": _binary(lambda a, b: a + b),
    "sub": _binary(lambda a, b: a - b),
    "mul": _binary(lambda a, b: a * b),
    "div": _divided(lambda a, b: a // b),
    "mod": _divided(lambda a, b: a % b),
    "and": _binary(lambda a, b: a & b),
    "or": _binary(lambda a, b: a | b),
    "xor": _binary(lambda a, b: a ^ b),
    "shl": _shifted(lambda a, b: a << b),
    "shr": _shifted(lambda a, b: a >> b),
    "min": _binary(min),
    "max": _binary(max),
    "invert": _unary(lambda a: ~a),
    "negate": _unary(lambda a: -a),
    "not": _unary(lambda a: 1 - a),
    "eq": _binary(lambda a, b: int(a == b)),
    "ne": _binary(lambda a, b: int(a != b)),
    "lt": _binary(lambda a, b: int(a < b)),
    "le": _binary(lambda a, b: int(a <= b)),
    "gt": _binary(lambda a, b: int(a > b)),
    "ge": _binary(lambda a, b: int(a >= b)),
    "part": _part,
    "pack": _pack,
    "root": lambda applied: applied.cells.root[str(applied.attributes[0])],
    "field": _field,
    "element": _element,
    "part_address": _part_address,
    "now": lambda applied: applied.now_ns,
    "thread": lambda applied: applied.thread,
    "extent": _extent,
    "numa_node_exists": lambda applied: int(applied.values[0] in applied.cells.shape.node_ids),
}
"""The meaning of each LOCAL entry, before the result is wrapped."""

UPDATES: dict[str, Callable[[int, int], int]] = {
    "exchange": lambda _, new: new,
    "fetch_add": lambda old, operand: old + operand,
    "fetch_sub": lambda old, operand: old - operand,
    "fetch_or": lambda old, operand: old | operand,
    "fetch_and": lambda old, operand: old & operand,
}
"""What an UPDATE entry writes, of what was there and its operand, before wrapping; `compare_exchange` is apart."""


def read_bits(whole: int, address: int, kind: Value, cells: Cells) -> int:
    """Return what an access of type `kind` at `address` reads in a cell that holds `whole`."""
    shift, bits = _window(address, kind, cells)
    return wrap(whole if bits == 0 else (whole >> shift) & ((1 << bits) - 1), kind)


def write_bits(whole: int, address: int, kind: Value, value: int, cells: Cells) -> int:
    """Return what a cell that held `whole` holds after `value` is written at `address`."""
    shift, bits = _window(address, kind, cells)
    if bits == 0:
        return int(wrap(value, kind))
    mask = ((1 << bits) - 1) << shift
    return (whole & ~mask) | ((int(value) << shift) & mask)


def _window(address: int, kind: Value, cells: Cells) -> tuple[int, int]:
    """Return the bits of the cell that an access touches: shift and width, width 0 for all of it."""
    if isinstance(address, PartAddress):
        return address.shift, address.bits
    return (0, max(8, bits_of(kind))) if kind in cells.narrow else (0, 0)
