"""`simulate`: from locks as a person names them to points on a modelled machine."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal

from lockwright.points import LeastTransfer, SimulationResult, Subject
from lockwright.results import counted
from lockwright.units import cpu_counts, cycles, duration, wrong

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

HOLD, THINK = "100cycles", "1000cycles"
LEAST_WARM_UP, WARM_UP_EACH = 200, 10
"""Rounds before anything is counted, in all and for each CPU: every thread has begun by then."""
LEAST_ROUNDS, ROUNDS_EACH = 2000, 20
FEW_EACH = 10
MOST_SEEDS = 1000
READERS = 0.9
"""Which part of the sections only read where the lock tells readers from writers."""
MOST_PARTS = 1000  # of the sections, to tell readers from writers
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
    named = _named(locks)
    known = machines.load(machine)
    model = known.model()
    chosen = _seeds(seeds)
    _one_of("--start", start or STARTS[0], STARTS)
    _one_of("--think-distribution", think_distribution, DISTRIBUTIONS)
    asked = _Asked(hold, think, think_distribution, lines, locks_count, readers, workload)
    asked.check_readers(named)
    programs = {lock: asked.program(lock, model.ghz) for lock in named}
    counts = _counts(cpus, model, programs)
    starts = {lock: start or _usual_start(program) for lock, program in programs.items()}
    runner = _Runner(programs, starts, _positive("--ops", ops))
    result = Simulation(known.name, known.texts.get("what", ""), weak=list(known.weak()), seeds=chosen)
    params = {lock: asked.params(lock, model.ghz) | {"start": starts[lock], "ops": ops} for lock in named}
    result.params = {"machine": known.name, "lock": named, "cpus": list(counts)} | next(iter(params.values()))
    chosen_for = [told for lock in named if asked.is_program(lock) and (told := _chosen(lock, programs[lock]))]
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked of the workload; None where nothing was said."""

    hold: str | None
    think: str | None
    distribution: str
    lines: int | None
    locks: int | None
    readers: float | None
    workload: str | None

    def program(self, lock: str, ghz: float) -> Program:
        """Return a lock in the workload that was asked for."""
        from lockwright.language.compile import compile_contention

        values = self.values(ghz, self.defaults(lock))
        reading = self.reading(lock)
        if reading is not None:
            part = Fraction(reading).limit_denominator(MOST_PARTS)
            values |= {"readers": part.numerator, "of": part.denominator}
        return compile_contention(lock, self.workload, **values)

    def defaults(self, lock: str) -> dict[str, str]:
        """Return the times of our own workload; other programs have theirs."""
        return {} if self.workload or self.is_program(lock) else {"hold": HOLD, "think": THINK}

    def is_program(self, lock: str) -> bool:
        """Return whether what was named is a whole program, not a lock."""
        from lockwright.language.compile import is_workload

        return is_workload(lock)

    def values(self, ghz: float, defaults: Mapping[str, str]) -> dict[str, int]:
        """Return the `Param`s of the workload: what was asked, and the defaults for what was not."""
        found: dict[str, int] = {}
        for name in ("hold", "think"):
            text = getattr(self, name) or defaults.get(name)
            if text is not None:
                found[name] = cycles(text, ghz, f"--{name}")
        if self.distribution == "exponential":
            found["is_exponential"] = 1
        for name, value, most in (("lines", self.lines, 1 << 20), ("locks", self.locks, 1 << 20)):
            if value is not None:
                found[name] = _within(f"--{name}", value, 0 if name == "lines" else 1, most)
        return found

    def reading(self, lock: str) -> float | None:
        """Return which part of the sections of a lock only read; None if it tells no readers from writers."""
        from lockwright.language.compile import base_of

        if self.workload:
            return self.readers
        usual = READERS if self.readers is None else self.readers
        return usual if base_of(lock) == "RwLock" else None

    def check_readers(self, locks: Sequence[str]) -> None:
        """Refuse a part of the sections that is none, or that no lock asks for."""
        if self.readers is None:
            return
        if not isinstance(self.readers, int | float) or not 0 <= self.readers <= 1:
            shown = str(self.readers).removesuffix(".0")
            raise wrong(f"`--readers {shown}` is no part of the sections", "0 to 1: `--readers 0.9`")
        if all(self.reading(lock) is None for lock in locks):
            raise wrong(f"`--readers` is for reader-writer locks: `{locks[0]}` is none", "leave it out")

    def params(self, lock: str, ghz: float) -> dict[str, object]:
        """Return the settings of a lock as plain values."""
        values = self.values(ghz, self.defaults(lock))
        found: dict[str, object] = {f"{name}_cycles": values.get(name) for name in ("hold", "think")}
        found |= {"think_distribution": self.distribution, "lines": self.lines, "locks": self.locks or 1}
        return found | {"readers": self.reading(lock), "workload": self.workload, "ghz": ghz}

    def words(self, locks: Sequence[str], seeds: int, start: str) -> tuple[str, ...]:
        """Return the settings as a person reads them."""
        defaults = next((found for lock in locks if (found := self.defaults(lock))), {})
        told = [f"{self.locks:,} locks" if self.locks else "one lock"] if defaults else []
        if self.workload:
            told.append(f"in {self.workload}")
        for name in ("hold", "think"):
            text = getattr(self, name) or defaults.get(name)
            if text:
                mean = " on average" if name == "think" and self.distribution == "exponential" else ""
                told.append(f"{name} {duration(text)}{mean}")
        if self.lines is not None:
            told.append(f"{self.lines} shared line{'s' if self.lines != 1 else ''}")
        reading = next((share for lock in locks if (share := self.reading(lock)) is not None), None)
        if reading is not None:
            told.append(f"{reading:.0%} readers")
        if start == "together":
            told.append("all start together")
        told.append(f"{seeds} seed{'s' if seeds != 1 else ''}")
        return tuple(told)


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
    result.faults += _faults(result)
    result.warnings += _warnings(result, len(planned), len(done.runs))
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


