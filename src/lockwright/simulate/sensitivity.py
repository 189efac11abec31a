"""Which weak numbers of a machine decide a result: each at 80 % and at 125 % of its value, all else as it was."""

from __future__ import annotations

from functools import partial
from math import isnan, nan
from statistics import fmean
from typing import TYPE_CHECKING

from lockwright.errors import LockwrightError
from lockwright.points import MovedFall
from lockwright.simulate.aggregate import point
from lockwright.simulate.limits import fall
from lockwright.simulate.sweep import Job, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lockwright.machines import Machine, MachineModel
    from lockwright.points import Fall, SeedRun
    from lockwright.simulate.sweep import Progress, Sweep

FACTORS = (0.8, 1.25)
DECISIVE = 0.01  # of the throughput: smaller changes do not move a fall either
MOST_MOVING = 3  # numbers of which it is found out how they move a fall
_ONLY_SCALES = frozenset({"ghz"})  # all cycles stay what they are

Row = tuple[str, float, float]


def variants(machine: Machine) -> Iterator[tuple[str, float, MachineModel]]:
    """Yield the machine with each weak number at each factor: the name, the factor, the model."""
    rows = {one.number.name: one.number for one in machine.latencies.values() if one.number is not None}
    for number in {**machine.numbers, **rows}.values():
        if not number.is_weak or isinstance(number.value, bool | str) or not number.value:
            continue
        if number.name in _ONLY_SCALES:
            continue
        cycles = number.in_cycles(machine.numbers["ghz"].amount).amount
        for factor in FACTORS:
            try:
                yield number.name, factor, machine.with_numbers({number.name: cycles * factor}).model()
            except LockwrightError:  # out of the range that the number can have
                continue


def sensitivity(
    machine: Machine,
    base: Sweep,
    locks: Sequence[str],
    cpus: int,
    seeds: Sequence[int],
    run_on: Callable[[MachineModel, Job], SeedRun],
    progress: Callable[[Progress], None] | None = None,
) -> list[Row] | None:
    """Return by how much throughput changes with each weak number, for each lock; the most decisive first.

    Args:
        machine: The machine.
        base: What was run on it as it is.
        locks: The locks.
        cpus: On how many CPUs; `base` has runs there.
        seeds: The seeds, which `base` has too.
        run_on: One run on a model.
        progress: As for `run_all`.

    Returns:
        Name, change at 80 % and at 125 % (-0.1: a tenth less); nan where the number cannot have that value.
        None if it was interrupted.
    """
    models = {(name, factor): model for name, factor, model in variants(machine)}
    known = {Job(lock, cpus, seed): base.runs[Job(lock, cpus, seed)] for lock in locks for seed in seeds}
    planned = {Job(f"{name}\n{factor}\n{lock}", cpus, seed): (model, Job(lock, cpus, seed))
               for (name, factor), model in models.items() for lock in locks for seed in seeds}  # fmt: skip
    sweep = run_all(tuple(planned), lambda job: run_on(*planned[job]), progress)
    if sweep.is_interrupted:
        return None

    def change(name: str, factor: float, lock: str) -> float:
        if (name, factor) not in models:
            return nan
        runs = sweep.of(f"{name}\n{factor}\n{lock}", cpus)
        before = fmean(one.throughput_per_s for job, one in known.items() if job.lock == lock)
        return fmean(one.throughput_per_s for one in runs) / before - 1

    low, high = FACTORS
    rows = [
        (f"{name}, {lock}" if len(locks) > 1 else name, change(name, low, lock), change(name, high, lock))
        for name in dict.fromkeys(name for name, _ in models)
        for lock in locks
    ]
    return sorted(rows, key=lambda row: -max(abs(change) for change in row[1:] if not isnan(change)))


def moved_falls(
    machine: Machine,
    falls: Sequence[Fall],
    rows: Sequence[Row],
    counts: Sequence[int],
    seeds: Sequence[int],
    run_on: Callable[[MachineModel, Job], SeedRun],
    progress: Callable[[Progress], None] | None = None,
) -> list[MovedFall] | None:
    """Return where each lock falls with each of the most decisive numbers changed; None if it was interrupted.

    Args:
        machine: The machine.
        falls: Where the locks fall on it as it is.
        rows: What `sensitivity` returned.
        counts: The counts of the sweep, of which those from half to twice that of the fall are run, and the one before.
        seeds: The seeds.
        run_on: One run on a model.
        progress: As for `run_all`.
    """
    found = []
    for one in falls:
        near = [count for count in counts if max(2, min(one.before, one.there / 2)) <= count <= 2 * one.there]
        names = _decisive(rows, one.lock)
        models = {(name, factor): model for name, factor, model in variants(machine) if name in names}
        planned = {Job(f"{name}\n{factor}", cpus, seed): (model, Job(one.lock, cpus, seed))
                   for (name, factor), model in models.items() for seed in seeds for cpus in near}  # fmt: skip
        sweep = run_all(tuple(planned), partial(_run_planned, run_on, planned), progress)
        if sweep.is_interrupted:
            return None
        for name, factor in models:
            runs = {cpus: sweep.of(f"{name}\n{factor}", cpus) for cpus in near}
            there = fall([point(one.lock, cpus, machine.name, {}, runs[cpus]) for cpus in near])
            moved = (there.before, there.there) if there is not None else None
            found.append(MovedFall(one.lock, name, factor, moved, (near[0], near[-1])))
    return found


def _run_planned(
    run_on: Callable[[MachineModel, Job], SeedRun], planned: Mapping[Job, tuple[MachineModel, Job]], job: Job
) -> SeedRun:
    return run_on(*planned[job])


def _decisive(rows: Sequence[Row], lock: str) -> list[str]:
    """Return the numbers that change the throughput of a lock most."""
    names = [
        name.partition(", ")[0]
        for name, *changes in rows
        if name.partition(", ")[2] in ("", lock) and any(abs(one) >= DECISIVE for one in changes)
    ]
    return names[:MOST_MOVING]
