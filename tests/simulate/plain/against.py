"""The same program on the compiled engine and on the plain model, so that a test can compare them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from tests.simulate.plain.flatcode import CELL
from tests.simulate.plain.machines import OPTERON, XEON
from tests.simulate.plain.programs import ready, start

from lockwright.machines.model import CacheLevel
from lockwright.simulate import places as at
from lockwright.simulate.build import Settings, build
from lockwright.simulate.engine import run
from lockwright.simulate.placement import place
from lockwright.simulate.program import prepared
from lockwright.simulate.seats import shape_of

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel

SPARE_RECORDS = 4
ENDLESS_ROUNDS = 10**9
EVENTS = 200_000
L1 = (CacheLevel(sets=1 << 14, ways=8, latency_cycles=3),)


def smt(machine: MachineModel, cores: int) -> MachineModel:
    """Return a machine with so many of its cores, spread over its dies, and two hardware threads on each."""
    stride = len(machine.node_of_core) // cores
    nodes = tuple(machine.node_of_core[stride * core] for core in range(cores))
    name = f"{machine.name}-smt"
    return replace(machine, name=name, core_of_cpu=tuple(range(cores)) * 2, node_of_core=nodes)


MACHINES = tuple(
    replace(one, private=L1)
    for one in (
        OPTERON,
        XEON,
        replace(OPTERON, name="whole-reads", read_occupancy_cycles=None, min_transfer_cycles=420),
        replace(OPTERON, name="half-reads", read_occupancy_cycles=None, read_occupancy_percent=50, has_owned=False),
        replace(OPTERON, name="retention", retention_cycles=150),
        replace(XEON, name="in-one-queue", rereads_last=False, hold_cycles=250),
        replace(XEON, name="owned", has_owned=True, local_resolve=False),
        replace(XEON, name="keeping", retention_cycles=200),
        smt(OPTERON, 4),
        smt(XEON, 4),
        *(replace(smt(OPTERON, 4), name=f"{percent} %", smt_slowdown_percent=percent) for percent in (60, 170)),
        replace(smt(XEON, 4), name="150 %", smt_slowdown_percent=150),
    )
)
"""Every number that changes a rule, changed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    rounds: list[tuple[int, int]]  # tick and thread of each `running()`
    memory: list[int]
    accesses: int
    transfers: int
    status: int  # ENDED: every thread is done
    ticks: int  # the last at which something happened


@dataclass(frozen=True, slots=True)
class Case:
    """One run, whoever makes it."""

    program: Program
    machine: MachineModel
    threads: int
    seed: int
    start: str

    def compiled(self, rounds: int) -> Outcome:
        """Return the outcome of the engine after so many rounds, or when all is over."""
        code = prepared(self.program, shape_of(self.program, self.machine, self.threads), SPARE_RECORDS)
        settings = Settings(self.threads, self.seed, self.start, tracks_caches=False)
        state = build(code, self.machine, settings)
        found: list[tuple[int, int]] = []
        before = np.zeros(self.threads, dtype=np.int64)
        status = at.REACHED
        for number in range(1, rounds + 1):
            state.cfg[at.STOP_ROUNDS], state.cfg[at.MOST_EVENTS] = number, EVENTS
            status = int(run(state.table))
            if status != at.REACHED:
                break
            counted = state.threads[:, at.ROUNDS].copy()
            (thread,) = np.flatnonzero(counted - before)
            found.append((int(state.cfg[at.NOW]), int(thread)))
            before = counted
        memory = [int(cell) & CELL for cell in state.memory]
        accesses, transfers, ticks = (int(state.cfg[one]) for one in (at.ACCESSES, at.TRANSFERS, at.NOW))
        return Outcome(found, memory, accesses + int(state.cfg[at.REREADS]), transfers, status, ticks)

    def plain(self, rounds: int, until: int) -> Outcome:
        """Return the outcome of the plain model after so many rounds, or at a tick."""
        made = ready(self.program, self.machine, self.threads, SPARE_RECORDS)
        nodes = tuple(self.machine.node_of_core[core] for core in self.machine.core_of_cpu)
        lines = place(made.flat.cells, nodes, self.machine.line_bytes)
        begun = start(
            made,
            self.machine,
            ENDLESS_ROUNDS,
            self.seed,
            self.start,
            lambda cell: int(lines.line_of[cell]),
            lambda line: int(lines.home_of[line]),
        )
        begun.until(until)
        found = [(tick, thread) for tick, thread, what in begun.notes if what == "round"][:rounds]
        memory = [begun.memory.content[cell] for cell in range(made.flat.cells.size)]
        hits = sum(one.hits for one in begun.runners)
        misses = sum(one.misses for one in begun.runners)
        status = at.ENDED if all(one.is_over for one in begun.runners) else at.WENT_ON
        return Outcome(found, memory, hits + misses, misses, status, begun.now)
