"""The whole check of one program: every memory model, runs that end and runs that don't, the first fault told.

The models run in order, and the first that fails names the kind of mistake.  What the search reduces (symmetry, partial
order, merged steps) is undone for the telling: the smallest instance that fails is searched again raw, and its trace is
played on the plain machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from lockwright.check.claims import claims
from lockwright.check.engine.exploration import INTERRUPTED
from lockwright.check.engine.options import Options
from lockwright.check.left_out import left_out, uses
from lockwright.check.limits import refuse_huge
from lockwright.check.shapes import shape_of
from lockwright.check.smallest import told, untold
from lockwright.check.verdict import NO_DOORWAY, TOO_MANY, Findings, Promised, findings
from lockwright.flat.compiling import clock
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.kinds import infer_kinds
from lockwright.ir.symmetry import find_symmetry
from lockwright.ir.waiting import Waiting, waiting
from lockwright.results import (
    FAULT,
    FAULTS,
    NOT_COVERED,
    NOT_EXHAUSTED,
    PROVED,
    CheckResult,
    Run,
    Wait,
    instance,
    listed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockwright.check.engine.exploration import Exploration
    from lockwright.ir.program import Program, Shape

BUDGETS = frozenset({"states", "seconds", "memory"})
"""Reasons of a search that was stopped; every other reason says why something is not covered."""


THREADS = 3
MOST_STATES = 20_000_000
"""States of a run whose instance was asked for."""
QUICK_STATES, LAST_STATES = {"c11": 50_000}, {"c11": 200_000}
QUICK_DEFAULT, LAST_DEFAULT = 250_000, 500_000
"""Without a number of threads: states after which a smaller instance is taken, and those of the smallest.

So many are also looked through when there is a fault: a longer search ends with the first one.
"""


class Explorer(Protocol):
    """The search for one instance under one model."""

    def __call__(  # noqa: D102 - the class says it
        self, waiting: Waiting, shape: Shape, model: str, acquisitions: int | None, options: Any = ..., **budget: Any
    ) -> Exploration: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What to check, and how long."""

    threads: int | None = None  # None: as many as the answer comes at once with
    acquisitions: tuple[int | None, ...] = (2, None)
    models: tuple[str, ...] = ("sc", "tso", "c11")
    budget_states: int | None = None  # None: MOST_STATES, or few where a smaller instance would do
    budget_seconds: float = 600.0
    interrupts: int = 1
    fifo: bool | None = None  # overrules what the class line promises
    bypass: int | None = None  # how often a waiter may be overtaken; None: as often as it happens
    shape: Shape | None = None  # overrules what `nodes` and the workers say
    nodes: tuple[int, ...] = ()  # the ids of the NUMA nodes that exist
    cpus: int | None = None  # how many; None: one for each thread
    offline: tuple[int, ...] = ()  # CPUs that are offline at first
    migrate: bool = False  # threads may come to other CPUs
    cures: bool = True
    orders: bool = False
    kinds: tuple[str, ...] = ()  # look only for these faults

    def shape_for(self, program: Program, threads: int) -> Shape:
        """Return where so many threads are.

        Raises:
            LockwrightError: There is no such run.
        """
        return self.shape or shape_of(
            program, threads, self.nodes, cpus=self.cpus, offline=self.offline, migrates=self.migrate
        )


@dataclass
class Underway:
    """One check under way."""

    program: Program
    settings: Settings
    explore: Explorer
    progress: Callable[[str], None] | None
    began: float = field(default_factory=clock)

    def __post_init__(self) -> None:
        self.waiting = waiting(inline(self.program))
        fifo = self.program.promises.fifo if self.settings.fifo is None else self.settings.fifo
        self.promised = Promised(fifo, self.settings.bypass, bool(self.program.subject))

    waiting: Waiting = field(init=False)
    promised: Promised = field(init=False)
    too_large: dict[tuple[int, int | None], str] = field(default_factory=dict)  # given up for smaller ones: the model
    latest: Exploration | None = None
    left_behind: list[str] = field(default_factory=list)  # what lies beyond faults that were not asked for

    @property
    def fixed_threads(self) -> int | None:
        """How many threads the program says itself that it has."""
        counts = [worker.count for worker in self.program.workers]
        return None if None in counts or not counts else sum(count or 0 for count in counts)

    @cached_property
    def interchangeable(self) -> bool:
        """Whether any two threads differ only in their number; where none do, three are too many for a quick answer."""
        shape = self.shape(THREADS)
        cells, _ = prepare(self.waiting.program, shape)
        return bool(find_symmetry(self.waiting.program, infer_kinds(self.waiting.program), shape, cells).groups)

    def sizes(self, acquisitions: int | None) -> list[tuple[int, int | None]]:
        """Return the instances of a run, largest first; the first that can be exhausted is the one."""
        threads = self.settings.threads or self.fixed_threads
        if self.settings.shape is not None:
            threads = len(self.settings.shape.thread_cpus)
        if threads is not None:
            return [(threads, acquisitions)]
        sizes = [(THREADS, acquisitions), (2, acquisitions)]
        if not self.interchangeable:
            sizes = sizes[1:]
        if acquisitions is not None and acquisitions > 1:
            sizes.append((2, 1))
        return [one for one in sizes if one not in self.too_large] or sizes[-1:]

    def instances(self) -> Iterator[tuple[str, int | None]]:
        """Yield the model and the acquisitions of each run."""
        for model in self.settings.models:
            for acquisitions in self._acquisitions():
                yield model, acquisitions

    def _acquisitions(self) -> tuple[int | None, ...]:
        """Return how often threads acquire: once is all there is where no thread asks whether to go on."""
        return self.settings.acquisitions if uses(self.waiting.program, "running") else (1,)

    def left_s(self) -> float:
        """Return the seconds that are left."""
        return self.settings.budget_seconds - (clock() - self.began)

    def shape(self, threads: int) -> Shape:
        """Return where so many threads are."""
        return self.settings.shape_for(self.waiting.program, threads)

    def explored(
        self, size: tuple[int, int | None], model: str, options: Options, *, states: int, seconds: float = math.inf
    ) -> Exploration:
        """Explore one instance, in the time that is left at most.

        Raises:
            KeyboardInterrupt: Ctrl-C came; `latest` is what was explored till then, if anything was.
        """
        budget = {
            "budget_states": states,
            "budget_seconds": min(seconds, max(0.1, self.left_s())),
            "interrupts": self.settings.interrupts,
        }
        self.latest = None
        explored = self.explore(self.waiting, self.shape(size[0]), model, size[1], options, **budget)
        self.latest = explored
        if explored.reason == INTERRUPTED:
            raise KeyboardInterrupt
        return explored


