"""Threads take two records and give them back; nobody gets a record that another has, and none is lost."""

from __future__ import annotations

from lockwright.language import Param, Ptr, Struct, Workload, field, running, thread, threads, u32
from lockwright.locks.tas import TasLock
from lockwright.structures.slab import Slab, SlabRecord


class Item(Struct):
    owner: u32


class Taking(Workload):
    limit: Param[u32] = 1
    batch: Param[u32] = 1
    slab: Slab[TasLock, Item] = field(limit=limit, batch=batch)

    def each_thread(self) -> None:
        while running():
            first = self.take()
            second = self.take()
            if first is not None:
                self.give_back(first)
            if second is not None:
                self.give_back(second)

    def take(self) -> Ptr[SlabRecord[Item]] | None:
        record = self.slab.take()
        if record is not None:
            assert record.value.owner == 0
            record.value.owner = 1 + thread()
        return record

    def give_back(self, record: Ptr[SlabRecord[Item]]) -> None:
        assert record.value.owner == 1 + thread()
        record.value.owner = 0
        self.slab.give_back(record)

    def at_rest(self) -> None:
        for number in range(len(self.slab.here)):
            assert self.slab.here[number].count <= self.limit
        assert self.slab.free_records() <= 2 * threads()
