"""Records from `alloc` to `free`, and read sections of RCU, as the reference interpreter keeps them for one thread.

Rules:
    1. `alloc` takes the lowest free record of the struct's pool; an empty pool gives null.
    2. A fresh record is zero; one that was freed is zeroed again unless the author declined that.
    3. An access to a free record, and a second `free`, are faults.
    4. `rcu_free` links the record into a list, through the first cell of its head, and frees when no section is left.
    5. `rcu_synchronize` inside a read section of the same thread never ends: a deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.ir.arithmetic import Fault

if TYPE_CHECKING:
    from lockwright.ir.cells import Cells, Region


class HeapTooSmallError(Exception):
    """`setup` asked for more records of a struct than its pool has, and allocation in `setup` never fails."""

    def __init__(self, struct: str) -> None:
        super().__init__(f"the pool of `{struct}` is too small for `setup`")
        self.struct = struct


@dataclass(slots=True)
class Image:
    """Memory between two runs: the value of each cell, and which records of each pool are allocated."""

    memory: list[int]
    is_out: dict[str, list[bool]] = field(default_factory=dict)
    most_out: dict[str, int] = field(default_factory=dict)  # records of each struct that were allocated at once

    @classmethod
    def zero(cls, cells: Cells) -> Image:
        """Return memory in which nothing has happened."""
        is_out = {name: [False] * region.count for name, region in cells.heap.items()}
        return cls([0] * cells.size, is_out, dict.fromkeys(is_out, 0))

    def copy(self) -> Image:
        """Return an image of its own."""
        return Image(list(self.memory), {name: list(out) for name, out in self.is_out.items()}, dict(self.most_out))


class Storage:
    """The pools of records of an image, and the read sections that are open."""

    def __init__(self, cells: Cells, image: Image) -> None:
        self._cells = cells
        self._image = image
        self._depth = 0
        self._waiting: list[int] = []

    def allocate(self, struct: str, *, is_zeroed: bool, may_fail: bool) -> int:
        """Return the address of the lowest free record, or 0."""
        pool, out = self._cells.heap[struct], self._image.is_out[struct]
        if all(out):
            if may_fail:
                return 0
            raise HeapTooSmallError(struct)
        index = out.index(False)
        out[index] = True
        self._image.most_out[struct] = max(self._image.most_out[struct], sum(out))
        base = pool.base + index * pool.stride
        if is_zeroed:
            self._image.memory[base : base + pool.stride] = [0] * pool.stride
        return base

    def free(self, address: int) -> None:
        """Give a record back."""
        pool, index = self._record(address)
        self._image.is_out[pool][index] = False

    def check(self, address: int) -> None:
        """Raise the fault of an access to nothing or to a free record."""
        if address == 0:
            raise Fault("null")
        for region in self._cells.heap.values():
            if region.base <= address < region.end and not self._is_out_at(region, address):
                raise Fault("use_after_free")

    def enter_read(self) -> None:
        """Begin a read section of RCU."""
        self._depth += 1

    def leave_read(self) -> None:
        """End one; the last frees what waited for it."""
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self._free_waiting()

    def synchronize(self) -> None:
        """Wait for every read section, of which a single thread has none or waits for itself."""
        if self._depth:
            raise Fault("deadlock")
        self._free_waiting()

    def free_later(self, address: int, head: int) -> None:
        """Free a record after every read section that has begun."""
        self._record(address)
        if address in self._waiting:
            raise Fault("double_free")
        if head:
            self.check(head)
            self._image.memory[head] = int(address)
        self._waiting.append(address)
        if self._depth == 0:
            self._free_waiting()

    def _free_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for address in waiting:
            self.free(address)

    def _record(self, address: int) -> tuple[str, int]:
        if address == 0:
            raise Fault("null")
        for struct, region in self._cells.heap.items():
            index, inner = divmod(address - region.base, region.stride)
            if 0 <= index < region.count and inner == 0 and self._image.is_out[struct][index]:
                return struct, index
        raise Fault("double_free")

    def _is_out_at(self, region: Region, address: int) -> bool:
        assert region.heap is not None
        return self._image.is_out[region.heap][(address - region.base) // region.stride]
