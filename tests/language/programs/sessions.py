"""Sessions under striped reader-writer locks; the writer half of the lock keeps a word with a flag and a count."""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Atomic,
    AtomicWord,
    Param,
    Ptr,
    RwLock,
    Struct,
    Word,
    Workload,
    acquire,
    alloc,
    field,
    pause,
    relaxed,
    release,
    running,
    symbol,
    u8,
    u16,
    u32,
    u64,
    workers,
)

R = TypeVar("R", bound=RwLock)


class Crowd(Word):
    readers: u16 = 0
    writer: u8 = 0


class CrowdLock(RwLock):
    crowd: AtomicWord[Crowd]

    def read_lock(self) -> None:
        while True:
            seen = self.crowd.load(relaxed)
            if seen.writer == 0:
                more = Crowd(readers=seen.readers + 1)
                if self.crowd.compare_exchange(seen, more, acquire) == seen:
                    return
            pause()

    def read_unlock(self) -> None:
        self.crowd.fetch_sub(Crowd(readers=1), release)

    def write_lock(self) -> None:
        while self.crowd.compare_exchange(Crowd(), Crowd(writer=1), acquire) != Crowd():
            pause()

    def write_unlock(self) -> None:
        self.crowd.writer.store(0, release)


class Session(Struct):
    key: u64
    hits: Atomic[u32]
    after: Ptr[Session] | None


class Sessions(Struct, Generic[R]):
    bits: Param[u32] = 1
    locks: Array[R] = field(length=2, align=64)
    heads: Array[Ptr[Session] | None] = field(length=1 << bits)

    @symbol("session_find")
    def find(self, key: u64) -> Ptr[Session] | None:
        index = slot(key) & ((1 << self.bits) - 1)
        with self.locks[index & 1].reading():
            one = self.heads[index]
            while one is not None:
                if one.key == key:
                    one.hits.fetch_add(1, relaxed)
                    break
                one = one.after
            return one

    def insert(self, key: u64) -> None:
        fresh = alloc(Session)
        if fresh is None:
            return
        fresh.key = key
        index = slot(key) & ((1 << self.bits) - 1)
        with self.locks[index & 1].writing():
            fresh.after = self.heads[index]
            self.heads[index] = fresh


def slot(key: u64) -> u32:
    return u32((key ^ 5) * 3 >> 1)


class Traffic(Workload):
    sessions: Sessions[CrowdLock]
    clients: Param[u32] = 1

    @workers(clients)
    def client(self) -> None:
        while running():
            self.sessions.find(1)

    @workers(1)
    def server(self) -> None:
        self.sessions.insert(1)
