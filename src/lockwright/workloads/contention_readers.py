"""Lines behind a reader-writer lock: so many of the sections, drawn by chance, read them, the others write."""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import Array, Param, RwLock, Workload, compute, field, random, running, u32
from lockwright.structures.exponential import exponential
from lockwright.workloads.contention import Line

R = TypeVar("R", bound=RwLock)


class ReadersBesideWriters(Workload, Generic[R]):
    readers: Param[u32] = 9  # so many sections `of` so many only read
    of: Param[u32] = 10
    assert readers <= of, "at most all sections read"
    lines: Param[u32] = 1  # read, or read and written, in each section
    hold: Param[u32] = 0  # cycles of work in the section, beside its lines
    think: Param[u32] = 0  # cycles between two sections, or their mean
    is_exponential: Param[bool] = False
    loop: Param[u32] = 0  # cycles to go round the loop
    lock: R = field(align=64)
    data: Array[Line] = field(length=1 + lines)  # one more, for an array is never empty

    def each_thread(self) -> None:
        while running():
            if random(self.of) < self.readers:
                with self.lock.reading():
                    first = self.data[0].count
                    for index in range(1, self.lines):
                        assert self.data[index].count == first, "a reader sees all of a writer's work or nothing"
                    if self.hold > 0:
                        compute(self.hold)
            else:
                with self.lock.writing():
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
