"""A program made ready for a simulation: call-free, with its waiting loops found, as rows that know their class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.flatten import assign, find_locks, lock_table, write
from lockwright.ir.awaits import find_awaits
from lockwright.ir.inline import entries, inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.waiting import Waiting
from lockwright.simulate import places as at
from lockwright.simulate.rounds import found_back, polls_of, sleeps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.flat.flatten import Sheet
    from lockwright.flat.program import LockObject
    from lockwright.ir.awaits import Await
    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Program, Shape
    from lockwright.ir.storage import Image
    from lockwright.machines.model import MachineModel

_KINDS = {
    op.LOAD: at.LOAD,
    op.ATOMIC_LOAD: at.LOAD,
    op.STORE: at.STORE,
    op.ATOMIC_STORE: at.STORE,
    op.FENCE: at.FENCE,
    op.MARK: at.MARK,
    op.DOORWAY: at.DOORWAY,
    op.RUNNING: at.RUNNING_ROW,
    op.RANDOM: at.RANDOM,
    op.RETURN: at.END,
    op.NOW: at.SYSTEM,
}
_FREE = (op.JUMP, op.MARK, op.DOORWAY, op.RUNNING, op.RETURN, op.COMPUTE)
_IDLE_EVENTS = [op.EVENTS.index(one) for one in ("trylock_begin", "unlock_end", "read_unlock_end", "write_unlock_end")]
_LATENCY_ROW = {
    op.COMPARE_EXCHANGE: 2,
    op.FETCH_OR: 2,
    op.FETCH_AND: 2,
    op.FETCH_ADD: 3,
    op.FETCH_SUB: 3,
    op.EXCHANGE: 5,
    op.ATOMIC_STORE: 5,
    op.STORE: 1,
}


@dataclass(frozen=True, slots=True)
class Code:
    """The rows of all threads of one shape, and the memory in which they begin."""

    program: Program
    cells: Cells
    image: Image
    rows: NDArray[np.int64]
    consts: NDArray[np.int64]
    kinds: NDArray[np.int64]
    restarts: NDArray[np.int64]
    leads_back: NDArray[np.int64]
    polls: NDArray[np.int64]
    sleeps: NDArray[np.int64]
    counters: NDArray[np.int64]
    operations: NDArray[np.int64]
    entries: NDArray[np.int64]  # of each thread
    slots: int
    locks: tuple[LockObject, ...]
    lock_of: NDArray[np.int32]
    sheet: Sheet
    awaits: tuple[Await, ...]

    def costs(self, model: MachineModel) -> NDArray[np.int64]:
        """Return what each row takes on a machine where no memory is involved, in ticks."""
        costs = np.full(len(self.rows), model.instruction_ticks, dtype=np.int64)
        costs[np.isin(self.rows[:, op.OP], _FREE)] = 0
        costs[self.rows[:, op.OP] == op.PAUSE] = model.pause_cycles * at.TICKS_PER_CYCLE
        return costs

    def straight(self, model: MachineModel) -> NDArray[np.int64]:
        """Return for each local row how many surely run from there on, and the ticks that they take."""
        begins, lengths = self._stretches()
        ends = np.repeat(begins + lengths, lengths)
        total = np.append(0, np.cumsum(self.costs(model)))
        rows = np.arange(len(self.rows))
        return np.stack([ends - rows, total[ends] - total[rows]], axis=1)

    def counts(self, counted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how often each row ran; of a stretch, only the row at which it was entered was counted."""
        begins, lengths = self._stretches()
        total = np.cumsum(counted)
        return np.asarray(total - np.repeat(total[begins] - counted[begins], lengths), dtype=np.int64)

    def _stretches(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where each straight stretch begins and how long it is.

        It is local rows of which each leads to the next; a branch, a `compute` and what is not local stand alone.
        """
        opcodes = self.rows[:, op.OP]
        is_plain = (self.kinds == at.LOCAL) & ~np.isin(opcodes, (op.BRANCH, op.COMPUTE))
        joins = is_plain[1:] & is_plain[:-1] & (opcodes[:-1] != op.JUMP)
        begins = np.append(0, np.flatnonzero(~joins) + 1)
        return begins, np.diff(np.append(begins, len(opcodes)))


def prepared(program: Program, shape: Shape, spare_records: int) -> Code:
    """Return the rows of a program for a shape.

    Args:
        program: As compiled, with its calls.
        shape: The threads and their CPUs.
        spare_records: Records of each struct that may be allocated beyond what `setup` does.

    Raises:
        TooLargeError: A thread needs more registers than fit.
    """
    cells, image = prepare(program, shape, spare_records)
    flat = inline(program)
    awaits = {name: find_awaits(flat, flat.functions[name], counted=True) for name in entries(flat)}
    sheet = write(Waiting(replace(flat), awaits), cells, None)
    rows = _without_idle_marks(np.array(sheet.code, dtype=np.int64).reshape(-1, op.COLUMNS))
    restarts = np.array(sheet.restart, dtype=np.int64)
    kinds = np.array([_kind(row) for row in rows.tolist()], dtype=np.int64)
    leads_back = found_back(rows, kinds, restarts)
    consts = np.array(list(sheet.consts), dtype=np.int64)
    found = [one for name in sheet.begin for one in awaits[name]]
    inside = [_rows_of(sheet, flat, one) if one.is_counted else frozenset[int]() for one in found]
    sleeps, counters = sleeps_of(rows, consts, kinds, restarts, found, inside)
    polls = polls_of(rows, kinds, restarts)
    polls[counters[:, 0, 0] >= 0] = 0  # their rounds are not alike
    locks = tuple(find_locks(program, cells))
    begins = [sheet.begin[worker.function] for worker in program.workers]
    return Code(
        program,
        cells,
        image,
        rows,
        consts,
        kinds,
        restarts,
        leads_back,
        polls,
        sleeps,
        counters,
        np.array([_latency_row(row) for row in sheet.code], dtype=np.int64),
        np.array([begins[worker] for worker in assign(program, shape)], dtype=np.int64),
        max(1, len(sheet.slots)),
        locks,
        lock_table(locks, sheet.tables, cells),
        sheet,
        tuple(found),
    )


def _rows_of(sheet: Sheet, flat: Program, one: Await) -> frozenset[int]:
    """Return the rows of the loop of an await."""
    blocks = flat.functions[one.function].blocks
    inside = {id(instruction) for block in blocks if block.label in one.blocks for instruction in block.instructions}
    sources = sheet.tables.instructions
    return frozenset(row for row, code in enumerate(sheet.code) if id(sources[code[op.SOURCE]][1]) in inside)


def _without_idle_marks(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows in which boundaries that nobody looks at are jumps to what follows: a thread passes them alone."""
    is_idle = (rows[:, op.OP] == op.MARK) & (np.isin(rows[:, op.X], _IDLE_EVENTS) | (rows[:, op.Y] < 0))
    rows[is_idle, op.OP] = op.JUMP
    rows[is_idle, op.X] = np.flatnonzero(is_idle) + 1
    return rows


def _kind(row: list[int]) -> int:
    opcode = row[op.OP]
    if opcode == op.ATOMIC_STORE and row[op.X] == op.SEQ_CST:
        return at.UPDATE
    if opcode in _KINDS:
        return _KINDS[opcode]
    if op.EXCHANGE <= opcode <= op.FETCH_AND:
        return at.UPDATE
    if opcode >= op.ALLOC:
        return at.STORAGE
    return at.LOCAL if opcode < op.LOAD else at.SYSTEM


def _latency_row(row: list[int]) -> int:
    if row[op.OP] == op.ATOMIC_STORE and row[op.X] != op.SEQ_CST:
        return 1
    return _LATENCY_ROW.get(row[op.OP], 0)
