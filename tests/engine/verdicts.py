"""What an exploration says in a form that two explorers can be compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine.exploration import FINISHED
from lockwright.check.engine.run import Options, explore
from lockwright.check.plain import explore as plain
from lockwright.check.plain.machine import Machine
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.waiting import waiting

if TYPE_CHECKING:
    from lockwright.check.engine.exploration import Exploration
    from lockwright.ir.program import Program, Shape

STUCK = {"deadlock", "lost_wakeup", "endless_await"}
OF_CYCLES = {"starvation", "order_broken"}


@dataclass(frozen=True)
class Seen:
    """Kinds of faults that one move or a final state shows, whether somebody is stuck, and what final states leave."""

    faults: frozenset[str]
    is_stuck: bool
    outcomes: frozenset[tuple[int, ...]]


def by_engine(
    program: Program, shape: Shape, model: str, acquisitions: int | None, options: Options, interrupts: int = 1
) -> tuple[Seen, Exploration]:
    """Return what the compiled explorer says."""
    found = explore(program, shape, model, acquisitions, options, budget_states=1_000_000, interrupts=interrupts)
    assert found.exhausted, found.reason
    faults = frozenset(one.kind for one in found.faults)
    return Seen(faults, bool(stuck_states(found)), frozenset(found.outcomes or ())), found


def stuck_states(found: Exploration) -> list[int]:
    """Return the states without moves in which some thread has not finished."""
    graph = found.graph
    assert graph is not None
    ends = np.flatnonzero(np.diff(graph.start) == 0)
    faulty = {one.state for one in found.faults}
    can_run = ((graph.status & 15) == 0).any(axis=1)
    finished = ((graph.status & 15) == FINISHED).all(axis=1)
    return [int(state) for state in ends if not finished[state] and not can_run[state] and int(state) not in faulty]


def by_plain(
    program: Program, shape: Shape, model: str, acquisitions: int | None, most: int, interrupts: int = 1
) -> tuple[Seen, int] | None:
    """Return what the plain explorer says, and how many states without a fault it has; None: it is too large."""
    ready = waiting(inline(program))
    cells, image = prepare(ready.program, shape, 4)
    machine = Machine(
        ready.program, ready.awaits, shape, model, acquisitions, interrupts=interrupts, cells=cells, image=image
    )
    explored = plain.explore(machine, most)
    if not explored.is_exhausted:
        return None
    verdict = plain.Verdict(len(explored.states), explored.is_exhausted)
    for number, state in enumerate(explored.states):
        plain._judge(explored, verdict, number, state)
    names = [cell.name for address, cell in enumerate(cells.cells) if address and not cell.is_atomic]
    outcomes = frozenset(tuple(dict(one)[name] for name in names) for one in verdict.outcomes)
    faults = frozenset(verdict.faults) - STUCK - OF_CYCLES
    healthy = sum(not state.fault for state in explored.states)
    return Seen(faults, bool(set(verdict.faults) & STUCK), outcomes), healthy
