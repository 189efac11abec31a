"""The one fault that is told: searched for again in the smallest instance that has it, without reductions.

That trace is the shortest.  Where there is no time or room for that search, the trace of the reduced one is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.check.engine.options import MOST_RECORDS, Options
from lockwright.check.plain.machine import Machine
from lockwright.check.races import race
from lockwright.check.telling.counterexample import Found, counterexample
from lockwright.check.telling.play import NotPlayableError
from lockwright.check.telling.retrace import retraced
from lockwright.check.verdict import Problem, findings, graph_of
from lockwright.errors import InternalError
from lockwright.ir.interpreter import prepare
from lockwright.results import FAULTS, Fault, instance

if TYPE_CHECKING:
    from lockwright.check.engine.exploration import Exploration
    from lockwright.check.search import Settings, Underway
    from lockwright.ir.program import Shape
    from lockwright.ir.waiting import Waiting
    from lockwright.results import CheckResult, Run

RAW_STATES = 1_000_000
RAW_SECONDS = 10.0
"""What a search without reductions may take, and all of them together."""


def told(one: Underway, result: CheckResult, run: Run, explored: Exploration, problems: tuple[Problem, ...]) -> Fault:
    """Tell the first problem of a run.

    Args:
        one: The check.
        result: Where warnings go.
        run: The run that has the problems.
        explored: Its exploration.
        problems: What is wrong, the worst first.
    """
    smaller = _smallest(one, run, problems[0].kind)
    if smaller is not None:
        return _tell(one, result, *smaller)
    problem = _as_it_was_found(one, explored, problems[0])
    if problem is None:
        return untold(one, run, problems[0].kind, "the budget was spent")
    where = Found(run.model, run.threads, run.acquisitions, run.states, run.seconds, origin(one.settings, run.model))
    return _tell(one, result, problem, where)


def _smallest(one: Underway, run: Run, kind: str) -> tuple[Problem, Found] | None:
    least_left_s = one.left_s() - RAW_SECONDS
    for size in _sizes(one, run.threads, run.acquisitions):
        seconds = one.left_s() - max(0.0, least_left_s)
        if seconds <= 0:
            return None
        raw = replace(Options.raw(), tickets=size[1] is None)
        explored = one.explored(size, run.model, raw, states=RAW_STATES, seconds=seconds)
        problem = _problem(one, explored, kind)
        if problem is not None:
            why = origin(one.settings, run.model)
            return problem, Found(run.model, *size, explored.states, explored.seconds, why)
    return None


def _problem(one: Underway, explored: Exploration, kind: str) -> Problem | None:
    """Return the shortest problem of this kind in a raw exploration."""
    if kind == "data_race" and explored.model != "c11":
        shape = one.shape(explored.threads)
        return race(explored, machine(one.waiting, shape, explored.model, explored.acquisitions))
    return next(iter(findings(explored, one.promised, (kind,)).problems), None)


def _as_it_was_found(one: Underway, explored: Exploration, problem: Problem) -> Problem | None:
    """Return a problem of a reduced search with the moves of the plain machine, if they are found."""
    if problem.loop:  # under symmetry the threads that go round change places
        size = (explored.threads, explored.acquisitions)
        explored = one.explored(size, explored.model, Options(symmetry=False), states=RAW_STATES, seconds=RAW_SECONDS)
        found = findings(explored, one.promised, (problem.kind,)).problems
        if not found:
            return None
        problem = found[0]
    graph, shape = graph_of(explored), one.shape(explored.threads)
    if graph is None:
        return None
    plain = machine(one.waiting, shape, explored.model, explored.acquisitions, one.settings.interrupts)
    return retraced(plain, explored, graph, problem)


def untold(one: Underway, run: Run, kind: str, why: str) -> Fault:
    """Return a fault without its steps, and why they are not known."""
    name, size = FAULTS.get(kind, ("", kind))[1], instance(run.threads, run.acquisitions)
    sentence = f"{name}: found with {size}, but {why} before its steps were known"
    return Fault(
        kind, sentence, run.model, run.threads, run.acquisitions, (), origin=origin(one.settings, run.model),
        states=run.states, seconds=run.seconds, confirmed=False,
    )  # fmt: skip


def _sizes(one: Underway, threads: int, acquisitions: int | None) -> list[tuple[int, int | None]]:
    """Return the instances to try, smallest first."""
    if one.settings.shape is not None or any(worker.count is not None for worker in one.program.workers):
        return [(threads, acquisitions)]
    counts = range(1, threads + 1)
    if acquisitions is None:
        return [(count, None) for count in counts]
    sizes = [(count, times) for count in counts for times in range(1, acquisitions + 1)]
    return [*sorted(sizes, key=lambda size: (size[0] * size[1], size[0]))]


def origin(settings: Settings, model: str) -> str:
    """Return what kind of mistake it is: only what the models before this one allow to say."""
    before = settings.models[: settings.models.index(model)]
    match model:
        case "sc":
            return "the logic (it fails under any memory model)"
        case "tso" if "sc" in before:
            return "the processor, not the logic: found under tso, impossible under sc"
        case "c11" if {"sc", "tso"} <= set(before):
            return "the compiler (or a weaker processor): found under c11, impossible under sc and tso"
    return f"not told: found under {model}, and not looked for under every stronger model"


def _tell(one: Underway, result: CheckResult, problem: Problem, where: Found) -> Fault:
    found = machine(one.waiting, one.shape(where.threads), where.model, where.acquisitions, one.settings.interrupts)
    try:
        told = counterexample(found, one.waiting.awaits, problem, where)
    except NotPlayableError as error:
        raise InternalError(f"the two explorers disagree about {problem.kind} under {where.model}: {error}") from error
    if not told.confirmed:
        result.warnings.append(f"the plain explorer does not confirm this {problem.kind}: please report it")
    return _tell_renumbered(one, found, problem, where, told) or told


def _tell_renumbered(one: Underway, found: Machine, problem: Problem, where: Found, told: Fault) -> Fault | None:
    """Let the thread whose row comes first be T1, if the program allows it: the plain machine is asked."""
    order = list(dict.fromkeys(row.thread for row in told.rows))
    order += [thread for thread in range(where.threads) if thread not in order]
    if order == sorted(order) or not told.confirmed:
        return None
    number = {thread: place for place, thread in enumerate(order)}
    renamed = replace(
        problem,
        moves=tuple(replace(move, thread=number[move.thread]) for move in problem.moves),
        loop=tuple(replace(move, thread=number[move.thread]) for move in problem.loop),
        victim=None if problem.victim is None else number[problem.victim],
        other=None if problem.other is None else number[problem.other],
    )
    try:
        again = counterexample(found, one.waiting.awaits, renamed, where)
    except NotPlayableError:
        return None
    return again if again.confirmed and again.steps == told.steps else None


def machine(found: Waiting, shape: Shape, model: str, acquisitions: int | None, interrupts: int = 1) -> Machine:
    """Return a plain machine in the state that `setup` leaves."""
    cells, image = prepare(found.program, shape, MOST_RECORDS)
    return Machine(
        found.program,
        found.awaits,
        shape,
        model,
        acquisitions,
        interrupts=interrupts,
        cells=cells,
        image=image,
    )
