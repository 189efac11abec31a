"""A record behind a lock: found with a reference, made if it is not there; the last reference takes it out."""

from __future__ import annotations

from lockwright.language import Atomic, Ptr, Struct, Workload, alloc, free, relaxed, running, u32
from lockwright.locks.tas import TasLock
from lockwright.structures.drop_and_lock import drop_and_lock


class Record(Struct):
    references: Atomic[u32]
    uses: Atomic[u32]


class Place(Struct):
    lock: TasLock
    record: Ptr[Record] | None


class Sharing(Workload):
    place: Place

    def each_thread(self) -> None:
        while running():
            record = self.get()
            if record is not None:
                record.uses.fetch_add(1, relaxed)
                self.put(record)

    def get(self) -> Ptr[Record] | None:
        with self.place.lock:
            record = self.place.record
            if record is None:
                record = alloc(Record)
                self.place.record = record
            if record is not None:
                record.references.fetch_add(1, relaxed)
            return record

    def put(self, record: Ptr[Record]) -> None:
        if drop_and_lock(record.references, self.place.lock):
            self.place.record = None
            self.place.lock.unlock()
            free(record)

    def at_rest(self) -> None:
        assert self.place.record is None
