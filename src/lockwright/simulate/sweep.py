"""Many runs on all cores of this machine: locks × numbers of CPUs × seeds.

The kernel holds no interpreter lock while it runs, so threads are enough.  The order gives early results: every point
once before any point twice, and of the CPU counts first the ends, then what lies between, ever finer.
"""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from lockwright.simulate import stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockwright.points import SeedRun

TELL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """One run."""

    lock: str
    cpus: int
    seed: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is."""

    done: int
    total: int
    elapsed_s: float
    left_s: float  # nan as long as nothing is known


@dataclass(slots=True)
class Sweep:
    """The runs that have ended, by what they were."""

    jobs: tuple[Job, ...]
    runs: dict[Job, SeedRun] = field(default_factory=dict)
    is_interrupted: bool = False

    def of(self, lock: str, cpus: int) -> list[SeedRun]:
        """Return the finished runs of a point, by seed."""
        found = [(job.seed, run) for job, run in self.runs.items() if (job.lock, job.cpus) == (lock, cpus)]
        return [run for _, run in sorted(found, key=lambda one: one[0])]


def jobs(locks: Sequence[str], cpus: Sequence[int], seeds: Sequence[int]) -> tuple[Job, ...]:
    """Return all runs in the order in which they begin."""
    counts = list(coarse_to_fine(sorted(set(cpus))))
    return tuple(Job(lock, count, seed) for seed in seeds for count in counts for lock in locks)


def coarse_to_fine(values: Sequence[int]) -> Iterator[int]:
    """Yield the ends of some values, then the middle, then the middles of what is left."""
    if not values:
        return
    yield values[-1]
    if len(values) > 1:
        yield values[0]
    parts = deque([(0, len(values) - 1)])
    while parts:
        low, high = parts.popleft()
        if high - low < 2:
            continue
        middle = (low + high) // 2
        yield values[middle]
        parts += [(low, middle), (middle, high)]


def run_all(
    planned: Sequence[Job],
    run: Callable[[Job], SeedRun],
    progress: Callable[[Progress], None] | None = None,
    workers: int | None = None,
) -> Sweep:
    """Run everything and return what has ended; Ctrl-C ends it early, gives up what runs, and keeps what is done.

    Args:
        planned: What to run, in this order.
        run: One run; it may be called from several threads at once.
        progress: Called now and then when a run has ended, in the thread of the caller.
        workers: How many run at once; by default one for each core that this process may use.

    Raises:
        LockwrightError: A run cannot be made or never ends; the others are given up.
    """
    sweep = Sweep(tuple(planned))
    began = time.monotonic()
    workers = workers or cores()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="simulate")
    ends: dict[Future[SeedRun], Job] = {}
    try:
        ends = {pool.submit(run, job): job for job in planned}
        told = began
        for one in as_completed(ends):
            sweep.runs[ends[one]] = one.result()
            if progress is not None and time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                progress(_progress(sweep, told - began, workers))
    except (KeyboardInterrupt, stopping.StoppedError):
        sweep.is_interrupted = True
    finally:
        if len(sweep.runs) < len(planned):  # nobody waits any more for what runs
            stopping.wanted.set()
        pool.shutdown(wait=True, cancel_futures=True)
        stopping.wanted.clear()
    if sweep.is_interrupted:
        _keep(sweep, ends)
    return sweep


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _keep(sweep: Sweep, ends: dict[Future[SeedRun], Job]) -> None:
    """Take what ended between the last look and the interrupt."""
    for one, job in ends.items():
        if one.done() and not one.cancelled() and one.exception() is None:
            sweep.runs[job] = one.result()


def _progress(sweep: Sweep, elapsed_s: float, workers: int) -> Progress:
    done, total = len(sweep.runs), len(sweep.jobs)
    return Progress(done, total, elapsed_s, _seconds_left(sweep, workers))


def _seconds_left(sweep: Sweep, workers: int) -> float:
    """Estimate the time left: a run takes what the nearest count of its lock that has ended took."""
    by_lock: dict[str, dict[int, list[float]]] = {}
    for job, run in sweep.runs.items():
        by_lock.setdefault(job.lock, {}).setdefault(job.cpus, []).append(run.host_seconds)
    known = {lock: {count: fmean(taken) for count, taken in points.items()} for lock, points in by_lock.items()}
    any_lock = [one for points in known.values() for one in points.values()]
    left: dict[tuple[str, int], int] = {}
    for job in sweep.jobs:
        if job not in sweep.runs:
            left[job.lock, job.cpus] = left.get((job.lock, job.cpus), 0) + 1
    seconds = 0.0
    for (lock, cpus), times in left.items():
        points = known.get(lock)
        each = points[min(points, key=lambda count: abs(count - cpus))] if points else fmean(any_lock)
        seconds += times * each
    return seconds / workers
