"""Calls through tables, two of them, patched while the threads run; the lock's word is seen in two ways by a union."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    AtomicWord,
    Ptr,
    Table,
    Union,
    Word,
    Workload,
    acquire,
    patch,
    pause,
    release,
    running,
    table,
    u8,
    u16,
    workers,
)


class Halves(Word):
    low: u8 = 0
    high: u8 = 0


class Gate(Union):
    whole: Atomic[u16]
    halves: AtomicWord[Halves]


class GateCalls(Table):
    def enter(self, gate: Ptr[Gate]) -> bool:
        return False

    def leave(self, gate: Ptr[Gate]) -> None: ...


class ByWhole(GateCalls):
    def enter(self, gate: Ptr[Gate]) -> bool:
        while gate.whole.exchange(1, acquire) != 0:
            pause()
        return True

    def leave(self, gate: Ptr[Gate]) -> None:
        gate.whole.store(0, release)


class ByHalf(GateCalls):
    def enter(self, gate: Ptr[Gate]) -> bool:
        while gate.halves.low.exchange(1, acquire) != 0:
            pause()
        return False

    def leave(self, gate: Ptr[Gate]) -> None:
        gate.halves.low.store(0, release)


calls: GateCalls = table(ByWhole)
later: GateCalls = table(ByHalf)


class Patched(Workload):
    gate: Gate
    inside: u8

    def setup(self) -> None:
        patch(later, ByWhole)

    def each_thread(self) -> None:
        while running():
            if calls.enter(self.gate):
                self.inside += 1
                assert self.inside == 1
                self.inside -= 1
            calls.leave(self.gate)

    @workers(1)
    def patcher(self) -> None:
        patch(calls, ByHalf)
        later.leave(self.gate)
