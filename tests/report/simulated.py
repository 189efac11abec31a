"""Simulations made by hand, so that a report is tested without a run."""

from __future__ import annotations

from math import nan

from lockwright.points import FunctionProfile, LeastTransfer, SeedRun, SimulationResult, StackCycles, Subject
from lockwright.simulate.aggregate import point
from lockwright.simulate.limits import collapse, explained, fall

GHZ = 2.0
PARAMS = {"hold_cycles": 100, "think_cycles": 1000, "start": "spread"}


def seed_run(
    throughput: float,
    seed: int = 1,
    *,
    waiters: float = 0.0,
    rereads: float = 0.0,
    cycles: float = 0.0,
    acquisitions: int = 1000,
) -> SeedRun:
    """Return a run: `rereads` loads of woken waiters for each acquisition, `cycles` of occupation by them."""
    whole = GHZ * 1e9 / throughput
    handoff = max(0.0, whole - 200) if waiters >= 1 else 0.0
    busy = round(acquisitions * whole)
    return SeedRun(
        seed=seed,
        start="spread",
        throughput_per_s=throughput,
        simulated_cycles=round(acquisitions * whole),
        simulated_ops=acquisitions * 8,
        acquisitions=acquisitions,
        jain=0.98,
        longest_bypass=0,
        handoff_ns=handoff / GHZ if waiters >= 1 else nan,
        latency_ns_p50=100 + 100 * waiters,
        latency_ns_p99=300 + 200 * waiters,
        latency_ns_max=1000 + 300 * waiters,
        handoff_distance={"same thread": 10, "same die": 300, "one hop": 500, "two hops": 190},
        profile=(
            FunctionProfile("TicketLock.lock", "Contention.each_thread", 0.9, 9 * busy, 9000, 5000, 4000, 2000, 50),
            FunctionProfile("Contention.each_thread", "", 0.1, busy, 5000, 2000, 100, 100, 1),
        ),
        stacks=(
            StackCycles(("TicketLock.lock", "Contention.each_thread"), 9 * busy),
            StackCycles(("Contention.each_thread",), busy),
        ),
        waiters=waiters,
        transfers_per_acquisition=2 + rereads,
        failed_assertions=0,
        host_seconds=0.01,
        handoffs=acquisitions if waiters >= 1 else 0,
        section_ns=200 / GHZ,
        rereads=round(rereads * acquisitions),
        reread_cycles=round(cycles * acquisitions),
    )


def collapsing() -> SimulationResult:
    """Return a ticket lock that collapses beside an MCS lock that does not."""
    result = SimulationResult("amd48", "8 x AMD Opteron 8431")
    rows: dict[str, list[tuple[int, float, float, float, float]]] = {
        "ticket": [(1, 1.6e6, 0, 0, 0), (6, 5e6, 1.2, 1, 60), (12, 2e6, 8, 8, 500), (48, 4e5, 46.8, 46.8, 4200)],
        "mcs": [(1, 1.5e6, 0, 0, 0), (6, 4e6, 1, 1, 50), (12, 3.8e6, 8, 1, 50), (48, 3.7e6, 44, 1, 50)],
    }
    for lock, listed in rows.items():
        for cpus, throughput, waiters, rereads, cycles in listed:
            runs = [
                seed_run(throughput * factor, seed, waiters=waiters, rereads=rereads, cycles=cycles)
                for seed, factor in enumerate((0.99, 1.0, 1.01), start=1)
            ]
            result.points.append(explained(point(lock, cpus, "amd48", PARAMS, runs), GHZ))
    for lock in rows:
        points = [one for one in result.points if one.lock == lock]
        result.collapses += [collapse(points)] if collapse(points) else []
        result.falls += [found] if (found := fall(points)) else []
    result.subjects["ticket"] = Subject("A lock.", True, ("owner", "next"), (), ("next",), ("owner",))
    result.least_transfer = LeastTransfer(90, "chosen", "slope of the published tails", 80)
    result.weak = ["min_transfer = 420 cycles (chosen: slope of the published tails)", "load.S.two_hops (estimated)"]
    result.params = PARAMS | {"ghz": GHZ}
    result.settings = ("one lock", "hold 100 cycles", "think 1,000 cycles", "3 seeds")
    result.seeds = (1, 2, 3)
    return result
