"""A pointer that a loop moves on, and states again not to be `None`."""

from __future__ import annotations

from lockwright.language import Ptr, Struct, Workload, alloc, u32, workers


class Link(Struct):
    after: Ptr[Link] | None
    number: u32


class Chain(Workload):
    first: Ptr[Link] | None
    last: u32

    def setup(self) -> None:
        for number in range(3):
            link = alloc(Link)
            assert link is not None
            link.number = number
            link.after = self.first
            self.first = link

    @workers(1)
    def walk(self) -> None:
        link = self.first
        assert link is not None
        while link.number > 0:
            link = link.after
            assert link is not None
        self.last = link.number

    def at_rest(self) -> None:
        assert self.last == 0
