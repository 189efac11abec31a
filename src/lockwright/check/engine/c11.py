"""Exploration under C11 without load buffering, compiled.

`explore` proves or finds the first fault of each kind; for ever, it first tries without a bound and, if a location
gathers ever more messages that somebody may still read, again with a bound on how late a thread may be (`lag 3`).
`explore_raw` makes the moves of the plain machine, one visible instruction each, for telling a fault.

Source: `c11_memory` has the rules; `c11_reduce` what makes states fewer.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine import c11_search as go
from lockwright.check.engine import c11_world as at
from lockwright.check.engine.c11_build import RAW, Plan, Reductions, build, longest, reset
from lockwright.check.engine.c11_pack import unpack
from lockwright.check.engine.c11_rest import rest
from lockwright.check.engine.c11_static import analyse
from lockwright.check.engine.exploration import INTERRUPTED, Exploration, Found, Graph
from lockwright.flat.compiling import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.flat.program import Flat

__all__ = ["RAW", "C11Search", "Reductions", "explore", "explore_raw"]

LAG = 3
"""The bound for runs that are not finite without one."""
MORE_MESSAGES = 250
FEW_MESSAGES = 12
"""Of one location, in a run for ever: more means that their number is not bounded."""
SLICE = 2_000
REASONS = {go.TOO_MANY_MESSAGES: "messages", go.NOT_COVERED: "not covered"}


class C11Search:
    """One search: its world, its store, and how far it is."""

    def __init__(
        self, flat: Flat, image: Sequence[int], out: Sequence[bool], acquisitions: int | None,
        reductions: Reductions, *, keep_graph: bool = True, stop_at: str = "",
    ) -> None:  # fmt: skip
        self.flat = flat
        self.acquisitions = acquisitions
        self.reductions = reductions
        self.image, self.out = list(image), list(out)
        self.analysis = analyse(flat, self.image)
        self.reason = self.analysis.refused
        self.keep_graph = keep_graph
        self.counters = np.zeros(go.COUNTERS, np.int64)
        self.counters[go.KEEPS] = keep_graph
        self.counters[go.STOP_AT] = stop_number(stop_at)
        self.began = clock()
        self.cpu_began = time.process_time()
        if self.reason:
            return
        self.plan = Plan(flat, self.image, self.analysis, reductions)
        self.world = build(self.plan, reductions, acquisitions)
        self.counters[go.LONGEST] = longest(self.world)
        self.store = new_store(len(flat.threads), int(self.counters[go.LONGEST]), keep_graph=keep_graph)
        reset(self.world, self.plan, self.image, self.out)
        self.counters[go.NEXT] = -1

    def run(
        self, states: int, seconds: float, progress: Callable[[int], None] | None = None, memory_bytes: int = 8 << 30
    ) -> str:
        """Search until everything is found, a budget is used up or Ctrl-C comes; return why it stopped, or nothing."""
        try:
            return self.reason or self._run(states, seconds, progress, memory_bytes)
        except KeyboardInterrupt:
            self.reason = INTERRUPTED
            return self.reason

    def _run(self, states: int, seconds: float, progress: Callable[[int], None] | None, memory_bytes: int) -> str:
        at_rest = np.array(self.flat.at_rest, np.int64)
        self.counters[go.SLICE] = min(SLICE, 200)
        while True:
            ended = int(go.search(self.world, self.store, self.counters, at_rest))
            self.counters[go.SLICE] = SLICE
            if ended in (go.COMPLETE, go.STOPPED):
                return ""
            if ended in REASONS:
                self.reason = REASONS[ended]
                return self.reason
            self.store = grown(self.store, self.counters, ended)
            if progress is not None:
                progress(int(self.counters[go.STATES]))
            self.reason = self._budget(states, seconds, memory_bytes)
            if self.reason:
                return self.reason

    def _budget(self, states: int, seconds: float, memory_bytes: int) -> str:
        if self.counters[go.STATES] > states:
            return "states"
        if clock() - self.began > seconds:
            return "seconds"
        return "memory" if size_of(self.store) > memory_bytes else ""

    @property
    def states(self) -> int:
        """How many states were found."""
        return int(self.counters[go.STATES])

    def faults(self) -> list[Found]:
        """Return the first fault of each kind, in the order of their states."""
        pairs = zip(go.FAULT_KINDS, self.store.faults.tolist(), strict=True)
        return sorted((Found(kind, *pair) for kind, pair in pairs if pair[0] >= 0), key=lambda one: one.state)

    def exploration(self) -> Exploration:
        """Return what the search left behind."""
        lag = self.reductions.lag
        begun = bool(self.counters[go.STATES])
        states = self.states
        nothing = np.zeros(0, np.int32)
        return Exploration(
            model="c11", threads=len(self.flat.threads), acquisitions=self.acquisitions, states=states,
            transitions=int(self.counters[go.EDGES]), exhausted=not self.reason, reason=self.reason,
            seconds=clock() - self.began, faults=self.faults() if begun else [],
            parent=self.store.states[:states, go.PARENT].astype(np.int32) if begun else nothing,
            via=self._via() if begun else nothing, flat=self.flat, cells=self.flat.cells,
            graph=self._graph() if begun and self.keep_graph else None, bound=f"lag {lag}" if lag else "",
            notes=list(self.analysis.notes), root_perm=int(self.store.states[0, go.VIA]) if begun else -1,
            cpu_seconds=time.process_time() - self.cpu_began,
        )  # fmt: skip

    def _via(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        via = self.store.states[: self.states, go.VIA].astype(np.int32)
        via[0] = -1
        return via

    def _graph(self) -> Graph:
        done, edges, threads = int(self.counters[go.NEXT]), int(self.counters[go.EDGES]), len(self.flat.threads)
        states, marks = self.store.states[: self.states], self.store.marks[: self.states]
        start = np.full(self.states + 1, edges, np.int64)
        start[:done] = states[:done, go.FIRST_EDGE]
        target, move, perm = self.store.edges[:edges].astype(np.int32).T.copy()
        return Graph(
            start=start, target=target, move=move, perm=perm, phase=marks[:, threads:].copy(),
            status=marks[:, :threads].copy(), pc=states[:, go.PCS :].astype(np.int32),
        )  # fmt: skip

    def outcomes(self) -> set[tuple[int, ...]]:
        """Return what final states leave in the plain cells, in the order of their addresses, at rest."""
        plain = [address for address, cell in enumerate(self.flat.cells.cells) if address and not cell.is_atomic]
        base = int(self.world.m[at.CELL_BASE])
        found = set()
        for state in range(int(self.counters[go.NEXT])):
            if (self.store.marks[state, : len(self.flat.threads)] & 15 == at.FINISHED).all():
                self.world.m[base : base + self.flat.cells.size] = self.image
                unpack(self.world, self.store.arena[int(self.store.states[state, go.BEGIN]) :])
                for entry in self.flat.at_rest:
                    rest(self.world, entry)
                found.add(tuple(int(self.world.m[base + address]) for address in plain))
        return found


def stop_number(kind: str) -> int:
    """Return the number of the kind of fault at which a search stops; `any` is any."""
    return go.ANY_FAULT if kind == "any" else go.FAULT_KINDS.index(kind) if kind else -1


def new_store(threads: int, longest_bytes: int, *, keep_graph: bool) -> go.Store:
    """Return room for the first states."""
    states, edges = 1 << 12, (1 << 14) if keep_graph else 1
    return go.Store(
        arena=np.zeros((1 << 20) + 2 * longest_bytes, np.uint8), table=np.zeros(4 * states, np.int64),
        states=np.zeros((states, go.PCS + threads), np.int64), marks=np.zeros((states, 2 * threads), np.uint8),
        edges=np.zeros((edges, 3), np.int64), other=np.zeros(longest_bytes + 1, np.uint8),
        faults=np.full((len(go.FAULT_KINDS), 2), -1, np.int64),
    )  # fmt: skip


def longer(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array with twice the rows."""
    result = np.zeros((2 * array.shape[0], *array.shape[1:]), array.dtype)
    result[: array.shape[0]] = array
    return result


