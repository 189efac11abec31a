"""Whole runs of the compiled simulator, to the end of every thread, with what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.simulate import places as at
from lockwright.simulate.build import Settings, build
from lockwright.simulate.engine import run
from lockwright.simulate.program import prepared
from lockwright.simulate.seats import shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

CELL = (1 << 64) - 1
EVENTS = 200_000
NO_END = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    status: int  # ENDED, STUCK, FAULTED, WENT_ON, REACHED
    fault: str  # empty: none
    failed: int  # assertions
    plain: dict[str, int]  # plain cells by name, as 64 bits
    ticks: int


def ready(
    program: Program, machine: MachineModel, threads: int, settings: Settings | None = None
) -> tuple[Code, State]:
    """Return the rows of a program and the arrays of a run that has not begun."""
    code = prepared(program, shape_of(program, machine, threads), 4)
    return code, build(code, machine, settings or Settings(threads, start="together"))


def start_at(state: State, ticks: Sequence[int]) -> None:
    """Let each thread begin at a tick of its own instead."""
    keys = sorted(tick << at.TIME_SHIFT | 1 << at.KIND_SHIFT | thread for thread, tick in enumerate(ticks))
    state.threads[:, at.TIME] = state.threads[:, at.EVENT_AT] = state.threads[:, at.RUNS_FROM] = ticks
    state.heap[: len(keys)] = keys
    state.cfg[at.HEAP] = len(keys)


def run_on(state: State, rounds: int = NO_END, events: int = EVENTS) -> int:
    """Run until so many rounds have been made in all, or events, or to the end; return which."""
    state.cfg[at.STOP_ROUNDS], state.cfg[at.MOST_EVENTS] = rounds, events
    return int(run(state.table))


def events_until(state: State, rounds: int) -> int:
    """Return how many events it takes to make so many rounds in all."""
    count = 0
    while run_on(state, rounds, 1) == at.WENT_ON:
        count += 1
    return count


def end_of(code: Code, state: State) -> Ending:
    """Run to the end and return what is there."""
    status = run_on(state)
    fault = int(state.cfg[at.FAULT])
    return Ending(
        status,
        op.FAULTS[fault] if fault > 0 else "refused" if fault else "",
        int(state.cfg[at.FAILED]),
        {
            cell.name: int(value) & CELL
            for cell, value in list(zip(code.cells.cells, state.memory, strict=True))[1:]
            if not cell.is_atomic
        },
        int(state.cfg[at.NOW]),
    )
