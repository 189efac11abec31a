"""Which scalars of a program share memory because a union overlays them.

Structs that a union contains, and the union, form a *family*.  In a family a place counts its cells in units of bytes
(the greatest unit that divides all that begins or ends in the family), so that a struct has the same cells wherever it
stands.  Scalars that overlap share the cell of the widest of them; natural alignment makes overlapping ranges nest.

Refused: an array whose elements would be narrower than the cell that they share, because no field says which they are;
likewise a struct that begins in the middle of such a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from lockwright.ir.layout import Layout, scalar, value_bytes
from lockwright.ir.types import Array, Place, StructRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockwright.ir.program import Shape, Struct

Range = tuple[int, int]
"""First byte, and the byte after the last."""


class OverlayError(ValueError):
    """A union that cells cannot show; the message is complete and names the union's field."""


@dataclass(frozen=True, slots=True)
class Overlays:
    """The shared bytes of every struct that is in a family, and the bytes that one of its cells stands for."""

    ranges: dict[str, tuple[Range, ...]]
    unit_bytes: dict[str, int]

    def holder(self, struct: str, byte: int) -> Range:
        """Return the range of bytes, kept in one cell, that holds `byte` of a struct."""
        return next(one for one in self.ranges[struct] if one[0] <= byte < one[1])


def find_overlays(structs: Mapping[str, Struct], shape: Shape) -> Overlays:
    """Return what the unions among `structs` make overlap (nothing, if there are none)."""
    return _Search(structs, Layout(structs, shape), shape).run()


class _Search:
    def __init__(self, structs: Mapping[str, Struct], layout: Layout, shape: Shape) -> None:
        self._structs, self._layout, self._shape = structs, layout, shape
        self._forced: dict[str, set[Range]] = {name: set() for name in structs}

    def run(self) -> Overlays:
        families = self._families()
        members = sorted(set().union(*families)) if families else []
        while any(self._push_down(name) for name in members):
            pass
        ranges = {name: self._ranges(name) for name in members}
        units = {name: self._unit(family, ranges) for family in families for name in family}
        return Overlays(ranges, units)

    def _families(self) -> list[set[str]]:
        families: list[set[str]] = []
        for struct in self._structs.values():
            if struct.is_union:
                family = set(self._inside(StructRef(struct.name)))
                family = family.union(*(other for other in families if other & family))
                families = [other for other in families if not other & family] + [family]
        return families

    def _inside(self, place: Place) -> Iterator[str]:
        while isinstance(place, Array):
            place = place.element
        if isinstance(place, StructRef):
            yield place.name
            for field in self._structs[place.name].fields:
                yield from self._inside(field.type)

    def _elements(self, struct: str) -> Iterator[tuple[int, Place, str, bool]]:
        """Yield each field, arrays taken apart: first byte, type, name, whether it is an array's."""
        for field in self._structs[struct].fields:
            yield from self._apart(self._layout.offset(struct, field.name), field.type, field.name, is_array=False)

    def _apart(self, byte: int, place: Place, name: str, *, is_array: bool) -> Iterator[tuple[int, Place, str, bool]]:
        if not isinstance(place, Array):
            yield byte, place, name, is_array
            return
        for index in range(self._shape.length(place.length)):
            yield from self._apart(byte + index * self._layout.size(place.element), place.element, name, is_array=True)

    def _ranges(self, struct: str) -> tuple[Range, ...]:
        found = set(self._forced[struct])
        for byte, place, _, _ in self._elements(struct):
            value = scalar(place)
            if value is not None:
                found.add((byte, byte + value_bytes(value)))
            elif isinstance(place, StructRef):
                found.update((byte + first, byte + end) for first, end in self._ranges(place.name))
        return tuple(sorted(one for one in found if not any(_covers(other, one) for other in found)))

    def _push_down(self, struct: str) -> bool:
        """Tell the fields of a struct what its ranges force on them; return whether that was new."""
        is_new = False
        ranges = self._ranges(struct)
        for byte, place, name, is_array in self._elements(struct):
            end = byte + self._layout.size(place)
            touching = [one for one in ranges if one[0] < end and byte < one[1]]
            if isinstance(place, StructRef):
                is_new |= any(self._force(struct, name, place.name, byte, one) for one in touching)
            elif is_array and touching != [(byte, end)]:
                raise OverlayError(f"the elements of `{struct}.{name}` are narrower than what overlays them in a union")
        return is_new

    def _force(self, outer: str, name: str, inner: str, byte: int, shared: Range) -> bool:
        first, end = shared[0] - byte, min(shared[1] - byte, self._layout.size(StructRef(inner)))
        if not any(one[0] < end and first < one[1] for one in self._ranges(inner)):
            return False  # only padding lies there
        if first < 0:
            raise OverlayError(f"`{outer}.{name}` begins in the middle of what overlays it in a union")
        is_new = not any(_covers(one, (first, end)) or one == (first, end) for one in self._ranges(inner))
        self._forced[inner].add((first, end))
        return is_new

    def _unit(self, family: set[str], ranges: dict[str, tuple[Range, ...]]) -> int:
        unit = 0
        for name in family:
            unit = gcd(unit, *(first for first, _ in ranges[name]), self._layout.size(StructRef(name)))
            unit = gcd(unit, *(byte for byte, place, _, _ in self._elements(name) if isinstance(place, StructRef)))
        return max(1, unit)


def _covers(outer: Range, inner: Range) -> bool:
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]