def grown(store: go.Store, counters: np.ndarray[Any, Any], ended: int) -> go.Store:
    """Return the store with more of the room that was lacking."""
    match ended:
        case go.MORE_ROOM:
            return store._replace(arena=longer(store.arena))
        case go.MORE_EDGES:
            return store._replace(edges=longer(store.edges))
        case go.MORE_STATES:
            store = store._replace(states=longer(store.states), marks=longer(store.marks))
            table = np.zeros(2 * store.table.shape[0], np.int64)
            go.rebuild(table, store.states, int(counters[go.STATES]))
            return store._replace(table=table)
    return store


def size_of(store: go.Store) -> int:
    """Return how many bytes the arrays take."""
    return sum(array.nbytes for array in store)


def explore(
    flat: Flat,
    image: Sequence[int],
    out: Sequence[bool] = (),
    *,
    acquisitions: int | None,
    reductions: Reductions | None = None,
    keep_graph: bool = True,
    states: int = 5_000_000,
    seconds: float = 600.0,
    stop_at: str = "",
    progress: Callable[[int], None] | None = None,
    outcomes: bool = False,
) -> Exploration:
    """Explore all C11 executions of a program.

    Args:
        flat: The program.
        image: What `setup` leaves in each cell.
        out: Of each record of the heap, in order of address: whether it is allocated.
        acquisitions: How often `running` is true for each thread; None: always.
        reductions: Which reductions to use; all of them by default, and `lag` only where nothing else ends the run.
        keep_graph: Whether to keep the edges.
        states: Stop at so many states.
        seconds: Stop after so long.
        stop_at: Stop at the first fault of this kind (`any`: of any).
        progress: Called now and then with the number of states.
        outcomes: Whether to collect what final states leave in plain cells.
    """
    chosen = reductions or Reductions()
    attempts = [chosen]
    if chosen.lag == 0 and acquisitions is None:
        attempts = [replace(chosen, messages=min(chosen.messages, FEW_MESSAGES)), replace(chosen, lag=LAG)]
    elif chosen.lag == 0:
        attempts.append(replace(chosen, messages=max(chosen.messages, MORE_MESSAGES)))
    for attempt in attempts:
        search = C11Search(flat, image, out, acquisitions, attempt, keep_graph=keep_graph, stop_at=stop_at)
        if search.run(states, seconds, progress) != "messages":
            break
    found = search.exploration()
    if outcomes and not search.reason:
        found.outcomes = search.outcomes()
    return found


def explore_raw(
    flat: Flat, image: Sequence[int], out: Sequence[bool] = (), *, acquisitions: int | None, stop_at: str,
    states: int = 5_000_000, seconds: float = 600.0, lag: int = 0,
) -> Exploration:  # fmt: skip
    """Search for a fault by the moves of the plain machine: no symmetry, one visible instruction each."""
    reductions = replace(RAW, collect=True, lag=lag)
    return explore(
        flat, image, out, acquisitions=acquisitions, reductions=reductions, states=states, seconds=seconds,
        stop_at=stop_at, keep_graph=False,
    )  # fmt: skip
