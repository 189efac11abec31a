"""Numbers are given from the lowest, once each, and are free again when they are taken back."""

from __future__ import annotations

from lockwright.language import Ptr, Struct, Workload, alloc, field, free, u32
from lockwright.structures.id_registry import NO_ID, IdRegistry


class Record(Struct):
    number: u32


class Numbers(Workload):
    registry: IdRegistry[Record] = field(bits=1)
    left_over: Ptr[Record] | None

    def each_thread(self) -> None:
        first = self.add()
        second = self.add()
        third = self.add()
        if first is None or second is None:
            return
        assert first.number == 0
        assert second.number == 1
        assert third is None or third.number == NO_ID
        assert self.registry.find(0) is first
        assert self.registry.find(1) is second
        assert self.registry.find(2) is None
        self.registry.remove(0)
        assert self.registry.find(0) is None
        if third is not None:
            assert self.registry.allocate(third) == 0
            assert self.registry.find(0) is third
            assert self.registry.allocate(first) == NO_ID
        free(first)

    def add(self) -> Ptr[Record] | None:
        record = alloc(Record)
        if record is not None:
            record.number = self.registry.allocate(record)
            if record.number == NO_ID:
                self.left_over = record
        return record
