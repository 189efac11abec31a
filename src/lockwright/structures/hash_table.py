"""Chained hash tables: one lock for each bucket, or reader-writer locks that several buckets share.

An entry holds what it is for (`value`), its key, and how many use it: a look-up takes a reference under the lock.

Source: Linux fs/xfs/linux-2.6/xfs_buf.c (2.6.36, a lock in each bucket, with and without 9bc08a45); Linux
net/netfilter/ipvs/ip_vs_conn.c (2.6.34, sixteen reader-writer locks); `hash_long` of include/linux/hash.h.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Atomic,
    Lock,
    Param,
    Ptr,
    RwLock,
    Struct,
    field,
    relaxed,
    u32,
    u64,
)

L = TypeVar("L", bound=Lock)
R = TypeVar("R", bound=RwLock)
V = TypeVar("V", bound=Struct)
GOLDEN = 0x9E37_79B9_7F4A_7C15


class Entry(Struct, Generic[V], align=64):
    key: u64
    references: Atomic[u32]
    after: Ptr[Entry[V]] | None
    value: V


class Chain(Struct, Generic[V]):
    """The entries of one bucket; whoever calls holds the lock."""

    first: Ptr[Entry[V]] | None

    def find(self, key: u64) -> Ptr[Entry[V]] | None:
        entry = self.first
        while entry is not None and entry.key != key:
            entry = entry.after
        return entry

    def find_to_front(self, key: u64) -> Ptr[Entry[V]] | None:
        before: Ptr[Entry[V]] | None = None
        entry = self.first
        while entry is not None and entry.key != key:
            before = entry
            entry = entry.after
        if entry is not None and before is not None:
            before.after, entry.after, self.first = entry.after, self.first, entry
        return entry

    def add(self, entry: Ptr[Entry[V]]) -> None:
        entry.after = self.first
        self.first = entry

    def remove(self, entry: Ptr[Entry[V]]) -> None:
        before: Ptr[Entry[V]] | None = None
        one = self.first
        while one is not None and one is not entry:
            before = one
            one = one.after
        assert one is not None, "the entry is in the chain"
        if before is None:
            self.first = entry.after
        else:
            before.after = entry.after
        entry.after = None


class Bucket(Struct, Generic[L, V], align=64):
    lock: L
    chain: Chain[V]


class HashTable(Struct, Generic[L, V]):
    bits: Param[u32] = 8
    promote: Param[bool] = False  # a hit moves to the front of its chain
    assert 1 <= bits <= 24, "a table has 2 to 16,777,216 buckets"
    buckets: Array[Bucket[L, V]] = field(length=1 << bits)

    def bucket(self, key: u64) -> Bucket[L, V]:
        return self.buckets[key * GOLDEN >> 64 - self.bits]

    def get(self, key: u64) -> Ptr[Entry[V]] | None:
        return self.get_or_add(key, None)

    def get_or_add(self, key: u64, fresh: Ptr[Entry[V]] | None) -> Ptr[Entry[V]] | None:
        """The entry with this key, else `fresh`, which is then in the table; with a reference for the caller."""
        bucket = self.bucket(key)
        with bucket.lock:
            entry = bucket.chain.find_to_front(key) if self.promote else bucket.chain.find(key)
            if entry is None and fresh is not None:
                fresh.key = key
                bucket.chain.add(fresh)
                entry = fresh
            if entry is not None:
                entry.references.fetch_add(1, relaxed)
            return entry

    def remove(self, entry: Ptr[Entry[V]]) -> None:
        bucket = self.bucket(entry.key)
        with bucket.lock:
            bucket.chain.remove(entry)


class Stripe(Struct, Generic[R], align=64):
    lock: R


class StripedHashTable(Struct, Generic[R, V]):
    bits: Param[u32] = 12
    stripe_bits: Param[u32] = 4
    assert 1 <= bits <= 24, "a table has 2 to 16,777,216 buckets"
    assert stripe_bits <= bits, "a lock has at least one bucket"
    stripes: Array[Stripe[R]] = field(length=1 << stripe_bits)
    chains: Array[Chain[V]] = field(length=1 << bits)

    def chain(self, key: u64) -> Chain[V]:
        return self.chains[self.index(key)]

    def stripe(self, key: u64) -> Stripe[R]:
        return self.stripes[self.index(key) & (1 << self.stripe_bits) - 1]

    def index(self, key: u64) -> u64:
        return key * GOLDEN >> 64 - self.bits

    def get(self, key: u64) -> Ptr[Entry[V]] | None:
        with self.stripe(key).lock.reading():
            entry = self.chain(key).find(key)
            if entry is not None:
                entry.references.fetch_add(1, relaxed)
            return entry

    def add(self, entry: Ptr[Entry[V]]) -> None:
        with self.stripe(entry.key).lock.writing():
            self.chain(entry.key).add(entry)

    def remove(self, entry: Ptr[Entry[V]]) -> None:
        with self.stripe(entry.key).lock.writing():
            self.chain(entry.key).remove(entry)
