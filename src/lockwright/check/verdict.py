"""From an exploration to problems: faults that were met on the way, and those that only the whole graph shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.graph import cycle, fairness, order, reach, shortest
from lockwright.check.graph.graph import DOORWAY, WAITING, Graph
from lockwright.flat import opcodes
from lockwright.results import UNBOUNDED, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.engine.exploration import Exploration
    from lockwright.check.moves import Move


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, and how to get there: a path of edges, perhaps one more move, perhaps a loop behind it.

    `victim` and `other` are threads: who waits for ever, is overtaken; who overtakes.
    """

    kind: str
    moves: tuple[Move, ...]
    loop: tuple[Move, ...] = ()
    victim: int | None = None
    other: int | None = None
    state: int = -1
    edges: tuple[int, ...] = ()  # of the graph, loop included; a last move that makes a fault is none
    allowed: int | None = None  # how often the victim may be overtaken


@dataclass(frozen=True, slots=True)
class Promised:
    """What a lock has to keep beyond safety."""

    fifo: bool = False
    bypass: int | None = None
    subject: bool = True  # there is a lock under test


@dataclass(frozen=True, slots=True)
class Findings:
    """What the graph of an exploration says."""

    problems: tuple[Problem, ...]
    properties: tuple[str, ...]
    bypass: int | None = None
    may_starve: bool | None = None
    notes: tuple[str, ...] = ()


_SAFETY = ("at most one holder", "no bad access", "assertions", "no deadlock", "no lost wake-up")


def graph_of(explored: Exploration) -> Graph | None:
    """Return the graph of an exploration, if its edges were kept."""
    if explored.graph is None:
        return None
    code: Any = explored.flat.code
    give_ups = np.flatnonzero(code[:, 0] == opcodes.GIVE_UP).tolist()
    return Graph.of(explored.graph, explored.parent, give_ups, explored.root_perm)


def findings(explored: Exploration, promised: Promised, kinds: Sequence[str] = ()) -> Findings:
    """Return everything that is wrong: the worst first, and of those the earliest.

    Args:
        explored: The exploration.
        promised: What the lock promises.
        kinds: Look for these kinds only; all by default.
    """
    graph = graph_of(explored)
    problems = [_met(graph, explored, one.kind, one.state, one.move) for one in explored.faults]
    properties, result = list(_SAFETY), Findings((), ())
    if explored.model == "c11":
        properties.append("no data race")
    if graph is not None and (explored.exhausted or graph.states <= _PARTIAL):
        problems += _ends(graph, explored)
        if explored.model != "c11":
            result = _orders(graph, explored, promised, problems, properties)
        properties.insert(len(_SAFETY), "every wait ends" if explored.model != "c11" else "nobody is stuck")
    if not explored.exhausted:  # what was found stands; what was not found may be there
        result, properties = Findings((), ()), properties[: len(_SAFETY)]
    wanted = [one for one in problems if not kinds or one.kind in kinds]
    return replace(result, problems=tuple(sorted(wanted, key=_size)), properties=tuple(properties))


NO_DOORWAY = "no_doorway"
"""The note that order and bypass mean nothing: nowhere is a thread's turn fixed before it enters."""

TOO_MANY = "the bypass bound was not computed: too many states"
"""The note that nobody knows how often a waiter can be overtaken."""

_PARTIAL = 2_000_000
"""States up to which a search that was stopped is looked through for those who are stuck, starve or are overtaken."""

_LAST = ("order_broken", "starvation", "bypass")
"""Faults of fairness: told only where nothing worse is found."""


def _size(problem: Problem) -> tuple[int, int]:
    return _LAST.index(problem.kind) + 1 if problem.kind in _LAST else 0, len(problem.moves) + len(problem.loop)


def _met(graph: Graph | None, explored: Exploration, kind: str, state: int, move: int) -> Problem:
    """Return a fault that the search met."""
    if graph is None:
        graph = _tree(explored)
    path = shortest.path_to(graph, state, move & 15 if move >= 0 else None)
    moves = shortest.concrete(graph, path, move if move >= 0 else None)
    return Problem(kind, tuple(moves), state=state, edges=tuple(path))


def _tree(explored: Exploration) -> Graph:
    """Return the breadth-first tree as a graph, for explorations that kept no edges (without symmetry)."""
    parent: Any = np.asarray(explored.parent)
    count = len(parent)
    children = np.argsort(parent[1:], kind="stable") + 1
    start = np.searchsorted(parent[1:][children - 1], np.arange(count + 1))
    threads = explored.threads
    identity = sum(position << 4 * position for position in range(threads))
    blank = np.zeros((count, threads), dtype=np.uint8)
    edges = _Edges(
        start, children, np.asarray(explored.via)[children], np.full(len(children), identity), blank, blank, blank
    )
    return Graph.of(edges, parent, (), explored.root_perm)


