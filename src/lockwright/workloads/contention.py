"""A counter behind a lock, and the times around it: what `simulate` and `bench` put a lock into.

A section reads and writes some shared lines and works for a while; then its thread thinks, for ever the same time or an
exponentially distributed one, and goes round its loop.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import Array, Lock, Param, Struct, Workload, compute, field, running, u2, u32
from lockwright.structures.exponential import exponential

L = TypeVar("L", bound=Lock)


class Line(Struct, align=64):
    """What a section changes: a cache line of its own."""

    count: u2  # modulo 4, so that `check` can run it for ever


class Contention(Workload, Generic[L]):
    lines: Param[u32] = 1  # read and written in each section
    hold: Param[u32] = 0  # cycles of work in the section, beside its lines
    think: Param[u32] = 0  # cycles between two sections, or their mean
    is_exponential: Param[bool] = False
    loop: Param[u32] = 0  # cycles to go round the loop
    lock: L = field(align=64)
    data: Array[Line] = field(length=1 + lines)  # one more, for an array is never empty

    def each_thread(self) -> None:
        while running():
            with self.lock:
                for index in range(self.lines):
                    self.data[index].count += 1
                if self.hold > 0:
                    compute(self.hold)
            if self.is_exponential:
                compute(exponential(self.think))
            elif self.think > 0:
                compute(self.think)
            if self.loop > 0:
                compute(self.loop)
