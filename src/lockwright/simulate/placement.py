"""Which cache line each cell lies in, and at which node each line is at home.

Globals lie one behind the other, each on lines of its own, laid out inside as `ir.layout` says; then the pools.
At home: what belongs to a CPU or thread on that CPU's node, what belongs to a node on that node, the rest on node 0.
A record moves to the node that `alloc` is asked for, or to that of the thread that asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.ir.layout import Layout, round_up
from lockwright.ir.types import Array, Extent, StructRef

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.ir.cells import Cells
    from lockwright.ir.types import Place


@dataclass(frozen=True, slots=True)
class Placement:
    """Lines are numbered by address; line 0 holds nothing but the null cell."""

    line_of: NDArray[np.int32]  # of each cell
    home_of: NDArray[np.int64]  # of each line: a node
    lines: int


def place(cells: Cells, node_of_cpu: tuple[int, ...], line_bytes: int) -> Placement:
    """Return where everything lies.

    Args:
        cells: The cells of a program; its shape says on which CPU each thread is.
        node_of_cpu: The node of each CPU.
        line_bytes: The size of a cache line.
    """
    placer = _Placer(cells, node_of_cpu)
    end = line_bytes
    for one in cells.program.globals.values():
        end = placer.put(cells.root[one.name], one.type, round_up(end, line_bytes))
    for struct, pool in cells.heap.items():
        end = placer.put(pool.base, Array(StructRef(struct), pool.count), round_up(end, line_bytes))
    lines = round_up(end, line_bytes) // line_bytes
    home_of = np.zeros(lines, dtype=np.int64)
    for begin, bytes_, node in placer.homes:
        home_of[begin // line_bytes : (begin + bytes_ - 1) // line_bytes + 1] = node
    return Placement((placer.byte_of // line_bytes).astype(np.int32), home_of, lines)


class _Placer:
    """Walks places; equal elements are laid out once and repeated."""

    def __init__(self, cells: Cells, node_of_cpu: tuple[int, ...]) -> None:
        self.cells = cells
        self.layout = Layout(cells.program.structs, cells.shape)
        self.node_of_cpu = node_of_cpu
        self.byte_of = np.zeros(cells.size, dtype=np.int64)
        self.homes: list[tuple[int, int, int]] = []  # where what begins, its bytes, its node
        self._offsets: dict[Place, NDArray[np.int64]] = {}

    def put(self, base: int, place: Place, byte: int) -> int:
        """Lay a place out at a byte; return the first byte behind it."""
        offsets = self._of(place)
        self.byte_of[base : base + len(offsets)] = byte + offsets
        self._find_homes(place, byte)
        return byte + self.layout.size(place)

    def _of(self, place: Place) -> NDArray[np.int64]:
        """Return the byte of each cell of a place, counted from its beginning."""
        if place not in self._offsets:
            self._offsets[place] = self._made(place)
        return self._offsets[place]

    def _made(self, place: Place) -> NDArray[np.int64]:
        match place:
            case Array(element, length):
                count, size = self.cells.shape.length(length), self.layout.size(element)
                return (np.arange(count, dtype=np.int64)[:, None] * size + self._of(element)[None, :]).reshape(-1)
            case StructRef(name):
                found = np.zeros(self.cells.stride(place), dtype=np.int64)
                for field in reversed(self.cells.program.structs[name].fields):  # of overlaid ones the first counts
                    inner = self._of(field.type)
                    begin = self.cells.offset(name, field.name)
                    found[begin : begin + len(inner)] = self.layout.offset(name, field.name) + inner
                return found
        return np.zeros(1, dtype=np.int64)

    def _find_homes(self, place: Place, byte: int) -> None:
        match place:
            case Array(element, length) if isinstance(length, Extent):
                size = self.layout.size(element)
                for index in range(self.cells.shape.length(length)):
                    self.homes.append((byte + index * size, size, self._node(length, index)))
            case Array(element, length) if _has_extent(element, self.cells):
                for index in range(self.cells.shape.length(length)):
                    self._find_homes(element, byte + index * self.layout.size(element))
            case StructRef(name):
                for field in self.cells.program.structs[name].fields:
                    self._find_homes(field.type, byte + self.layout.offset(name, field.name))

    def _node(self, extent: Extent, index: int) -> int:
        if extent is Extent.THREADS:
            return self.node_of_cpu[self.cells.shape.thread_cpus[index]]
        if extent is Extent.CPUS:
            return self.node_of_cpu[index]
        return index if index <= max(self.node_of_cpu) else 0


def _has_extent(place: Place, cells: Cells) -> bool:
    match place:
        case Array(element, length):
            return isinstance(length, Extent) or _has_extent(element, cells)
        case StructRef(name):
            return any(_has_extent(field.type, cells) for field in cells.program.structs[name].fields)
    return False
