"""Workloads for any lock: a counter, a list of steps, a try; the lock is the caller's."""

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    Workload,
    acquire,
    compute,
    field,
    pause,
    relaxed,
    release,
    running,
    u8,
    u64,
)

L = TypeVar("L", bound=Lock)


class Bit(Lock):
    held: Atomic[bool]

    def lock(self) -> None:
        while self.held.exchange(True, acquire):
            pause()

    def trylock(self) -> bool:
        return not self.held.exchange(True, acquire)

    def unlock(self) -> None:
        self.held.store(False, release)


class Twice(Workload, Generic[L]):
    first: L
    second: L
    value: u64 = field(align=64, default=7)
    tried: Atomic[u64]
    hold: Param[u8] = 20

    def each_thread(self) -> None:
        while running():
            with self.first, self.second:
                self.value = self.value + 1 if self.value < 100 else 7
                compute(self.hold)
            if self.second.trylock():
                self.tried.fetch_add(1, relaxed)
                self.second.unlock()

    def at_rest(self) -> None:
        assert 7 <= self.value <= 100


class BothBits(Workload):
    inner: Twice[Bit]

    def each_thread(self) -> None:
        self.inner.each_thread()
