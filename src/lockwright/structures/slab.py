"""Records of one kind, kept for use again: each CPU has a list of free ones; batches move to and from a common list.

What a CPU does with its own list takes no lock; interrupts are off meanwhile.  A freed record keeps what it held.
Source: Linux 3.2 mm/slab.c (`cache_alloc_refill`, `cache_flusharray`); Bonwick and Adams, USENIX 2001 (magazines).
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Lock,
    Param,
    PerCpu,
    Ptr,
    Struct,
    alloc,
    cpu,
    interrupts_disabled,
    symbol,
    u32,
)

L = TypeVar("L", bound=Lock)
V = TypeVar("V", bound=Struct)


class SlabRecord(Struct, Generic[V]):
    """A record, and its link while it is free."""

    after: Ptr[SlabRecord[V]] | None
    value: V


class FreeList(Struct, Generic[V], align=64):
    count: u32
    first: Ptr[SlabRecord[V]] | None

    def put(self, record: Ptr[SlabRecord[V]]) -> None:
        record.after = self.first
        self.first = record
        self.count += 1

    def take(self) -> Ptr[SlabRecord[V]] | None:
        record = self.first
        if record is not None:
            self.first = record.after
            self.count -= 1
        return record

    def length(self) -> u32:
        length = u32(0)
        record = self.first
        while record is not None:
            length += 1
            record = record.after
        assert length == self.count
        return length


class Slab(Struct, Generic[L, V]):
    """A CPU keeps up to `limit` free records; `batch` of them move at once."""

    limit: Param[u32] = 120
    batch: Param[u32] = 60
    assert 1 <= batch <= limit, "a batch is part of what a CPU keeps"
    here: PerCpu[FreeList[V]]
    lock: L
    common: FreeList[V]

    @symbol("kmem_cache_alloc")
    def take(self) -> Ptr[SlabRecord[V]] | None:
        """Return a record, or None if memory has run out."""
        with interrupts_disabled():
            mine = self.here[cpu()]
            record = mine.take()
            if record is None:
                self.refill(mine)
                record = mine.take()
        if record is None:
            record = alloc(SlabRecord[V])
        return record

    @symbol("cache_alloc_refill")
    def refill(self, mine: Ptr[FreeList[V]]) -> None:
        with self.lock:
            for _ in range(self.batch):
                record = self.common.take()
                if record is None:
                    break
                mine.put(record)

    @symbol("kmem_cache_free")
    def give_back(self, record: Ptr[SlabRecord[V]]) -> None:
        with interrupts_disabled():
            mine = self.here[cpu()]
            if mine.count >= self.limit:
                self.drain(mine)
            mine.put(record)

    @symbol("cache_flusharray")
    def drain(self, mine: Ptr[FreeList[V]]) -> None:
        with self.lock:
            for _ in range(self.batch):
                record = mine.take()
                if record is None:
                    break
                self.common.put(record)

    def free_records(self) -> u32:
        """Return how many free records there are, and find every list as long as it says; for `at_rest`."""
        count = self.common.length()
        for number in range(len(self.here)):
            count += self.here[number].length()
        return count
