from __future__ import annotations

from lockwright.language import Ptr, Struct, Workload, u32


class Link(Struct):
    after: Ptr[Link] | None
    number: u32


class Chain(Workload):
    first: Ptr[Link] | None

    def each_thread(self) -> None:
        link = self.first
        assert link is not None
        while link.number > 0:
            if link.number > 3:
                link = link.after
                assert link is not None
            else:
                link = link.after
