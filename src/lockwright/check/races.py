"""Data races under `sc` and `tso`, to tell them: two threads that stand in front of conflicting plain accesses."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine.c11_static import Pointers, rows_of
from lockwright.check.graph import shortest
from lockwright.check.moves import Move
from lockwright.check.plain.step import Step
from lockwright.check.plain.system import is_kept_out
from lockwright.check.telling.play import NotPlayableError, fitting, play
from lockwright.check.verdict import Problem, graph_of
from lockwright.flat import opcodes
from lockwright.flat.compiling import clock
from lockwright.ir.interpreter import run_setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.check.engine.exploration import Exploration
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import State
    from lockwright.flat.program import Flat

_SECONDS = 5.0
"""How long candidates are played."""


def race(explored: Exploration, machine: Machine) -> Problem | None:
    """Return the earliest race of a raw exploration, with both accesses as its last moves, or nothing."""
    graph = graph_of(explored)
    if graph is None:
        return None
    played, ends = _Played(machine, explored), clock() + _SECONDS
    for state in _candidates(explored, machine).tolist():
        if clock() > ends:
            return None
        try:
            if not any(True for _ in conflicts(machine, played.state(state))):
                continue
            moves = shortest.concrete(graph, shortest.path_to(graph, state))
            last = play(machine, moves).last
        except NotPlayableError:
            continue
        for one, other in conflicts(machine, last):
            return Problem(
                "data_race", (*moves, *_both(machine, last, one, other)), victim=one, other=other, state=state
            )
    return None


class _Played:
    """The states of the plain machine that belong to those of a raw exploration, each made from the one before it."""

    def __init__(self, machine: Machine, explored: Exploration) -> None:
        self._machine = machine
        self._parent, self._via = np.asarray(explored.parent), np.asarray(explored.via)
        self._known = {0: machine.initial()}

    def state(self, number: int) -> State:
        """Return a state.

        Raises:
            NotPlayableError: The plain machine does not make one of the moves.
        """
        path = [number]
        while path[-1] not in self._known:
            path.append(int(self._parent[path[-1]]))
        state = self._known[path.pop()]
        for one in reversed(path):
            move = fitting(self._machine, state, Move.decode(int(self._via[one])))
            if move is None:
                raise NotPlayableError(one, Move.decode(int(self._via[one])))
            state, _ = self._machine.apply(state, move)
            self._known[one] = state
        return state


def _both(machine: Machine, state: State, one: int, other: int) -> tuple[Move, ...]:
    """Return the moves of two threads; on one CPU what the first stored drains before the second has its turn."""
    moves = [Move(one)]
    state, _ = machine.apply(state, moves[0])
    while state.memory.can_flush(one) and not any(True for _ in machine.steps_of(state, other)):
        moves.append(Move(one, flush=True))
        state, _ = machine.apply(state, moves[-1])
    return (*moves, Move(other))


def _candidates(explored: Exploration, machine: Machine) -> Any:
    """Return the states in which two threads stand at plain accesses that may be to one cell, one of them a store."""
    assert explored.graph is not None
    # the pools of the search are smaller than those of the machine, so their addresses differ
    image = run_setup(machine.program, machine.shape, explored.cells)
    meet = _conflicting(explored.flat, list(image.memory))
    pc: Any = np.clip(np.asarray(explored.graph.pc), 0, len(meet) - 1)
    pairs = combinations(range(explored.threads), 2)
    found = np.zeros(len(pc), dtype=bool)
    for one, other in pairs:
        found |= meet[pc[:, one], pc[:, other]]
    return np.flatnonzero(found)


def _conflicting(flat: Flat, image: list[int]) -> Any:
    """Return for each two rows of code whether they are plain accesses that may be to one cell, and one a store."""
    rows = rows_of(flat)
    pointers = Pointers(flat, image, rows)
    plain = [(row, set(pointers.cells(row))) for row in rows if row.op in (opcodes.LOAD, opcodes.STORE)]
    meet = np.zeros((len(rows), len(rows)), dtype=bool)
    for (one, its), (other, others) in product(plain, plain):
        is_same_cell = not its or not others or not its.isdisjoint(others)  # nothing is known: anything may be
        meet[one.pc, other.pc] = is_same_cell and opcodes.STORE in (one.op, other.op)
    return meet


def conflicts(machine: Machine, state: State) -> Iterator[tuple[int, int]]:
    """Yield pairs of threads whose next accesses are plain, to one word, and not both reads."""
    accesses = {thread: _plain_access(machine, state, thread) for thread in range(len(state.threads))}
    for one, other in combinations([thread for thread, access in accesses.items() if access], 2):
        first, second = accesses[one], accesses[other]
        assert first is not None
        assert second is not None
        if first[0] == second[0] and "store" in (first[1], second[1]):
            yield one, other


def _plain_access(machine: Machine, state: State, thread: int) -> tuple[int, str] | None:
    """Return the cell of the plain access in front of a thread, and whether it loads or stores."""
    own = state.threads[thread]
    if own.is_finished or own.sleep is not None:
        return None
    step = Step(machine, state, thread)
    if is_kept_out(step):
        return None
    op = step.instruction.op
    return (step.access().cell, op) if op in ("load", "store") else None
