"""The one call: compile the locks, run every point with every seed, and say what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lockwright.points import LeastTransfer, SimulationResult, Subject
from lockwright.simulation import remarks
from lockwright.simulation.asked import Asked
from lockwright.simulation.values import class_of, counts_of, names_of, one_of, positive, seeds_of, usual_start
from lockwright.units import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl
    from rich.table import Table

    from lockwright.ir.program import Program
    from lockwright.machines import Machine, MachineModel
    from lockwright.points import Point, SeedRun
    from lockwright.profiles.model import Profile
    from lockwright.report.figures import Chart
    from lockwright.simulate.program import Code
    from lockwright.simulate.sweep import Job, Progress, Sweep

LEAST_WARM_UP, WARM_UP_EACH = 200, 10
"""Rounds before anything is counted, in all and for each CPU: every thread has begun by then."""
LEAST_ROUNDS, ROUNDS_EACH = 2000, 20
SENSITIVITY_SEEDS = 3
STARTS = ("spread", "together")
DISTRIBUTIONS = ("fixed", "exponential")


class Simulation(SimulationResult):
    """A simulation, with what one does with it in Python."""

    def table(self) -> Table:
        """Return the points as a table of rich."""
        from lockwright.report.simulation import rich_table

        return rich_table(self)

    def figure(self) -> Chart:
        """Return throughput over CPUs as a chart of altair."""
        from lockwright.report.figures import throughput

        return throughput(self)

    def profile(self, lock: str | None = None, cpus: int | None = None) -> Profile:
        """Return where the cycles of one lock went, by stack, as `lockwright.profile` returns what a profiler wrote.

        Args:
            lock: Which lock, as it was named; may be left out if there is one.
            cpus: On how many CPUs; by default the most that were run.

        Raises:
            LockwrightError: There are several locks, or no such lock or number of CPUs.
        """
        from lockwright.report.simulation_profile import point_profile

        return point_profile(self._point(lock, cpus))

    def seed_profiles(self, lock: str | None = None, cpus: int | None = None) -> tuple[Profile, ...]:
        """Return the same of each seed apart: the runs of one side of `lockwright.diff`.

        Args:
            lock: As for `profile`.
            cpus: Likewise.

        Raises:
            LockwrightError: As `profile`.
        """
        from lockwright.report.simulation_profile import seed_profiles

        return seed_profiles(self._point(lock, cpus))

    def _point(self, lock: str | None, cpus: int | None) -> Point:
        names = list(dict.fromkeys(point.lock for point in self.points))
        if lock is None and len(names) == 1:
            lock = names[0]
        if lock not in names:
            told = "one profile is of one lock" if lock is None else f"`{lock}` was not simulated"
            raise wrong(told, "one of " + ", ".join(f"`{name}`" for name in names))
        points = {point.cpus: point for point in self.points if point.lock == lock}
        found = points.get(max(points) if cpus is None else cpus)
        if found is None:
            raise wrong(f"`{lock}` was not simulated on {cpus} CPUs", "one of " + ", ".join(map(str, points)))
        return found

    def frame(self) -> pl.DataFrame:
        """Return the points as a data frame of polars, with a column for each parameter.

        Raises:
            LockwrightError: polars is not installed.
        """
        try:
            import polars as pl
        except ImportError:
            raise wrong("`frame()` needs polars, which is not installed", "`pip install lockwright[frames]`") from None
        from lockwright.report.simulation_records import flat_points

        return pl.DataFrame(flat_points(self))


def simulate(
    locks: str | Sequence[str],
    *,
    machine: str = "opteron48",
    cpus: str | int | Sequence[int] | None = None,
    hold: str | None = None,
    think: str | None = None,
    think_distribution: Literal["fixed", "exponential"] = "fixed",
    lines: int | None = None,
    locks_count: int | None = None,
    readers: float | None = None,
    workload: str | None = None,
    seeds: int = 5,
    start: Literal["spread", "together"] | None = None,
    ops: int | None = None,
    sensitivity: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Simulation:
    """Run locks on a modelled machine.

    Args:
        locks: Built-in names (`ticket`, `mcs`), lock files (`mylock.py:MyLock`), or whole programs, one or several.
        machine: A short name such as `opteron48` (`lockwright machines` lists them), or a TOML file.
        cpus: On how many CPUs: `1,6,12,48`, `1-48`, or one or several numbers; by default one, one die, two dies, all.
        hold: How long a section works beside its lines, with a unit: `100cycles`, `50ns`.
        think: How long a thread does something else between two sections: `1000cycles`, `2us`.
        think_distribution: `fixed`, or `exponential` with `think` as its mean.
        lines: How many shared cache lines a section reads and writes.
        locks_count: How many locks there are; each round takes one of them at random.
        readers: For a reader-writer lock: which part of the sections only read, 0 to 1; by default 0.9.
        workload: What the lock is put into instead: a name of `lockwright locks`, or a file `work.py:MyWorkload`.
        seeds: How many runs there are of each point, with seeds 1, 2, ...
        start: `spread` over a while, or all `together`: near a collapse they may end on different branches.  By default
            `spread`, but `together` where threads end by themselves and a run is the whole program.
        ops: How many rounds of all threads together, an acquisition each, a run measures; by default 2,000, or 20
            for each CPU.
        sensitivity: Also run with each weak number of the machine at 80 % and at 125 %.
        progress: Called now and then with how far it is.

    Raises:
        LockwrightError: There is no such lock or machine, a value makes no sense, a program has mistakes, deadlocks or
            never releases.
    """
    from lockwright import machines
    from lockwright.report.machines import told_doubts

    began = time.perf_counter()
    named = names_of(locks)
    known = machines.load(machine)
    model = known.model()
    chosen = seeds_of(seeds)
    one_of("--start", start or STARTS[0], STARTS)
    one_of("--think-distribution", think_distribution, DISTRIBUTIONS)
    asked = Asked(hold, think, think_distribution, lines, locks_count, readers, workload)
    asked.check_readers(named)
    programs = {lock: asked.program(lock, model.ghz) for lock in named}
    counts = counts_of(cpus, model, programs)
    starts = {lock: start or usual_start(program) for lock, program in programs.items()}
    runner = _Runner(programs, starts, positive("--ops", ops))
    result = Simulation(known.name, known.texts.get("what", ""), weak=list(known.weak()), seeds=chosen)
    params = {lock: asked.params(lock, model.ghz) | {"start": starts[lock], "ops": ops} for lock in named}
    result.params = {"machine": known.name, "lock": named, "cpus": list(counts)} | next(iter(params.values()))
    chosen_for = [told for lock in named if asked.is_program(lock) and (told := class_of(lock, programs[lock]))]
    result.settings = (*chosen_for, *asked.words(named, len(chosen), start or ""))
    result.warnings += [f"doubtful: {doubt}" for doubt in told_doubts(known)]
    result.least_transfer = _least_transfer(known, model)
    result.subjects = {lock: _subject(lock, program, model, max(counts)) for lock, program in programs.items()}
    sweep = _run(result, runner, model, params, counts, progress)
    if sensitivity and not sweep.is_interrupted:
        _vary(result, runner, known, sweep, named, counts, progress)
    result.seconds = time.perf_counter() - began
    return result


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runs one job; what all seeds and numbers of a machine share is made once for each number of CPUs."""

    programs: Mapping[str, Program]
    starts: Mapping[str, str]  # of each lock
    ops: int | None
    codes: dict[tuple[str, int], Code] = field(default_factory=dict)

    def __call__(self, model: MachineModel, job: Job) -> SeedRun:
        from lockwright.simulate.run import Settings, code_of, measured

        settings = Settings(
            cpus=job.cpus,
            seed=job.seed,
            start=self.starts[job.lock],
            warm_up_rounds=max(LEAST_WARM_UP, WARM_UP_EACH * job.cpus),
            measured_rounds=self.ops or max(LEAST_ROUNDS, ROUNDS_EACH * job.cpus),
        )
        key = job.lock, job.cpus
        if key not in self.codes:  # two threads may make the same; either will do
            self.codes[key] = code_of(self.programs[job.lock], model, settings)
        return measured(self.codes[key], model, settings)