@dataclass(frozen=True, slots=True)
class _Edges:
    start: Any
    target: Any
    move: Any
    perm: Any
    phase: Any
    status: Any
    pc: Any


def _ends(graph: Graph, explored: Exploration) -> list[Problem]:
    """Return states in which everybody is stuck, and fair cycles of a run that should end."""
    found = []
    stuck = reach.stuck(graph, newest=explored.model == "c11")
    kinds = set()
    for state in stuck.tolist():
        kind = reach.kind_of_stuck(graph.status[state].tolist())
        if kind not in kinds:
            kinds.add(kind)
            path = shortest.path_to(graph, state)
            found.append(Problem(kind, tuple(shortest.concrete(graph, path)), state=state, edges=tuple(path)))
    if explored.acquisitions is not None and explored.model != "c11":
        trap = fairness.livelock(graph)
        if trap is not None:
            found.append(_lasso(graph, trap, "endless_await"))
    return found


def _orders(
    graph: Graph, explored: Exploration, promised: Promised, problems: list[Problem], properties: list[str]
) -> Findings:
    """Look at starvation, order and the bypass bound; add what is wrong to `problems`."""
    may_starve = None
    if explored.acquisitions is None:
        trap = fairness.starvation(graph, subject=promised.subject)
        may_starve = trap is not None
        if trap is not None and trap.progress and promised.subject and not promised.fifo:
            trap = fairness.standstill(graph) or trap  # a waiter may be passed, but somebody must get in
        if trap is not None and (promised.fifo or not promised.subject or not trap.progress):
            problems.append(_lasso(graph, trap, "starvation" if trap.progress else "endless_await"))
        if trap is None or promised.fifo:
            properties.append("nobody waits for ever")
    if not promised.subject:
        return Findings((), (), may_starve=may_starve)
    if graph.threads > 1 and not (graph.phase == WAITING).any():
        is_asked_for = bool((graph.phase == DOORWAY).any())  # those who only try stand in no order
        has_order = promised.fifo or promised.bypass is not None
        said = (NO_DOORWAY,) if has_order and is_asked_for and explored.exhausted else ()
        return Findings((), (), may_starve=may_starve, notes=said)
    if promised.fifo:
        properties.append("first come, first served")
        overtaken = order.overtaken(graph)
        if overtaken is not None:
            problems.append(_overtaken(graph, overtaken))
    bypass: int | None = None
    notes: tuple[str, ...] = ()
    is_for_ever = explored.acquisitions is None
    if promised.bypass is not None or (is_for_ever and explored.exhausted):
        bypass, notes = _bypass(graph, promised, problems)
        if promised.bypass is not None and TOO_MANY not in notes:
            properties.append(f"nobody is overtaken more than {counted(promised.bypass, 'time')}")
    if not is_for_ever:
        bypass, notes = None, tuple(note for note in notes if note != UNBOUNDED)
    return Findings((), (), bypass, may_starve, notes)


def _bypass(graph: Graph, promised: Promised, problems: list[Problem]) -> tuple[int | None, tuple[str, ...]]:
    try:
        found = order.bypass(graph, promised.bypass)
    except order.TooManyNodesError:
        return None, (TOO_MANY,)
    if promised.bypass is not None and (found.bound is None or found.bound > promised.bypass):
        problems.append(_bypassed(graph, found, promised.bypass))
    return found.bound, () if found.bound is not None else (UNBOUNDED,)


def _bypassed(graph: Graph, found: order.Bypass, allowed: int) -> Problem:
    to = shortest.path_to(graph, found.state)
    edges = (*to, *found.prefix, *found.loop)
    moves = shortest.concrete(graph, edges)
    split = len(to) + len(found.prefix)
    victim = shortest.thread_of(graph, to, found.victim)
    return Problem(
        "bypass",
        tuple(moves[:split]),
        tuple(moves[split:]),
        victim,
        state=found.state,
        edges=edges,
        allowed=allowed,
    )


def _overtaken(graph: Graph, found: order.Overtaking) -> Problem:
    path = shortest.path_to(graph, found.state)
    return Problem(
        "order_broken",
        tuple(shortest.concrete(graph, [*path, *found.edges])),
        victim=shortest.thread_of(graph, path, found.victim),
        other=shortest.thread_of(graph, path, found.other),
        state=found.state,
        edges=(*path, *found.edges),
    )


def _lasso(graph: Graph, trap: fairness.Trap, kind: str) -> Problem:
    prefix, loop, at = cycle.lasso(graph, trap)
    edges = (*prefix, *loop)
    moves = shortest.concrete(graph, edges)
    split = len(prefix)
    victim = None if trap.victim < 0 else shortest.thread_of(graph, prefix, at)
    return Problem(kind, tuple(moves[:split]), tuple(moves[split:]), victim, state=trap.entry, edges=edges)
