"""Sequential consistency: one value for each cell, and every access happens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockwright.check.plain.memory import Access, Done

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.ir.table import Order


class ScMemory(NamedTuple):
    """The pattern of each cell."""

    cells: tuple[int, ...]

    def choices(self, thread: int, access: Access) -> Sequence[int]:
        """Return the one way in which an access happens."""
        del thread, access
        return (0,)

    def perform(self, thread: int, access: Access, choice: int) -> tuple[ScMemory, Done]:
        """Read and write the cell."""
        del thread, choice
        old = access.part_of(self.cells[access.cell])
        new = access.change(old) if access.change else None
        done = Done(access.cell, access.shift, access.bits, old if access.reads else None, old, new)
        return self.with_part(access, new), done

    def with_part(self, access: Access, part: int | None) -> ScMemory:
        """Return the memory with the accessed bits replaced, if there is anything to write."""
        if part is None:
            return self
        return ScMemory(put(self.cells, access.cell, access.put(self.cells[access.cell], part)))

    def fence(self, thread: int, order: Order) -> ScMemory:
        """Do nothing: everything is in order."""
        del thread, order
        return self

    def is_settled(self, thread: int) -> bool:
        """Return that nothing waits."""
        del thread
        return True

    def can_flush(self, thread: int) -> bool:
        """Return that nothing waits."""
        del thread
        return False

    def can_settle(self) -> bool:
        """Return that every run counts."""
        return True

    def flush(self, thread: int) -> tuple[ScMemory, Done]:
        """Raise: never called, as `can_flush` says that nothing waits."""
        raise NotImplementedError

    def meet(self, thread: int) -> ScMemory:
        """Do nothing."""
        del thread
        return self

    def renew(self, thread: int, cells: Iterable[int], *, zero: bool) -> ScMemory:
        """Set the cells to zero if that is wanted."""
        del thread
        fresh = set(cells) if zero else ()
        return ScMemory(tuple(0 if cell in fresh else old for cell, old in enumerate(self.cells)))

    def tidied(self, unfinished: Sequence[bool]) -> ScMemory:
        """Return itself."""
        del unfinished
        return self

    def newest(self, cell: int) -> int:
        """Return the pattern of a cell."""
        return self.cells[cell]


def put(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    """Return a tuple with one element replaced."""
    return (*values[:index], value, *values[index + 1 :])