def _run(
    result: Simulation,
    runner: _Runner,
    model: MachineModel,
    params: Mapping[str, dict[str, object]],
    counts: Sequence[int],
    progress: Callable[[Progress], None] | None,
) -> Sweep:
    """Run all points and put them into the result, with what they say."""
    from lockwright.language.compile import base_of
    from lockwright.simulate import aggregate, limits, sweep

    planned = sweep.jobs(list(params), counts, result.seeds)
    done = sweep.run_all(planned, lambda job: runner(model, job), progress)
    result.is_interrupted = done.is_interrupted
    for lock, used in params.items():
        many = int(str(used["locks"]))
        base = base_of(lock)  # sections of an RwLock may overlap
        many = many if base != "RwLock" and (runner.programs[lock].subject or many > 1) else 0
        points: list[Point] = []
        for count in counts:
            runs = done.of(lock, count)
            if runs:
                made = aggregate.point(lock, count, model.name, used, runs)
                made = replace(made, is_program=base == "Workload")
                points.append(limits.explained(made, model.ghz, many))
        result.points += points
        fallen = limits.fall(points)
        if fallen is not None:
            result.falls.append(fallen)
            result.collapses.append(limits.collapse(points))
    result.faults += remarks.faults(result)
    result.warnings += remarks.warnings(result, len(planned), len(done.runs))
    return done


def _least_transfer(machine: Machine, model: MachineModel) -> LeastTransfer:
    """Return the machine's lower bound on moving a line, and the longest that it takes without it."""
    number = machine.numbers["min_transfer"]
    longest = max(cycles for states in model.latency_cycles for row in states for cycles in row)
    return LeastTransfer(model.min_transfer_cycles, number.standing, machine.reason(number), longest)


def _subject(lock: str, program: Program, model: MachineModel, cpus: int) -> Subject:
    """Return what a lock says of itself, and which of its fields share a line."""
    from lockwright.language.catalogue import describe
    from lockwright.language.compile import builtin_locks
    from lockwright.simulate.seats import shape_of
    from lockwright.simulate.subject import ACQUIRE, RELEASE, in_one_line, written

    path = builtin_locks().get(lock.partition("[")[0].partition(":")[0])
    summary = describe(Path(path))[0] if path else ""
    fields, beside = in_one_line(program, shape_of(program, model, cpus), model.line_bytes)
    return Subject(summary, program.promises.fifo, fields, beside, written(program, ACQUIRE), written(program, RELEASE))


def _vary(
    result: Simulation,
    runner: _Runner,
    machine: Machine,
    base: Sweep,
    locks: Sequence[str],
    counts: Sequence[int],
    progress: Callable[[Progress], None] | None,
) -> None:
    """Find out which weak numbers decide the points with most CPUs, and where a lock falls."""
    from lockwright.simulate.sensitivity import moved_falls, sensitivity

    seeds = result.seeds[:SENSITIVITY_SEEDS]
    result.sensitivity = sensitivity(machine, base, locks, max(counts), seeds, runner, progress)
    moved = None
    if result.sensitivity is not None:
        moved = moved_falls(machine, result.falls, result.sensitivity, counts, seeds, runner, progress)
        result.moved_falls += moved or []
    if moved is None:
        result.is_interrupted = True
        result.warnings.append("interrupted: which weak numbers decide the result was not found out")
