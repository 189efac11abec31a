"""Blocks in a table of two buckets: keys 1 and 3 share one.  Each thread looks up, and allocates on a miss."""

from __future__ import annotations

from lockwright.language import Atomic, Param, Struct, Workload, alloc, field, free, relaxed, thread, threads, u32
from lockwright.locks.bias_rwlock import BiasRwLock
from lockwright.locks.tas import TasLock
from lockwright.structures.hash_table import Entry, HashTable, StripedHashTable


class Block(Struct):
    uses: Atomic[u32]


class Blocks(Workload):
    """Each thread wants blocks 1 and 3; whoever misses brings one, and the second look-up decides."""

    promote: Param[bool] = False
    bits: Param[u32] = 1
    table: HashTable[TasLock, Block] = field(bits=bits, promote=promote)
    failures: Atomic[u32]

    def each_thread(self) -> None:
        for turn in range(2):
            key = 1 + 2 * turn
            found = self.table.get(key)
            if found is None:
                fresh = alloc(Entry[Block])
                if fresh is None:
                    self.failures.fetch_add(1, relaxed)
                    continue
                found = self.table.get_or_add(key, fresh)
                assert found is not None
                if found is not fresh:
                    free(fresh)
            assert found.key == key
            found.value.uses.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        uses = self.failures.load(relaxed)
        entries = u32(0)
        for index in range(1 << self.bits):
            entry = self.table.buckets[index].chain.first
            while entry is not None:
                assert self.table.bucket(entry.key) is self.table.buckets[index]
                assert entry.references.load(relaxed) == entry.value.uses.load(relaxed)
                uses += entry.value.uses.load(relaxed)
                entries += 1
                entry = entry.after
        assert uses == 2 * threads(), "each thread has used each block, or allocation failed"
        assert entries <= 2, "one entry for each block"


class Striped(Workload):
    """Each thread adds an entry of its own and removes it again; the chain and its lock are shared."""

    table: StripedHashTable[BiasRwLock, Block] = field(bits=1, stripe_bits=1)

    def each_thread(self) -> None:
        fresh = alloc(Entry[Block])
        if fresh is None:
            return
        fresh.key = 1 + 2 * thread()
        self.table.add(fresh)
        found = self.table.get(1 + 2 * thread())
        assert found is fresh
        assert self.table.get(0) is None
        self.table.remove(fresh)
        assert fresh.references.load(relaxed) == 1
        free(fresh)
