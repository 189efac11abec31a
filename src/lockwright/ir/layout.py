"""Where fields lie in bytes, by the rules of the C ABI of 64-bit Linux: for native code, cache lines and `show`.

Rules:
    1. An integer takes its width in bytes, `bool` and the narrow ones one byte; a word its bits; a pointer 8 bytes.
    2. A scalar is aligned to its size, an array as its elements, a struct as the strictest of its fields.
    3. `align` of a field or a struct raises that alignment; a struct's size is a multiple of its alignment.
    4. All fields of a union begin at byte 0.
    5. A struct without fields takes one byte, so that two of them never share an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.types import Array, Atomic, Integer, Place, Pointer, StructRef, Value, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockwright.ir.program import Shape, Struct

POINTER_BYTES = 8
CACHE_LINE_BYTES = 64


def scalar(place: Place) -> Value | None:
    """Return the value that lies at a scalar place, None for a struct or an array."""
    match place:
        case Atomic(value):
            return value
        case Integer() | Word() | Pointer():
            return place
    return None


def value_bytes(value: Value) -> int:
    """Return the bytes that a value takes in memory."""
    if isinstance(value, Pointer):
        return POINTER_BYTES
    return max(8, value.bits) // 8


def round_up(offset: int, align: int) -> int:
    """Return the first multiple of `align` that is not below `offset`."""
    return -(-offset // align) * align


@dataclass(frozen=True, slots=True)
class StructLayout:
    """The bytes of one struct: its size, its alignment, and where each field begins."""

    size_bytes: int
    align_bytes: int
    offsets: dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a printed layout: a field with the bytes that it takes, nested as deep as `depth`."""

    depth: int
    struct: str  # the struct of which it is a field; empty at the top
    name: str
    type: Place
    offset_bytes: int
    size_bytes: int


class Layout:
    """Sizes, alignments and offsets of the places of a program, for one shape of the run."""

    def __init__(self, structs: Mapping[str, Struct], shape: Shape) -> None:
        self._structs = structs
        self._shape = shape
        self._layouts: dict[str, StructLayout] = {}

    def size(self, place: Place) -> int:
        """Return the size of a place in bytes."""
        match place:
            case Array(element, length):
                return self.size(element) * self._shape.length(length)
            case StructRef(name):
                return self.struct(name).size_bytes
            case Atomic(value):
                return value_bytes(value)
        return value_bytes(place)

    def align(self, place: Place) -> int:
        """Return the alignment of a place in bytes."""
        match place:
            case Array(element, _):
                return self.align(element)
            case StructRef(name):
                return self.struct(name).align_bytes
        return self.size(place)

    def offset(self, struct: str, field: str) -> int:
        """Return the byte at which a field begins in its struct."""
        return self.struct(struct).offsets[field]

    def struct(self, name: str) -> StructLayout:
        """Return the layout of a struct or a union."""
        if name not in self._layouts:
            self._layouts[name] = self._lay_out(self._structs[name])
        return self._layouts[name]

    def _lay_out(self, struct: Struct) -> StructLayout:
        end, align, offsets = 0, max(1, struct.align), {}
        for field in struct.fields:
            field_align = max(self.align(field.type), field.align)
            offsets[field.name] = 0 if struct.is_union else round_up(end, field_align)
            end = max(end, offsets[field.name] + self.size(field.type))
            align = max(align, field_align)
        return StructLayout(round_up(max(1, end), align), align, offsets)

    def rows(self, place: Place, name: str) -> Iterator[Row]:
        """Yield the lines of a printed layout: the place, then its fields; of an array, its first element."""
        yield from self._rows(Row(0, "", name, place, 0, self.size(place)))

    def _rows(self, row: Row) -> Iterator[Row]:
        yield row
        place = row.type
        while isinstance(place, Array):
            place = place.element
        if isinstance(place, StructRef):
            for field in self._structs[place.name].fields:
                begin = row.offset_bytes + self.offset(place.name, field.name)
                size = self.size(field.type)
                yield from self._rows(Row(row.depth + 1, place.name, field.name, field.type, begin, size))
