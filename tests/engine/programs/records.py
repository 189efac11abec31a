"""Records: many at once at the end, and a route that a reader still uses when its section is over."""

from __future__ import annotations

from lockwright.language import (
    Atomic,
    Ptr,
    Struct,
    Workload,
    acq_rel,
    acquire,
    alloc,
    rcu_free,
    rcu_read,
    relaxed,
    running,
    u32,
    workers,
)


class Route(Struct):
    port: u32


class Routes(Workload):
    here: Atomic[Ptr[Route] | None]

    def setup(self) -> None:
        route = alloc(Route)
        assert route is not None
        self.here.store(route, relaxed)

    @workers(1)
    def reader(self) -> None:
        with rcu_read():
            route = self.here.load(acquire)
            if route is not None:
                assert route.port == 0

    @workers(1)
    def writer(self) -> None:
        old = self.here.exchange(None, acq_rel)
        if old is not None:
            rcu_free(old)


class TooLate(Workload):
    here: Atomic[Ptr[Route] | None]

    def setup(self) -> None:
        route = alloc(Route)
        assert route is not None
        self.here.store(route, relaxed)

    @workers(1)
    def reader(self) -> None:
        with rcu_read():
            route = self.here.load(acquire)
        if route is not None:
            assert route.port == 0

    @workers(1)
    def writer(self) -> None:
        old = self.here.exchange(None, acq_rel)
        if old is not None:
            rcu_free(old)


class Many(Workload):
    turns: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            self.turns.fetch_add(1, relaxed)

    def at_rest(self) -> None:
        for key in range(10):
            route = alloc(Route)
            assert route is not None
            route.port = key
            assert key < 9, "the tenth"


class Hoard(Workload):
    turns: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            route = alloc(Route)
            if route is not None:
                route.port = 1
