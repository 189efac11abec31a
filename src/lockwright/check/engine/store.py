"""The search from Python's side: room that grows, slices in which it runs, budgets, and its result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import counters as count
from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.check.engine import search as go
from lockwright.check.engine.exploration import INTERRUPTED, Exploration, Found, Graph
from lockwright.check.engine.rooms import BLOCK_BITS, Rooms
from lockwright.flat import opcodes as op
from lockwright.flat.compiling import clock
from lockwright.flat.local import local_run
from lockwright.ir.arithmetic import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.check.engine.build import Model
    from lockwright.check.engine.options import Options

RECORDS = "records"
"""Why a search ends in which a pool of records has run out."""
SLICE, LEAST_SLICE = 200_000, 1_000
OUTCOMES = 1 << 16
SCRATCH_FIXED = 4096


class Search:
    """One search of one instance under `sc` or `tso`."""

    def __init__(self, built: Model, options: Options, model: str, acquisitions: int | None, began: float) -> None:
        self.built, self.options = built, options
        self.model, self.acquisitions = model, acquisitions
        self.began, self.cpu_began = began, time.process_time()
        self.threads = int(built.cfg[at.THREADS])
        self.out = np.zeros(2 * len(built.work), dtype=np.int64)
        self.scratch = np.zeros(SCRATCH_FIXED + built.flat.cells.size, dtype=np.int64)
        outcomes = OUTCOMES if options.outcomes else 1
        self.outcomes = np.zeros((outcomes, max(1, len(built.plain_cells))), dtype=np.int64)
        self.reason = ""
        self.root_perm = -1
        self.first_fault = 0
        self._settle()
        self.first = built.work.copy()
        self._begin(BLOCK_BITS[0])

    # The first state.

    def _settle(self) -> None:
        """Run the leading invisible instructions of each thread."""
        built, flat = self.built, self.built.flat
        for thread in range(self.threads):
            block = thread * int(built.cfg[at.BLOCK])
            base, begin = np.int64(block + at.SLOT), np.int64(built.work[block + at.PC])
            pc = int(local_run(built.code, flat.consts, flat.visible, built.work, base, begin, np.int64(thread)))
            if pc < 0:
                self.first_fault = -pc
                pc = int(built.work[block + at.PC])
            built.work[block + at.PC] = pc
            for slot in range(flat.slots):
                if not int(flat.live[pc]) >> slot & 1:
                    built.work[base + slot] = 0

    def _begin(self, bits: int) -> None:
        """Begin, or begin anew with more bits for the number of a block."""
        built = self.built
        built.work[:] = self.first
        rooms = self.rooms = Rooms(built.cfg, bits=bits, keep_graph=self.options.keep_graph)
        self.root_perm = int(go.put_first(
            built.code, built.flat.consts, built.flat.visible, built.rows, built.facts, built.names, built.words,
            built.slot_kinds, built.refs, built.classes, self.scratch, built.cfg, built.work, self.out,
            rooms.counters, rooms.layout, rooms.blocks, rooms.block_table, rooms.described, rooms.shared,
            rooms.shared_table, rooms.pending, rooms.pending_facts, rooms.table, rooms.store,
        ))  # fmt: skip
        rooms.parent[0], rooms.via[0] = -1, -1
        self.scratch[3401] = sum(thread << 4 * thread for thread in range(self.threads))

    # The run.

    def run(self, states: int, seconds: float, progress: Callable[[int], None] | None) -> None:
        """Search until all is found or a budget is used up; Ctrl-C ends it too, and what was found stays."""
        try:
            self._run(states, seconds, progress)
        except KeyboardInterrupt:
            self.reason = INTERRUPTED

    def _run(self, states: int, seconds: float, progress: Callable[[int], None] | None) -> None:
        counters = self.rooms.counters
        if self.first_fault:
            counters[count.FAULTS + 2 * self.first_fault : count.FAULTS + 2 * self.first_fault + 2] = 1, -1
            return
        while True:
            left = states - int(counters[count.STATES])
            ended = self._slice(min(SLICE, max(LEAST_SLICE, left)))
            if ended == go.NEEDS_ROOM:
                self.rooms.grow()
            elif ended == go.TOO_NARROW:
                self._begin(BLOCK_BITS[1])
            elif ended == go.NEEDS_RECORDS:
                self.reason = RECORDS
                return
            elif ended == go.TOO_MANY:
                self.reason = "choices"
                return
            elif ended != go.SLICE_ENDED:
                return
            if progress is not None:
                progress(int(self.rooms.counters[count.STATES]))
            self.reason = self._over_budget(states, seconds)
            if self.reason:
                return

    def _over_budget(self, states: int, seconds: float) -> str:
        if self.rooms.counters[count.STATES] > states:
            return "states"
        return "seconds" if clock() - self.began > seconds else ""

    def _slice(self, most: int) -> int:
        built, flat, rooms = self.built, self.built.flat, self.rooms
        return int(go.explore(
            built.code, flat.consts, flat.visible, built.rows, built.facts, built.names, built.words, built.slot_kinds,
            built.elements, built.own, built.tables, built.lock_of, built.entries, built.refs, built.classes,
            rooms.layout, built.plain_cells, built.cfg, built.work, self.out, self.scratch, rooms.counters,
            rooms.blocks, rooms.block_table, rooms.described, rooms.shared, rooms.shared_table, rooms.loaded,
            rooms.memory, rooms.pending, rooms.pending_facts, rooms.table, rooms.store, rooms.parent, rooms.via,
            rooms.start, rooms.target, rooms.edge_move, rooms.edge_perm, rooms.phase, rooms.status, rooms.place,
            self.outcomes, np.int64(most),
        ))  # fmt: skip

    # The result.

    def exploration(self) -> Exploration:
        """Return what was found."""
        states = int(self.rooms.counters[count.STATES])
        return Exploration(
            self.model, self.threads, self.acquisitions, states, int(self.rooms.counters[count.TRANSITIONS]),
            exhausted=not self.reason, reason=self.reason, seconds=clock() - self.began,
            faults=self._faults(), parent=self.rooms.parent[:states], via=self.rooms.via[:states], flat=self.built.flat,
            cells=self.built.flat.cells, graph=self._graph(states) if self.options.keep_graph else None,
            outcomes=self._outcomes(), root_perm=self.root_perm, cpu_seconds=time.process_time() - self.cpu_began,
        )  # fmt: skip

    def _faults(self) -> list[Found]:
        found = []
        for number, kind in enumerate(op.FAULTS):
            state, move = self.rooms.counters[count.FAULTS + 2 * number : count.FAULTS + 2 * number + 2].tolist()
            if state:
                found.append(Found(kind, state - 1, move))
        return sorted(found, key=lambda one: one.state)

    def _graph(self, states: int) -> Graph:
        rooms = self.rooms
        edges, done = int(rooms.counters[count.EDGES]), int(rooms.counters[count.CURSOR])
        start = rooms.start[: states + 1]
        start[done + 1 :] = edges
        rooms.phase[done:states], rooms.status[done:states], rooms.place[done:states] = 0, 0, 0
        return Graph(
            start, rooms.target[:edges], rooms.edge_move[:edges], rooms.edge_perm[:edges], rooms.phase[:states],
            rooms.status[:states], rooms.place[:states],
        )  # fmt: skip

    def _outcomes(self) -> set[tuple[int, ...]] | None:
        if not self.options.outcomes:
            return None
        rows = self.outcomes[: int(self.rooms.counters[count.FOUND_OUTCOMES]), : len(self.built.plain_cells)]
        types = [self.built.flat.cells.cells[int(cell)].type for cell in self.built.plain_cells]
        return {tuple(wrap(value, type_) for value, type_ in zip(row, types, strict=True)) for row in rows.tolist()}


__all__ = ["Search", "do"]
