"""A table of routes: readers under RCU, the writer under a lock frees what it replaces.  Half of it in a union."""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Array,
    Atomic,
    Lock,
    Ptr,
    RcuHead,
    Struct,
    Union,
    Workload,
    acquire,
    alloc,
    field,
    free,
    pause,
    rcu_free,
    rcu_read,
    rcu_synchronize,
    relaxed,
    release,
    running,
    u8,
    u32,
    workers,
)

L = TypeVar("L", bound=Lock)


class Timing(Struct):
    started: u32


class Ending(Union):
    timing: Timing
    rcu: RcuHead


class Route(Struct):
    port: u32
    ending: Ending


class SpinLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            pause()

    def unlock(self) -> None:
        self.held.store(0, release)


class Routes(Struct, Generic[L]):
    lock: L
    slots: Array[Atomic[Ptr[Route] | None]] = field(length=2, align=64)

    def setup(self) -> None:
        for index in range(len(self.slots)):
            route = alloc(Route)
            assert route is not None
            route.port = index + 1
            self.slots[index].store(route, relaxed)

    def look_up(self, index: u32) -> u32:
        with rcu_read():
            route = self.slots[index].load(acquire)
            if route is None:
                return 0
            return route.port

    def replace(self, index: u32, port: u32) -> bool:
        fresh = alloc(Route, zero=False)
        if fresh is None:
            return False
        fresh.port = port
        with self.lock:
            old = self.slots[index].load(relaxed)
            self.slots[index].store(fresh, release)
        if old is not None:
            if port & 1 == 0:
                rcu_free(old, old.ending.rcu)
            else:
                rcu_synchronize()
                free(old)
        return True


class Routing(Workload):
    routes: Routes[SpinLock]

    def each_thread(self) -> None:
        while running():
            assert self.routes.look_up(0) > 0

    @workers(1)
    def writer(self) -> None:
        for port in range(3, 5):
            if not self.routes.replace(0, port):
                return
