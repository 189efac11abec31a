"""What a memory model has to say to the machine: which accesses are possible now, and what each of them does.

A memory is immutable and hashable.  An access touches some bits of one cell; patterns of bits are never negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lockwright.ir.table import Order


@dataclass(frozen=True, slots=True)
class Access:
    """One access to memory.  `change` gives the new pattern from the old one: None if a comparison failed."""

    cell: int
    shift: int
    bits: int
    order: Order | None  # None: plain
    is_part: bool = False
    reads: bool = False
    change: Callable[[int], int | None] | None = None
    failure: Order | None = None  # the order of a comparison that fails

    def but(self, **changes: Any) -> Access:
        """Return the access with some fields changed."""
        return replace(self, **changes)

    @property
    def is_update(self) -> bool:
        """Whether it reads and writes in one step."""
        return self.reads and self.change is not None

    def part_of(self, pattern: int) -> int:
        """Return the accessed bits of the pattern of the whole cell."""
        return pattern >> self.shift & ones(self.bits)

    def put(self, pattern: int, part: int) -> int:
        """Return the pattern of the whole cell with the accessed bits replaced."""
        return pattern & ~(ones(self.bits) << self.shift) | part << self.shift


def ones(bits: int) -> int:
    """Return so many ones."""
    return (1 << bits) - 1


@dataclass(frozen=True, slots=True)
class Done:
    """What an access or a flush did: patterns of the accessed bits, and under `c11` places in the list of messages."""

    cell: int
    shift: int = 0
    bits: int = 0
    read: int | None = None
    old: int | None = None  # what memory held before a write
    wrote: int | None = None
    buffered: bool = False  # the write waits in the store buffer
    forwarded: bool = False  # the value read was still in the store buffer
    index: int | None = None  # of the message read, the oldest being 0
    newest: int | None = None  # index of the newest message at that time
    place: int | None = None  # of the message written

    def but(self, **changes: Any) -> Done:
        """Return it with some fields changed."""
        return replace(self, **changes)


class Memory(Protocol):
    """The memory of one state."""

    def choices(self, thread: int, access: Access) -> Sequence[int]:
        """Return the ways in which an access can happen now: none if it has to wait."""

    def perform(self, thread: int, access: Access, choice: int) -> tuple[Self, Done]:
        """Do an access in one of these ways.  A data race raises `Fault`."""

    def fence(self, thread: int, order: Order) -> Self:
        """Do a fence."""

    def is_settled(self, thread: int) -> bool:
        """Return whether all that a thread stored has reached memory."""

    def can_flush(self, thread: int) -> bool:
        """Return whether the oldest buffered store of a thread can reach memory now."""

    def can_settle(self) -> bool:
        """Return whether a run that ends here counts."""

    def flush(self, thread: int) -> tuple[Self, Done]:
        """Let the oldest buffered store of a thread reach memory."""

    def meet(self, thread: int) -> Self:
        """Acquire and release on the hidden location of halts, kicks, futexes and the like."""

    def renew(self, thread: int, cells: Iterable[int], *, zero: bool) -> Self:
        """Make cells those of a record that a thread was given just now."""

    def tidied(self, unfinished: Sequence[bool]) -> Self:
        """Forget what no thread can tell any more."""

    def newest(self, cell: int) -> int:
        """Return the pattern that everybody sees in the end."""
