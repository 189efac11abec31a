"""Counters on every CPU, made and dropped: nobody else has the area, and at the end all is free again."""

from __future__ import annotations

from lockwright.language import Param, Struct, Workload, cpus, field, thread, u32
from lockwright.locks.tas import TasLock
from lockwright.structures.percpu_allocator import NO_AREA, PerCpuMemory


class Counter(Struct):
    count: u32


class Counting(Workload):
    units: Param[u32] = 3
    length: Param[u32] = 1
    second: Param[u32] = 1  # the length for the second thread
    memory: PerCpuMemory[TasLock, TasLock, Counter] = field(units=units)

    def each_thread(self) -> None:
        length = self.second if thread() == 1 else self.length
        area = self.memory.areas.take(length)
        if area == NO_AREA:
            return
        for one in range(cpus()):
            self.memory.of(one, area).count = 0
        self.memory.mine(area).count += 1
        total = u32(0)
        for one in range(cpus()):
            total += self.memory.of(one, area).count
        assert total == 1, "nobody else counts here"
        self.memory.areas.give_back(area, length)

    def at_rest(self) -> None:
        for unit in range(self.units):
            assert not self.memory.areas.taken[unit]
