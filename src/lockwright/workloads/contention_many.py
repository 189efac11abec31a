"""Many locks, each with lines of its own: every section takes one that is drawn anew."""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import Array, Lock, Param, Struct, Workload, compute, field, random, running, u32
from lockwright.structures.exponential import exponential
from lockwright.workloads.contention import Line

L = TypeVar("L", bound=Lock)


class Guarded(Struct, Generic[L], align=64):
    lines: Param[u32] = 1
    lock: L
    data: Array[Line] = field(length=1 + lines)  # one more, for an array is never empty


class ManyLocks(Workload, Generic[L]):
    locks: Param[u32] = 2
    lines: Param[u32] = 1  # read and written in each section
    hold: Param[u32] = 0  # cycles of work in the section, beside its lines
    think: Param[u32] = 0  # cycles between two sections, or their mean
    is_exponential: Param[bool] = False
    loop: Param[u32] = 0  # cycles to go round the loop
    guarded: Array[Guarded[L]] = field(length=locks, lines=lines)

    def each_thread(self) -> None:
        while running():
            one = self.guarded[random(self.locks)]
            with one.lock:
                for index in range(self.lines):
                    one.data[index].count += 1
                if self.hold > 0:
                    compute(self.hold)
            if self.is_exponential:
                compute(exponential(self.think))
            elif self.think > 0:
                compute(self.think)
            if self.loop > 0:
                compute(self.loop)
