"""What is known of each row of code before the search: its part in a move, and which memory only one thread can name.

1. `LEAD`: plain accesses (if races are looked for) and beginnings of lock and unlock.  They wait until the thread takes
   its next step that others see, so that all that may happen before them has happened.
2. `PASS`: what nobody else can see: ends of lock and unlock, the own CPU, `running`, reads of what nobody writes.
3. `DYNAMIC`: accesses whose address may be private; looked up in each state.
4. `STOP`: all others, one in each move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.flat import opcodes as op
from lockwright.ir.types import Extent

if TYPE_CHECKING:
    from lockwright.check.engine.dead_words import OwnWords
    from lockwright.check.engine.options import Options
    from lockwright.flat.program import Flat, Int32s, Int64s
    from lockwright.ir.program import Shape

MEMORY = range(op.LOAD, op.FETCH_AND + 1)
READS = frozenset({op.LOAD, op.ATOMIC_LOAD})
ALWAYS_PASS = frozenset({
    op.CPU, op.NUMA_NODE, op.RUNNING, op.INTERRUPTS_OFF, op.INTERRUPTS_RESTORE, op.PREEMPTION, op.SOFTIRQS, op.IN_NMI,
    op.DOORWAY,
})  # fmt: skip
MASKS = frozenset({op.INTERRUPTS_OFF, op.INTERRUPTS_RESTORE, op.PREEMPTION, op.SOFTIRQS})
"""What decides whether another thread may get the CPU."""
ASKS_CPU = frozenset({
    op.CPU, op.NUMA_NODE, op.HALT, op.HALT_IF, op.EVENT_CLEAR, op.EVENT_SET, op.EVENT_PENDING, op.EVENT_POLL,
    op.INTERRUPTS_OFF, op.INTERRUPTS_RESTORE,
})  # fmt: skip
OF_ONE_THREAD = frozenset({
    *range(op.COPY, op.FENCE + 1), op.RUNNING, op.RANDOM, op.GIVE_UP, op.MARK, op.DOORWAY, op.CPU, op.NUMA_NODE,
    op.INTERRUPTS_OFF, op.INTERRUPTS_RESTORE, op.PREEMPTION, op.SOFTIRQS, op.IN_NMI, op.ALLOC, op.FREE,
})  # fmt: skip
"""Instructions that concern nobody but their thread and what all share."""
MOST_ELEMENTS = 62
"""Elements that one mask can hold."""


@dataclass(slots=True)
class Elements:
    """Pieces of memory that may be private: elements of arrays that threads index by their own number, heap records."""

    pieces: list[tuple[int, int, int]]  # base, size, thread that can always name it, or -1

    def of(self, cells: int) -> list[int]:
        """Return for each cell the piece that it lies in, or -1."""
        found = [-1] * cells
        for number, (base, size, _) in enumerate(self.pieces):
            found[base : base + size] = [number] * size
        return found


def shares_cpus(shape: Shape) -> bool:
    """Return whether two threads may be on one CPU."""
    return shape.migrates or len(set(shape.thread_cpus)) < len(shape.thread_cpus)


def worker_rows(flat: Flat) -> range:
    """Return the rows of the workers and handlers (at-rest functions stand behind them)."""
    workers = {*(entry for entry, _ in flat.workers), *flat.handlers}
    rest = [entry for entry in flat.at_rest if entry not in workers]
    return range(min(rest, default=len(flat.code)))


def following(row: Int32s, pc: int) -> list[int]:
    """Return the rows that may run after this one."""
    match int(row[op.OP]):
        case op.JUMP:
            return [int(row[op.X])]
        case op.BRANCH:
            return [int(row[op.X]), int(row[op.Y])]
        case op.RETURN:
            return []
    return [pc + 1]


def drains(row: Int32s) -> bool:
    """Return whether an instruction waits until the store buffer of its thread is empty."""
    opcode = int(row[op.OP])
    if opcode in (op.ATOMIC_STORE, op.FENCE):
        return int(row[op.X]) == op.SEQ_CST
    return opcode in range(op.EXCHANGE, op.FETCH_AND + 1)


def find_elements(flat: Flat) -> Elements:
    """Return the pieces of memory that may be private."""
    pieces: list[tuple[int, int, int]] = []
    for region in flat.cells.regions:
        size = region.stride
        bases = range(region.base, region.end, size) if size else range(0)
        if region.heap is not None:
            pieces += [(base, size, -1) for base in bases]
        elif region.index is Extent.THREADS and _is_own(flat, region.base, region.end):
            is_inner = any(base <= region.base < base + length for base, length, _ in pieces)
            pieces += [] if is_inner else [(base, size, thread) for thread, base in enumerate(bases)]
    return Elements(pieces if len(pieces) <= MOST_ELEMENTS else [])


def _is_own(flat: Flat, base: int, end: int) -> bool:
    """Return whether threads reach an array only by their own number (or by pointers that another thread gave away)."""
    code, consts = flat.code, flat.consts
    for pc in worker_rows(flat):
        row = code[pc]
        for column in (op.A, op.B, op.C):
            operand = int(row[column])
            if operand >= 0 or not base <= consts[~operand] < end or not flat.address_operands[pc] >> column & 1:
                continue
            is_element = row[op.OP] == op.ELEMENT and column == op.A and consts[~operand] == base
            if not (is_element and flat.own_index[pc]):
                return False
    return not any(_holds(root, base, end) for root in flat.escaped)


def _holds(root: tuple[int, int], base: int, end: int) -> bool:
    return root[0] < end and base < root[0] + root[1]


def depends_on_little(flat: Flat, options: Options, elements: Elements) -> bool:
    """Return whether a move depends on, and changes, the block of its thread and what all share, and nothing else.

    It does not if it wakes or counts other threads, if accesses are noted to find races, or if it is asked what the
    others can name, and not if the state is renamed or its tickets are shifted.
    """
    ops = set(flat.code[list(worker_rows(flat)), op.OP].tolist())
    asks_others = options.merge and (options.races or bool(elements.pieces))
    is_renamed = options.symmetry or options.tickets
    is_disturbed = bool(flat.handlers) or shares_cpus(flat.cells.shape)
    return ops <= OF_ONE_THREAD and not (asks_others or is_renamed or is_disturbed)


def classify(flat: Flat, options: Options, elements: Elements, own: OwnWords) -> Int64s:
    """Return the facts of each row."""
    facts = np.zeros((len(flat.code), at.ROW_FACTS), dtype=np.int64)
    written = _written(flat)
    private = elements.of(flat.cells.size)
    for pc in range(len(flat.code)):
        facts[pc, at.CLASS] = _class(flat, options, pc, written, private)
    facts[:, at.LIVE] = flat.live.astype(np.int64)
    facts[:, at.RESTART] = flat.restart
    facts[:, at.HAS_DOORWAY] = _has_doorway(flat)
    facts[:, at.ASKS_CPU] = [_asks_cpu(row) for row in flat.code]
    facts[:, at.UNDISTURBED] = [_is_undisturbed(flat, pc, written) for pc in range(len(flat.code))]
    facts[:, at.DEAD_WORDS] = own.dead
    facts[:, at.DRAINS] = [drains(row) for row in flat.code]
    return facts


def _asks_cpu(row: Int32s) -> bool:
    """Return whether it makes a difference on which CPU the thread is."""
    if int(row[op.OP]) in (op.PREEMPTION, op.SOFTIRQS):
        return bool(row[op.X] > 0)
    return int(row[op.OP]) in ASKS_CPU


def function_rows(flat: Flat, entry: int) -> range:
    """Return the rows of the function that begins at a row."""
    begins = [*(start for start, _ in flat.workers), *flat.handlers, *flat.at_rest, len(flat.code)]
    return range(entry, min(start for start in begins if start > entry))


def handler_rows(flat: Flat) -> set[int]:
    """Return the rows of handlers."""
    return {pc for entry in flat.handlers for pc in function_rows(flat, entry)}


def raised(flat: Flat) -> set[int]:
    """Return the handlers that somebody raises."""
    return {int(row[op.X]) for row in flat.code if row[op.OP] == op.RAISE_INTERRUPT}


def _is_undisturbed(flat: Flat, pc: int, written: set[int]) -> bool:
    """Return whether it is all the same if a handler arrives on the thread before a row or behind it."""
    row, handlers = flat.code[pc], {int(flat.code[one][op.OP]) for one in handler_rows(flat)}
    opcode = int(row[op.OP])
    if opcode in (op.RUNNING, op.MARK):
        return opcode not in handlers
    if opcode in READS:
        return bool(row[op.A] < 0) and int(flat.consts[~row[op.A]]) not in written
    return opcode in (op.CPU, op.NUMA_NODE, op.IN_NMI, op.DOORWAY, op.PREEMPTION)


def _has_doorway(flat: Flat) -> Int64s:
    functions = [flat.instructions[row[op.SOURCE]][0] for row in flat.code]
    with_doorway = {name for name, row in zip(functions, flat.code, strict=True) if row[op.OP] == op.DOORWAY}
    return np.array([name in with_doorway for name in functions], dtype=np.int64)


def _written(flat: Flat) -> set[int]:
    """Return the cells that threads may write: named by a write, or nameable otherwise."""
    found = set[int]()
    pool_cells = [cell for base, stride, count in flat.pools for cell in range(base, base + stride * count)]
    found.update(pool_cells)
    for base, size in flat.escaped:
        found.update(range(base, base + size))
    for pc in worker_rows(flat):
        row = flat.code[pc]
        if row[op.OP] == op.ELEMENT and row[op.A] < 0:
            base = int(flat.consts[~row[op.A]])
            found.update(range(base, base + int(row[op.X]) * int(row[op.Y])))
        elif row[op.OP] in MEMORY and row[op.OP] not in READS and row[op.A] < 0:
            found.add(int(flat.consts[~row[op.A]]))
    return found


def _class(flat: Flat, options: Options, pc: int, written: set[int], private: list[int]) -> int:
    row = flat.code[pc]
    opcode = int(row[op.OP])
    if opcode in MASKS and shares_cpus(flat.cells.shape):
        return at.STOP
    if opcode in ALWAYS_PASS or (opcode == op.FENCE and row[op.X] != op.SEQ_CST):
        return at.PASS
    if opcode == op.MARK:
        return at.PASS if int(row[op.X]) % 2 == 1 else at.LEAD
    if opcode not in MEMORY:
        return at.STOP
    shown = at.LEAD if opcode in (op.LOAD, op.STORE) and options.races else at.STOP
    if not options.partial_order:
        return shown
    if row[op.A] >= 0:
        return at.DYNAMIC
    address = int(flat.consts[~row[op.A]])
    if opcode in READS and address not in written:
        return at.PASS
    return at.DYNAMIC if private[address] >= 0 else shown
