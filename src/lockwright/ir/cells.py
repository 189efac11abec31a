"""Memory as `check` and the interpreter see it: one *cell* for each scalar, its address the number of the cell.

Address 0 is null and never holds anything.  Fields of a struct take the cells that follow its address, elements of an
array likewise.  Scalars that a union overlays share one cell as wide as the widest (`overlays`); `place` tells which
bits of it are a field's.  Records that `alloc` hands out come from pools, one for each struct, after all globals.

A part of a word, or a narrower field of a union, is never an address of its own: who accesses it knows its bits from
the `part_address` or `field` that made the address.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

from lockwright.ir.layout import Layout, scalar, value_bytes
from lockwright.ir.overlays import find_overlays
from lockwright.ir.types import INTEGERS, U8, Array, Atomic, Extent, Place, Pointer, StructRef, Value

if TYPE_CHECKING:
    from lockwright.ir.program import Program, Shape

DEFAULT_HEAP_RECORDS = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One scalar in memory: what a person calls it, the widest value it holds, whether atomics touch it."""

    name: str
    type: Value
    is_atomic: bool


NULL_CELL = Cell("null", U8, is_atomic=False)


@dataclass(frozen=True, slots=True)
class Region:
    """Equal elements side by side: an array as long as an extent, or the pool of records of a struct."""

    name: str
    base: int
    stride: int
    count: int
    index: Extent | None = None
    heap: str | None = None

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.base + self.stride * self.count


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a field lies in its struct: its first cell, and, of a scalar, its bits in that cell."""

    offset: int
    shift: int
    bits: int  # 0: a struct or an array; of a scalar that fills its cell, the bits of its type
    is_whole: bool  # whether no wider field shares the cell


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A cell of a struct or of the whole memory, before it has a name."""

    offset: int
    name: str
    type: Value
    is_atomic: bool


