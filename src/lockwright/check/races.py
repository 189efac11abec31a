"""Data races under `sc` and `tso`, to tell them: two threads that stand in front of conflicting plain accesses."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.graph import shortest
from lockwright.check.moves import Move
from lockwright.check.plain.step import Step
from lockwright.check.plain.system import is_kept_out
from lockwright.check.telling.play import NotPlayableError, play
from lockwright.check.verdict import Problem, graph_of
from lockwright.flat import opcodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.check.engine.exploration import Exploration
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import State

_MOST_CANDIDATES = 400


def race(explored: Exploration, machine: Machine) -> Problem | None:
    """Return the earliest race of a raw exploration, with both accesses as its last moves, or nothing."""
    graph = graph_of(explored)
    if graph is None:
        return None
    for state in _candidates(explored)[:_MOST_CANDIDATES]:
        moves = shortest.concrete(graph, shortest.path_to(graph, int(state)))
        try:
            last = play(machine, moves).last
        except NotPlayableError:
            continue
        for one, other in conflicts(machine, last):
            return Problem(
                "data_race", (*moves, *_both(machine, last, one, other)), victim=one, other=other, state=int(state)
            )
    return None


def _both(machine: Machine, state: State, one: int, other: int) -> tuple[Move, ...]:
    """Return the moves of two threads; on one CPU what the first stored drains before the second has its turn."""
    moves = [Move(one)]
    state, _ = machine.apply(state, moves[0])
    while state.memory.can_flush(one) and not any(True for _ in machine.steps_of(state, other)):
        moves.append(Move(one, flush=True))
        state, _ = machine.apply(state, moves[-1])
    return (*moves, Move(other))


def _candidates(explored: Exploration) -> Any:
    """Return the states in which two threads stand at plain accesses, one of them a store."""
    assert explored.graph is not None
    code: Any = explored.flat.code
    pc: Any = np.asarray(explored.graph.pc)
    op = code[np.clip(pc, 0, len(code) - 1), opcodes.OP]
    stores, loads = (op == opcodes.STORE).sum(axis=1), (op == opcodes.LOAD).sum(axis=1)
    return np.flatnonzero((stores > 0) & (stores + loads > 1))


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