def check(
    program: Program,
    settings: Settings | None = None,
    *,
    explorer: Explorer | None = None,
    progress: Callable[[str], None] | None = None,
) -> CheckResult:
    """Explore every interleaving of a program, and say what was found.

    Args:
        program: As the front end made it, with calls.
        settings: What to check, and how long.
        explorer: The search to use; by default the compiled one.
        progress: Told what is being searched.
    """
    one = Underway(program, settings or Settings(), explorer or _compiled(), progress)
    refuse_huge(one.waiting.program, one.shape(one.settings.threads or one.fixed_threads or 1))
    result = _empty(one)
    try:
        _run_all(one, result)
        _cure(one, result)
        _weigh(one, result)
    except KeyboardInterrupt:
        result.is_interrupted = True
        if not any(run.reason == INTERRUPTED for run in result.runs):
            result.not_covered.append("what was left to do when Ctrl-C came")
    result.not_covered += left_out(one)
    result.seconds = clock() - one.began
    return result


def _run_all(one: Underway, result: CheckResult) -> None:
    """Run one instance after the other until one fails.

    Raises:
        KeyboardInterrupt: Ctrl-C came; the result has the runs till then, the last of them interrupted.
    """
    for model, acquisitions in one.instances():
        if one.progress is not None:
            one.progress(f"{model}, {'for ever' if acquisitions is None else f'{acquisitions} each'}")
        one.latest = None
        try:
            run, explored, found = _run(one, model, acquisitions)
        except KeyboardInterrupt:
            run = _cut(one, model, acquisitions)
            result.runs.append(run)
            result.faults += [untold(one, run, kind, "Ctrl-C came") for kind in run.kinds[:1]]
            raise
        result.runs.append(run)
        if found.problems and run.verdict == FAULT:
            try:
                result.faults.append(told(one, result, run, explored, found.problems))
            except KeyboardInterrupt:
                result.faults.append(untold(one, run, found.problems[0].kind, "Ctrl-C came"))
                raise
            return


def _cut(one: Underway, model: str, acquisitions: int | None) -> Run:
    """Return the run that Ctrl-C ended: how far it was, and what had been met on the way."""
    explored = one.latest
    if explored is None:
        return Run(model, one.sizes(acquisitions)[0][0], acquisitions, NOT_EXHAUSTED, reason=INTERRUPTED)
    asked = one.settings.kinds
    wanted = tuple(fault.kind for fault in explored.faults if not asked or fault.kind in asked)
    return Run(
        model, explored.threads, explored.acquisitions, FAULT if wanted else NOT_EXHAUSTED, explored.states,
        explored.transitions, explored.seconds, INTERRUPTED, explored.bound, kinds=wanted,
    )  # fmt: skip


def _compiled() -> Explorer:
    from lockwright.check.engine.run import explore

    return cast("Explorer", explore)


def _empty(one: Underway) -> CheckResult:
    settings, promises = one.settings, one.program.promises
    names = [name for name in ("fifo", "overcommit", "numa") if getattr(promises, name)]
    return CheckResult(
        name=one.program.name,
        waits=_waits(one.waiting),
        claims=claims(one.waiting.program, settings.kinds),
        promises=names,
        not_covered=[
            *(["other kinds of fault"] if settings.kinds else []),
            "more threads",
            "load buffering (ARM, POWER)",
        ],
        params={
            "threads": settings.threads or THREADS,
            "acquisitions": ["for ever" if k is None else k for k in settings.acquisitions],
            "models": list(settings.models),
            "interrupts": settings.interrupts,
            "bypass": settings.bypass,
            "nodes": list(settings.nodes),
            "cpus": settings.cpus,
            "offline": list(settings.offline),
            "migrate": settings.migrate,
            "kinds": list(settings.kinds),
        },
        sources=dict(one.program.sources),
    )