class Cells:
    """The cells of a program for one shape of the run; `heap_records` is the size of each pool of records."""

    def __init__(
        self, program: Program, shape: Shape, heap_records: int | Mapping[str, int] = DEFAULT_HEAP_RECORDS
    ) -> None:
        self.program = program
        self.shape = shape
        self._structs = program.structs
        self._layout = Layout(program.structs, shape)
        self._overlays = find_overlays(program.structs, shape)
        self._places: dict[str, dict[str, FieldPlace]] = {}
        self._sizes: dict[str, int] = {}
        self._templates: dict[str, list[_Scalar]] = {}
        self.root: dict[str, int] = {}
        self.heap: dict[str, Region] = {}
        self.size = 1
        self._roots: list[tuple[int, str, Place]] = []
        self._add_globals()
        self._add_pools(heap_records)
        self.cells: Sequence[Cell] = CellSequence(self)

    def _add_globals(self) -> None:
        for one in self.program.globals.values():
            self.root[one.name] = self._add(one.name, one.type)

    def _add_pools(self, heap_records: int | Mapping[str, int]) -> None:
        for struct in allocated_structs(self.program):
            count = heap_records if isinstance(heap_records, int) else heap_records.get(struct, DEFAULT_HEAP_RECORDS)
            base = self._add(struct, Array(StructRef(struct), count))
            self.heap[struct] = Region(struct, base, self.stride(StructRef(struct)), count, heap=struct)

    def _add(self, name: str, place: Place) -> int:
        base = self.size
        self._roots.append((base, name, place))
        self.size += self.stride(place)
        return base

    # Sizes and offsets.

    def stride(self, place: Place) -> int:
        """Return how many cells a place takes."""
        match place:
            case Array(element, length):
                return self.stride(element) * self.shape.length(length)
            case StructRef(name):
                return self._lay_out(name)
        return 1

    def offset(self, struct: str, field: str) -> int:
        """Return how many cells behind the address of its struct a field begins."""
        return self.place(struct, field).offset

    def place(self, struct: str, field: str) -> FieldPlace:
        """Return where a field lies in its struct, to the bit."""
        self._lay_out(struct)
        return self._places[struct][field]

    @cached_property
    def narrow(self) -> frozenset[Value]:
        """Types of scalars that somewhere share a wider cell: an access of one must keep the other bits of the cell."""
        found = set()
        for struct in self._overlays.unit_bytes:
            for field in self._structs[struct].fields:
                value = scalar(field.type)
                if value is not None and not self.place(struct, field.name).is_whole:
                    found.add(value)
        return frozenset(found)

    def _lay_out(self, struct: str) -> int:
        if struct not in self._sizes:
            is_overlaid = struct in self._overlays.unit_bytes
            size, places = self._overlaid(struct) if is_overlaid else self._in_order(struct)
            self._sizes[struct], self._places[struct] = max(1, size), places
        return self._sizes[struct]

    def _in_order(self, struct: str) -> tuple[int, dict[str, FieldPlace]]:
        size, places = 0, {}
        for field in self._structs[struct].fields:
            value = scalar(field.type)
            places[field.name] = FieldPlace(size, 0, 0 if value is None else _bits(value), is_whole=True)
            size += self.stride(field.type)
        return size, places

    def _overlaid(self, struct: str) -> tuple[int, dict[str, FieldPlace]]:
        unit, places = self._overlays.unit_bytes[struct], {}
        for field in self._structs[struct].fields:
            byte, value = self._layout.offset(struct, field.name), scalar(field.type)
            if value is None:
                places[field.name] = FieldPlace(byte // unit, 0, 0, is_whole=True)
                continue
            first, end = self._overlays.holder(struct, byte)
            is_whole = end - first == value_bytes(value)
            bits = _bits(value) if is_whole else 8 * value_bytes(value)
            places[field.name] = FieldPlace(first // unit, 8 * (byte - first), bits, is_whole=is_whole)
        return self._layout.size(StructRef(struct)) // unit, places

    # What lies at each address.

    def _template(self, struct: str) -> list[_Scalar]:
        """Return the cells of a struct, in order, each address once."""
        if struct not in self._templates:
            size, found = self._lay_out(struct), dict[int, _Scalar]()
            for one in self._declared(struct):
                known = found.get(one.offset)
                found[one.offset] = one if known is None else _shared(known, one)
            padding = {offset: _Scalar(offset, "(padding)", U8, is_atomic=False) for offset in range(size)}
            self._templates[struct] = [found.get(offset, padding[offset]) for offset in range(size)]
        return self._templates[struct]

    def _declared(self, struct: str) -> Iterator[_Scalar]:
        for field in self._structs[struct].fields:
            base = self.offset(struct, field.name)
            for one in self.scalars(field.type):
                widened = self._widened(struct, field.name, one)
                yield _Scalar(base + one.offset, field.name + one.name, widened, one.is_atomic)

    def _widened(self, struct: str, field: str, one: _Scalar) -> Value:
        """Return the type of a cell: its own, or that of the shared bytes if the struct stands in a family."""
        if struct not in self._overlays.unit_bytes or one.name:
            return one.type
        first, end = self._overlays.holder(struct, self._layout.offset(struct, field))
        return one.type if end - first == value_bytes(one.type) else INTEGERS[f"u{8 * (end - first)}"]

    def scalars(self, place: Place) -> Iterator[_Scalar]:
        """Yield the cells of a place: offset, name behind the place's own, type, whether atomic."""
        match place:
            case Atomic(value):
                yield _Scalar(0, "", value, is_atomic=True)
            case Array(element, length):
                yield from self._array_scalars(element, self.shape.length(length))
            case StructRef(name):
                for one in self._template(name):
                    yield _Scalar(one.offset, "." + one.name, one.type, one.is_atomic)
            case _:
                yield _Scalar(0, "", place, is_atomic=False)

    def _array_scalars(self, element: Place, count: int) -> Iterator[_Scalar]:
        inner, stride = list(self.scalars(element)), self.stride(element)
        for index in range(count):
            for one in inner:
                yield _Scalar(index * stride + one.offset, f"[{index}]{one.name}", one.type, one.is_atomic)

    def all_cells(self) -> Iterator[Cell]:
        """Yield every cell in the order of the addresses, null first."""
        yield NULL_CELL
        for base, name, place in self._roots:
            for one in self.scalars(place):
                yield Cell(self._name(base, name, one.name), one.type, one.is_atomic)

    def _name(self, base: int, name: str, rest: str) -> str:
        if name in self.heap and self.heap[name].base == base:
            index, _, inner = rest.removeprefix("[").partition("]")
            return f"{name}#{index}{inner}"
        if name == "workload" and rest.startswith("."):
            return rest[1:]
        return name + rest

    def cell(self, address: int) -> Cell:
        """Return the cell at an address (0: a cell called `null`)."""
        if not 0 < address < self.size:
            return NULL_CELL
        base, name, place = self._roots[bisect_right(self._roots, address, key=lambda root: root[0]) - 1]
        rest, one = self._scalar_at(place, address - base)
        return Cell(self._name(base, name, rest), one.type, one.is_atomic)

    def _scalar_at(self, place: Place, offset: int) -> tuple[str, _Scalar]:
        """Return the cell at an offset in a place and its name behind the place's, without making the others."""
        match place:
            case Array(element, _):
                index, inner = divmod(offset, self.stride(element))
                rest, one = self._scalar_at(element, inner)
                return f"[{index}]{rest}", one
            case StructRef(name) if name not in self._overlays.unit_bytes and self._structs[name].fields:
                field = [one for one in self._structs[name].fields if self.offset(name, one.name) <= offset][-1]
                rest, one = self._scalar_at(field.type, offset - self.offset(name, field.name))
                return f".{field.name}{rest}", one
        one = list(self.scalars(place))[offset]
        return one.name, one

    def describe(self, address: int, place: Place | None = None) -> str:
        """Return the name of what lies at an address: its cell, or the struct or array (`place`) that begins there.

        Addresses of parts and of fields inside one cell are the cell's; `null` is 0.
        """
        if not 0 < address < self.size:
            return "null" if address == 0 else f"address {address}"
        name = self.cell(address).name
        if not isinstance(place, StructRef | Array):
            return name
        whole = name.removesuffix(self._scalar_at(place, 0)[0])
        return "workload" if whole == name and address == self.root.get("workload") else whole

    @cached_property
    def regions(self) -> list[Region]:
        """All arrays as long as an extent, outer before inner, then the pools of records."""
        found = [region for base, name, place in self._roots for region in self._regions(base, name, place)]
        return found + list(self.heap.values())

    def _regions(self, base: int, name: str, place: Place) -> Iterator[Region]:
        match place:
            case Array(element, length):
                yield from self._array_regions(base, name, element, length)
            case StructRef(struct):
                if self._has_extent(place):
                    for field in self._structs[struct].fields:
                        inner = f"{name}.{field.name}" if name != "workload" else field.name
                        yield from self._regions(base + self.offset(struct, field.name), inner, field.type)

    def _array_regions(self, base: int, name: str, element: Place, length: int | Extent) -> Iterator[Region]:
        stride, count = self.stride(element), self.shape.length(length)
        if isinstance(length, Extent):
            yield Region(name, base, stride, count, index=length)
        if self._has_extent(element):
            for index in range(count):
                yield from self._regions(base + index * stride, f"{name}[{index}]", element)

    def _has_extent(self, place: Place) -> bool:
        match place:
            case Array(element, length):
                return isinstance(length, Extent) or self._has_extent(element)
            case StructRef(name):
                return any(self._has_extent(field.type) for field in self._structs[name].fields)
        return False


class CellSequence(Sequence[Cell]):
    """The cells by address, made when asked for: a simulated table of a million buckets costs nothing until read."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return self._cells.size

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        if isinstance(index, slice):
            return [self._cells.cell(one) for one in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._cells.cell(index % len(self))

    def __iter__(self) -> Iterator[Cell]:
        return self._cells.all_cells()


def allocated_structs(program: Program) -> list[str]:
    """Return the structs of which some function allocates records, sorted."""
    found: set[str] = set()
    for function in program.functions.values():
        for block in function.blocks:
            found.update(str(one.attributes[0]) for one in block.instructions if one.op == "alloc")
    return sorted(found)


def _bits(value: Value) -> int:
    return 64 if isinstance(value, Pointer) else value.bits


def _shared(first: _Scalar, second: _Scalar) -> _Scalar:
    """Return the cell of two scalars that a union overlays: the wider type, the name of the field declared first."""
    wider = second.type if value_bytes(second.type) > value_bytes(first.type) else first.type
    return _Scalar(first.offset, first.name, wider, first.is_atomic or second.is_atomic)
