"""x86-TSO: each thread has a buffer of stores that reach memory one after the other, oldest first.

1. A store enters the buffer of its thread; a full buffer (`CAPACITY`) must drain first.
2. A load takes the newest entry of its own buffer that it overlaps, if that entry has all its bits; if it has only some
   of them the load waits until the entry has drained.  Without such an entry it reads memory.
3. A read-modify-write, a seq_cst store (`mov; mfence`) and a seq_cst fence need an empty buffer and act on memory.

Source: Sewell, Sarkar, Owens, Zappa Nardelli and Myreen, x86-TSO, CACM 53(7), 2010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockwright.check.plain.memory import Access, Done
from lockwright.ir.table import Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.check.plain.memory_sc import ScMemory

CAPACITY = 8


class Entry(NamedTuple):
    """A store on its way to memory."""

    cell: int
    shift: int
    bits: int
    pattern: int

    def overlaps(self, access: Access) -> bool:
        """Return whether it has any bit of an access."""
        return self.cell == access.cell and (
            self.shift < access.shift + access.bits and access.shift < self.shift + self.bits
        )

    def covers(self, access: Access) -> bool:
        """Return whether it has all bits of an access."""
        return self.shift <= access.shift and access.shift + access.bits <= self.shift + self.bits

    def as_store(self) -> Access:
        """Return the store that it is."""
        return Access(self.cell, self.shift, self.bits, Order.RELAXED, change=lambda _: self.pattern)


class TsoMemory(NamedTuple):
    """The memory that all see, and the buffer of each thread, oldest entry first."""

    memory: ScMemory
    buffers: tuple[tuple[Entry, ...], ...]

    def choices(self, thread: int, access: Access) -> Sequence[int]:
        """Return whether an access can happen now, as one choice or none."""
        return (0,) if self._is_possible(thread, access) else ()

    def _is_possible(self, thread: int, access: Access) -> bool:
        if access.change is None:
            entry = self._newest_overlapping(thread, access)
            return entry is None or entry.covers(access)
        if goes_to_memory(access):
            return not self.buffers[thread]
        return len(self.buffers[thread]) < CAPACITY

    def _newest_overlapping(self, thread: int, access: Access) -> Entry | None:
        return next((entry for entry in reversed(self.buffers[thread]) if entry.overlaps(access)), None)

    def perform(self, thread: int, access: Access, choice: int) -> tuple[TsoMemory, Done]:
        """Read, buffer a store, or act on memory."""
        if access.change is not None and not goes_to_memory(access):
            return self._buffer(thread, access, access.change(0))
        entry = self._newest_overlapping(thread, access)
        if access.change is None and entry is not None:
            pattern = entry.pattern >> access.shift - entry.shift
            read = Access(access.cell, 0, access.bits, None).part_of(pattern)
            return self, Done(access.cell, access.shift, access.bits, read=read, forwarded=True)
        memory, done = self.memory.perform(thread, access, choice)
        return self._replace(memory=memory), done

    def _buffer(self, thread: int, access: Access, pattern: int | None) -> tuple[TsoMemory, Done]:
        assert pattern is not None
        entry = Entry(access.cell, access.shift, access.bits, pattern)
        old = access.part_of(self.memory.cells[access.cell])
        done = Done(access.cell, access.shift, access.bits, old=old, wrote=pattern, buffered=True)
        return self._with_buffer(thread, (*self.buffers[thread], entry)), done

    def _with_buffer(self, thread: int, buffer: tuple[Entry, ...]) -> TsoMemory:
        return self._replace(buffers=(*self.buffers[:thread], buffer, *self.buffers[thread + 1 :]))

    def fence(self, thread: int, order: Order) -> TsoMemory:
        """Do nothing: the machine lets a seq_cst fence wait until the buffer is empty."""
        del thread, order
        return self

    def is_settled(self, thread: int) -> bool:
        """Return whether the buffer is empty."""
        return not self.buffers[thread]

    def can_flush(self, thread: int) -> bool:
        """Return whether the buffer holds anything."""
        return bool(self.buffers[thread])

    def can_settle(self) -> bool:
        """Return that every run counts."""
        return True

    def flush(self, thread: int) -> tuple[TsoMemory, Done]:
        """Let the oldest entry reach memory."""
        oldest, *rest = self.buffers[thread]
        memory, done = self.memory.perform(thread, oldest.as_store(), 0)
        return self._with_buffer(thread, tuple(rest))._replace(memory=memory), done

    def meet(self, thread: int) -> TsoMemory:
        """Do nothing."""
        del thread
        return self

    def renew(self, thread: int, cells: Iterable[int], *, zero: bool) -> TsoMemory:
        """Set the cells to zero if that is wanted."""
        return self._replace(memory=self.memory.renew(thread, cells, zero=zero))

    def tidied(self, unfinished: Sequence[bool]) -> TsoMemory:
        """Return itself."""
        del unfinished
        return self

    def newest(self, cell: int) -> int:
        """Return the pattern in memory."""
        return self.memory.newest(cell)


def goes_to_memory(access: Access) -> bool:
    """Return whether a write does not pass through the buffer."""
    return access.change is not None and (access.reads or access.order is Order.SEQ_CST)