def _waits(found: Waiting) -> list[Wait]:
    """Return the awaits, each place once."""
    waits = [
        Wait(one.symbol or one.function, one.text, one.span, one.is_bounded)
        for name in dict.fromkeys(worker.function for worker in found.program.workers)
        for one in found.awaits.get(name, ())
    ]
    return list({(one.span, one.text): one for one in waits}.values())


# One run.


def _run(one: Underway, model: str, acquisitions: int | None) -> tuple[Run, Exploration, Findings]:
    explored, found = _largest(one, model, acquisitions)
    verdict, reason = _verdict(explored, found, one.promised)
    run = Run(
        model=model,
        threads=explored.threads,
        acquisitions=explored.acquisitions,
        verdict=verdict,
        states=explored.states,
        transitions=explored.transitions,
        seconds=explored.seconds,
        reason=reason,
        bound=explored.bound,
        properties=found.properties,
        kinds=tuple(dict.fromkeys(problem.kind for problem in found.problems)),
        bypass=found.bypass,
        may_starve=found.may_starve,
        notes=(*explored.notes, *found.notes),
    )
    return run, explored, found


def _largest(one: Underway, model: str, acquisitions: int | None) -> tuple[Exploration, Findings]:
    """Return the exploration of the largest instance that is exhausted or has a fault, else of the smallest."""
    *larger, last = one.sizes(acquisitions)
    quick, asked = QUICK_STATES.get(model, QUICK_DEFAULT), one.settings.budget_states
    for size in larger:
        explored, found = _looked_through(one, model, size, asked or quick)
        if explored.exhausted or found.problems or explored.reason not in BUDGETS:
            return explored, found
        one.too_large[size] = model
    few = LAST_STATES.get(model, LAST_DEFAULT) if one.settings.threads is None else MOST_STATES
    return _looked_through(one, model, last, asked or few)


def _looked_through(
    one: Underway, model: str, size: tuple[int, int | None], states: int
) -> tuple[Exploration, Findings]:
    """Search for all faults where that is quick, else for the first one."""
    quick = min(states, QUICK_STATES.get(model, QUICK_DEFAULT))
    explored = one.explored(size, model, Options(), states=quick)
    found = findings(explored, one.promised, one.settings.kinds)
    if found.problems or explored.reason not in BUDGETS or quick == states or one.left_s() <= 0:
        return explored, found
    others = list(dict.fromkeys(FAULTS[fault.kind][1] for fault in explored.faults))  # that nobody asked for
    if others and one.settings.budget_states is None:
        where = f"{model} with {instance(*size)} beyond {explored.states:,} states"
        one.left_behind.append(f"{where}: the lock is broken otherwise ({listed(others)})")
        return explored, found
    explored = one.explored(size, model, Options(stop_at_fault=not one.settings.kinds), states=states)
    return explored, findings(explored, one.promised, one.settings.kinds)


_NOT_PROVED = {
    "seq_cst_mixed": "not proved: seq_cst mixed with weaker orders",
    "fence_and_access": "seq_cst fences and seq_cst accesses in one lock",
    NO_DOORWAY: "who came first: `lock` has no loop that only waits; `doorway()` says where a turn is fixed",
}
"""What a search notes when its pass is no proof."""


def _verdict(explored: Exploration, found: Findings, promised: Promised) -> tuple[str, str]:
    if found.problems:
        return FAULT, ""
    if not explored.exhausted:
        return (NOT_EXHAUSTED if explored.reason in BUDGETS else NOT_COVERED), explored.reason
    notes = (*explored.notes, *found.notes)
    doubt = next((text for note, text in _NOT_PROVED.items() if note in notes), "")
    if promised.bypass is not None and TOO_MANY in notes:
        doubt = doubt or TOO_MANY
    return (NOT_COVERED, doubt) if doubt else (PROVED, "")


# Afterwards.


def _cure(one: Underway, result: CheckResult) -> None:
    """Name an order or a fence that cures the fault, if one is found in the time that is left."""
    if not result.faults or not one.settings.cures:
        return
    from lockwright.check.telling.cure import cures

    fault = result.faults[0]
    seconds = min(one.left_s(), 10.0)
    found = cures(one.program, fault, one.settings, one.explore, seconds)
    spoken = {remark.span for remark in (fault.primary, *fault.secondary) if remark is not None}
    remarks = [cure.remark for cure in found[:1] if cure.remark.span not in spoken]
    helps = (*fault.helps, *(cure.text for cure in found))
    result.faults[0] = replace(fault, helps=helps, secondary=(*fault.secondary, *remarks))


def _weigh(one: Underway, result: CheckResult) -> None:
    if one.settings.orders and result.verdict == PROVED:
        from lockwright.check.orders import weigh

        result.orders = weigh(one.program, one.settings, one.explore, one.left_s())
