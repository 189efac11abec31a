"""A cache of blocks: chained hash, one lock for each bucket, a record is allocated only on a miss."""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Atomic,
    Lock,
    Param,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    field,
    free,
    noinline,
    pause,
    random,
    relaxed,
    release,
    running,
    symbol,
    u8,
    u32,
    u64,
)

L = TypeVar("L", bound=Lock)
MULTIPLIER = 0x9E37_79B9_7F4A_7C15


class Block(Struct, align=64):
    number: u64
    users: Atomic[u32]
    next: Ptr[Block] | None


class Chain(Struct, Generic[L], align=64):
    lock: L
    head: Ptr[Block] | None


class Flag(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            while self.held.load(relaxed):
                pause()

    def unlock(self) -> None:
        self.held.store(0, release)


@noinline
def scramble(number: u64, bits: u32) -> u64:
    return number * MULTIPLIER >> (64 - bits)


class BlockCache(Struct, Generic[L]):
    bits: Param[u32] = 1
    to_front: Param[bool] = True
    chains: Array[Chain[L]] = field(length=1 << bits)

    def chain_of(self, number: u64) -> Chain[L]:
        return self.chains[scramble(number, self.bits)]

    @symbol("cache_find")
    def find(self, number: u64, fresh: Ptr[Block] | None) -> Ptr[Block] | None:
        chain = self.chain_of(number)
        with chain.lock:
            previous: Ptr[Block] | None = None
            block = chain.head
            while block is not None and block.number != number:
                previous = block
                block = block.next
            if block is not None:
                if self.to_front and previous is not None:
                    previous.next, block.next, chain.head = block.next, chain.head, block
                block.users.fetch_add(1, relaxed)
                return block
            if fresh is not None:
                fresh.next = chain.head
                chain.head = fresh
            return fresh

    @symbol("cache_get")
    def get(self, number: u64) -> Ptr[Block] | None:
        block = self.find(number, None)
        if block is not None:
            return block
        fresh = alloc(Block)
        if fresh is None:
            return None
        fresh.number = number
        fresh.users.store(1, relaxed)
        block = self.find(number, fresh)
        if block is fresh:
            assert block.users.load(relaxed) > 0
        else:
            free(fresh)
        return block


class Reading(Workload):
    cache: BlockCache[Flag]
    failures: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            block = self.cache.get(random(2))
            if block is None:
                self.failures.fetch_add(1, relaxed)
                continue
            assert block.number < 2
            block.users.fetch_sub(1, release)