def _warnings(result: Simulation, planned: int, done: int) -> list[str]:
    found = []
    if result.is_interrupted:
        found.append(f"interrupted: {done:,} of {planned:,} runs had ended")
    if len(result.seeds) == 1:
        found.append("one seed: there are no intervals, and branches go unseen")
    few = [
        one
        for one in result.points
        if one.run_ns is None and min(run.acquisitions for run in one.runs) < FEW_EACH * one.cpus
    ]
    if few:
        found.append(f"a thread came round less than {FEW_EACH} times at {few[0].cpus} CPUs: `--ops` measures longer")
    else:
        found += (text for lock in dict.fromkeys(one.lock for one in result.points) if (text := _starved(result, lock)))
    return found


def _starved(result: Simulation, lock: str) -> str:
    """Return on how many CPUs threads waited for a lock all along; empty if none did."""
    points = [one for one in result.points if one.lock == lock and any(run.starved for run in one.runs)]
    if not points:
        return ""
    last = max(points, key=lambda one: one.cpus)
    most = max(run.starved for run in last.runs)
    waited = f"{counted(most, 'thread')} of {last.cpus} waited in all of the measured time and never had it"
    return f"{lock} starves waiters: on {last.cpus} CPUs {waited}; latencies are those of the others"


def _faults(result: Simulation) -> list[str]:
    """Return what programs did that makes their figures idle."""
    found = []
    for lock in dict.fromkeys(point.lock for point in result.points):
        failed = sum(run.failed_assertions for one in result.points if one.lock == lock for run in one.runs)
        if failed:
            found.append(
                f"{lock}: {failed:,} assertions failed while it ran; `lockwright check {quote(lock)}` tells why"
            )
        found += _admitted([one for one in result.points if one.lock == lock])
    return found


def _admitted(points: Sequence[Point]) -> list[str]:
    """Return what there is to say of a lock that somebody took while another held it."""
    overlaps = {one.cpus: sum(run.overlaps for run in one.runs) for one in points}
    if not any(overlaps.values()):
        return []
    cpus = max(overlaps, key=lambda count: overlaps[count])
    lock, many = points[0].lock, f"{overlaps[cpus]:,} time{'s' if overlaps[cpus] != 1 else ''}"
    told = f"{lock} was taken {many} on {cpus} CPUs while another thread held it: these are no figures of a lock"
    return [f"{told}; `lockwright check {quote(lock)}` looks for the shortest way there"]


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


# Values that make no sense.


def _chosen(lock: str, program: Program) -> str:
    """Return which class a whole program was compiled as, where it takes any lock and none was named."""
    worker = program.workers[0].function
    name = worker.rpartition(".")[2]
    found = next((one for one in program.functions if one != worker and one.endswith(f".{name}")), "")
    made = found.rpartition(".")[0]
    return f"{lock} is {made}" if "[" in made and "[" not in lock else ""


def _named(locks: str | Sequence[str]) -> list[str]:
    found = [locks] if isinstance(locks, str) else list(dict.fromkeys(_several("locks", locks)))
    if not found:
        raise wrong("no lock is named", "`ticket`, or a file: `mylock.py`")
    unnamed = next((one for one in found if not isinstance(one, str)), None)
    if unnamed is not None:
        raise wrong(f"`{unnamed!r}` is no name of a lock", "a text: `ticket`, or a file: `mylock.py`")
    return found


def _several(what: str, values: object) -> list[Any]:
    if not isinstance(values, Iterable):
        raise wrong(f"`{what}` cannot be `{values!r}`", "one, or a list of them")
    return list(values)


def _usual_start(program: Program) -> str:
    from lockwright.simulate.whole import ends_by_itself

    return "together" if ends_by_itself(program) else "spread"


def _counts(
    cpus: str | int | Sequence[int] | None, model: MachineModel, programs: Mapping[str, Program]
) -> tuple[int, ...]:
    """Return the CPU counts; by default as many as the programs have threads, or one, one die, two dies, and all."""
    from lockwright.simulate.whole import own_threads

    if cpus is None:
        own = {own_threads(one) for one in programs.values()}
        if len(own) == 1 and None not in own:
            cpus = [one for one in own if one is not None]
    if cpus is None:
        die = sum(model.node_of_core[core] == model.node_of_core[0] for core in set(model.core_of_cpu))
        return tuple(sorted({1, min(die, model.cpus), min(2 * die, model.cpus), model.cpus}))
    listed = [cpus] if isinstance(cpus, str | int) else _several("cpus", cpus)
    counts = cpu_counts(",".join(map(str, listed)))
    if counts[-1] > model.cpus:
        raise wrong(
            f"`{model.name}` has {model.cpus} CPUs, so nothing can run on {counts[-1]}", f"`--cpus 1-{model.cpus}`"
        )
    return counts


def _seeds(number: int) -> tuple[int, ...]:
    return tuple(range(1, _within("--seeds", number, 1, MOST_SEEDS) + 1))


def _positive(option: str, value: int | None) -> int | None:
    return value if value is None else _within(option, value, 100, 10**9)


def _within(option: str, value: int, least: int, most: int) -> int:
    if not isinstance(value, int) or not least <= value <= most:
        raise wrong(f"`{option} {value}` makes no sense", f"a number from {least:,} to {most:,}")
    return value


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise wrong(f"there is no `{option} {value}`", " or ".join(f"`{one}`" for one in known))
