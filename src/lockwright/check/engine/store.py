"""The search from Python's side: room that grows, slices in which it runs, budgets, and its result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine import machine as do
from lockwright.check.engine import places as at
from lockwright.check.engine import search as go
from lockwright.check.engine.exploration import Exploration, Found, Graph
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
SLICE = 200_000
FIRST_STATES = 1 << 14
OUTCOMES = 1 << 16
LEAST_LOAD = 0.7
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
        self._restart()

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

    def _restart(self) -> None:
        """Begin anew with the present widths of the fields."""
        built = self.built
        self.fields, words = built.packing()
        built.cfg[at.FIELDS], built.cfg[at.WORDS] = len(self.fields), words
        built.cfg[at.THREAD_FIELDS] = sum(one.index < built.cfg[at.BLOCK] for one in built.fields)
        self.field_of = np.full(len(built.work), -1, dtype=np.int64)
        self.field_of[[one.index for one in built.fields]] = np.arange(len(built.fields))
        self.counters = np.zeros(go.COUNTERS, dtype=np.int64)
        self.packed = np.zeros(words, dtype=np.int64)
        self._make_room(FIRST_STATES)
        built.work[:] = self.first
        while True:
            self._intern()
            if not self.counters[go.NARROW]:
                break
            self._widen()
            self.fields, words = built.packing()
            built.cfg[at.WORDS] = words
            self.packed = np.zeros(words, dtype=np.int64)
            self.store = np.empty(self.states_room * words, dtype=np.int64)
        self.parent[0], self.via[0] = -1, -1
        self.root_perm = int(self.scratch[3400])

    def _intern(self) -> None:
        built = self.built
        go.intern(
            built.code, built.rows, built.facts, built.names, built.words, built.slot_kinds, built.refs,
            built.classes, self.scratch, self.fields, built.cfg, built.work, self.out, self.packed, self.counters,
            self.table, self.store,
        )  # fmt: skip
        self.scratch[3401] = sum(thread << 4 * thread for thread in range(self.threads))

    def _widen(self) -> None:
        """Give more bits to the field that was too narrow, and to all like it."""
        field = self.built.fields[int(self.counters[go.NARROW]) - 1]
        bits = min(field.most, 2 * field.bits)
        if field.bits >= field.most:
            raise OverflowError(f"a number of the state does not fit its {field.most} bits")
        for one in self.built.fields:
            if one.most == field.most and one.bits == field.bits and one.signed == field.signed:
                one.bits = bits
        self.counters[go.NARROW] = 0

    # Room.

    def _make_room(self, states: int) -> None:
        words, graph = int(self.built.cfg[at.WORDS]), self.options.keep_graph
        self.states_room = states
        self.store = np.empty(states * words, dtype=np.int64)
        self.parent, self.via = (np.empty(states, dtype=np.int32) for _ in range(2))
        rows = states if graph else 1
        self.start = np.zeros(rows + 1 if graph else 1, dtype=np.int64)
        self.phase, self.status = (np.empty((rows, self.threads), dtype=np.uint8) for _ in range(2))
        self.place = np.empty((rows, self.threads), dtype=np.int32)
        edges = 4 * states if graph else 1
        self.target, self.edge_move, self.edge_perm = (np.empty(edges, dtype=np.int32) for _ in range(3))
        self._new_table()
        self._tell_room()

    def _new_table(self) -> None:
        size = 1
        while size * LEAST_LOAD < self.states_room:
            size *= 2
        self.table = np.zeros(size, dtype=np.int64)
        self.counters[go.TABLE_MASK] = size - 1

    def _tell_room(self) -> None:
        self.counters[go.STATE_ROOM] = self.states_room
        self.counters[go.EDGE_ROOM] = len(self.target)

    def _grow(self) -> None:
        if self.options.keep_graph and self.counters[go.EDGES] + 4096 > len(self.target):
            self.target, self.edge_move, self.edge_perm = (
                _longer(one, 2 * len(one)) for one in (self.target, self.edge_move, self.edge_perm)
            )
        if self.counters[go.STATES] + 4096 > self.states_room:
            self.states_room *= 2
            words = int(self.built.cfg[at.WORDS])
            self.store = _longer(self.store, self.states_room * words)
            self.parent, self.via = (_longer(one, self.states_room) for one in (self.parent, self.via))
            if self.options.keep_graph:
                self.start = _longer(self.start, self.states_room + 1)
                self.phase, self.status, self.place = (
                    _longer(one, self.states_room) for one in (self.phase, self.status, self.place)
                )
            del self.table
            self._new_table()
            go.rebuild(self.built.cfg, self.counters, self.table, self.store)
        self._tell_room()

    # The run.

    def run(self, states: int, seconds: float, progress: Callable[[int], None] | None) -> None:
        """Search until all is found or a budget is used up; Ctrl-C ends it between two slices."""
        if self.first_fault:
            self.counters[go.FAULTS + 2 * self.first_fault : go.FAULTS + 2 * self.first_fault + 2] = 1, -1
            return
        while True:
            ended = self._slice()
            if ended == go.NEEDS_ROOM:
                self._grow()
            elif ended == go.TOO_NARROW:
                self._widen()
                self._restart()
            elif ended == go.NEEDS_RECORDS:
                self.reason = RECORDS
                return
            elif ended == go.TOO_MANY:
                self.reason = "choices"
                return
            elif ended != go.SLICE_ENDED:
                return
            if progress is not None:
                progress(int(self.counters[go.STATES]))
            self.reason = self._over_budget(states, seconds)
            if self.reason:
                return

    def _over_budget(self, states: int, seconds: float) -> str:
        if self.counters[go.STATES] > states:
            return "states"
        return "seconds" if clock() - self.began > seconds else ""

    def _slice(self) -> int:
        built, flat = self.built, self.built.flat
        return int(go.explore(
            built.code, flat.consts, flat.visible, built.rows, built.facts, built.names, built.words, built.slot_kinds,
            built.elements, built.tables, built.lock_of, built.entries, built.refs, built.classes, self.fields,
            self.field_of, built.plain_cells, built.cfg, built.work, self.out, self.scratch, self.packed,
            self.counters, self.table,
            self.store, self.parent, self.via, self.start, self.target, self.edge_move, self.edge_perm, self.phase,
            self.status, self.place, self.outcomes, np.int64(SLICE),
        ))  # fmt: skip

    # The result.

    def exploration(self) -> Exploration:
        """Return what was found."""
        states = int(self.counters[go.STATES])
        return Exploration(
            self.model, self.threads, self.acquisitions, states, int(self.counters[go.TRANSITIONS]),
            exhausted=not self.reason, reason=self.reason, seconds=clock() - self.began,
            faults=self._faults(), parent=self.parent[:states], via=self.via[:states], flat=self.built.flat,
            cells=self.built.flat.cells, graph=self._graph(states) if self.options.keep_graph else None,
            outcomes=self._outcomes(), root_perm=self.root_perm, cpu_seconds=time.process_time() - self.cpu_began,
        )  # fmt: skip

    def _faults(self) -> list[Found]:
        found = []
        for number, kind in enumerate(op.FAULTS):
            state, move = self.counters[go.FAULTS + 2 * number : go.FAULTS + 2 * number + 2].tolist()
            if state:
                found.append(Found(kind, state - 1, move))
        return sorted(found, key=lambda one: one.state)

    def _graph(self, states: int) -> Graph:
        edges, done = int(self.counters[go.EDGES]), int(self.counters[go.CURSOR])
        start = self.start[: states + 1]
        start[done + 1 :] = edges
        self.phase[done:states], self.status[done:states], self.place[done:states] = 0, 0, 0
        return Graph(
            start, self.target[:edges], self.edge_move[:edges], self.edge_perm[:edges], self.phase[:states],
            self.status[:states], self.place[:states],
        )  # fmt: skip

    def _outcomes(self) -> set[tuple[int, ...]] | None:
        if not self.options.outcomes:
            return None
        rows = self.outcomes[: int(self.counters[go.FOUND_OUTCOMES]), : len(self.built.plain_cells)]
        types = [self.built.flat.cells.cells[int(cell)].type for cell in self.built.plain_cells]
        return {tuple(wrap(value, type_) for value, type_ in zip(row, types, strict=True)) for row in rows.tolist()}


def _longer(array: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """Return an array with more rows, of which the new ones hold anything."""
    longer = np.empty((rows, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


__all__ = ["Search", "do"]
