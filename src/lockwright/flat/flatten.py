"""From call-free functions to flat code: lowered, what is useless dropped, coloured, put one behind the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.flat.colouring import colour, is_useless, live_before, members
from lockwright.flat.kinding import KindNumbers
from lockwright.flat.lowering import Lowered, Lowering, Row, Tables, width
from lockwright.flat.program import Flat, LockObject, TooLargeError
from lockwright.ir.program import Constant
from lockwright.ir.types import Array, Pointer, StructRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.flat.program import Int32s
    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Operand, Program, Shape
    from lockwright.ir.types import Place
    from lockwright.ir.waiting import Waiting

AWAITS = 255
"""Awaits that one byte can number."""


@dataclass(slots=True)
class Sheet:
    """The code as far as it is written."""

    tables: Tables
    kinds: KindNumbers | None  # None: registers of any kind share slots
    begin: dict[str, int] = field(default_factory=dict)
    awaits: list[int] = field(default_factory=list)
    code: list[list[int]] = field(default_factory=list)
    consts: dict[int, int] = field(default_factory=lambda: {0: 0})
    visible: list[int] = field(default_factory=list)
    restart: list[int] = field(default_factory=list)
    live: list[int] = field(default_factory=list)
    own_index: list[bool] = field(default_factory=list)
    address_operands: list[int] = field(default_factory=list)
    slots: list[tuple[int, bool, str]] = field(default_factory=list)  # kind, signed, handler or nothing
    bits: dict[int, int] = field(default_factory=dict)

    def const(self, value: int) -> int:
        """Return the operand for a number."""
        value = (value + 2**63) % 2**64 - 2**63
        return ~self.consts.setdefault(value, len(self.consts))


def flatten(waiting: Waiting, cells: Cells) -> Flat:
    """Return the flat code of workers, handlers and at-rest functions, for the shape that `cells` was made for.

    Raises:
        TooLargeError: a thread needs more registers than fit.
    """
    kinds = KindNumbers(waiting.program)
    return _bound(waiting.program, cells, write(waiting, cells, kinds), kinds)


def write(waiting: Waiting, cells: Cells, kinds: KindNumbers | None) -> Sheet:
    """Return the code of workers, handlers and at-rest functions, without what only a search must know.

    Raises:
        TooLargeError: a thread needs more registers than fit, or there are too many awaits.
    """
    program = waiting.program
    sheet = Sheet(Tables(program, cells), kinds)
    handlers = [handler.function for handler in program.handlers]
    for name in [*(worker.function for worker in program.workers), *handlers, *program.at_rest]:
        if name not in sheet.begin:
            sheet.begin[name] = len(sheet.code)
            _add_function(name, waiting, sheet)
    if len(sheet.awaits) > AWAITS:
        raise TooLargeError(f"there are {len(sheet.awaits)} awaits; {AWAITS} are possible")
    return sheet


def _add_function(name: str, waiting: Waiting, sheet: Sheet) -> None:
    function, kinds = waiting.program.functions[name], sheet.kinds
    restarts = {}
    for one in waiting.awaits.get(name, []):
        restarts[one.restart] = len(sheet.awaits) + 1
        sheet.awaits.append(-1)
    lowered = _tidied(Lowering(function, sheet.tables, restarts).lower())
    live = live_before(lowered.rows, lowered.starts)

    owner = name if any(handler.function == name for handler in waiting.program.handlers) else ""

    def class_of(register: int) -> tuple[int, bool, str]:
        kind = op.VALUE_KIND if kinds is None else kinds.register(name, register)
        return kind, bool(width(function.registers[register].type) & op.SIGNED), owner

    slot_of = colour(lowered.rows, lowered.starts, live, class_of, sheet.slots)
    for register, slot in slot_of.items():
        bits = width(function.registers[register].type) & ~op.SIGNED
        sheet.bits[slot] = max(sheet.bits.get(slot, 0), bits)
    _write(lowered, slot_of, live, sheet)


def _tidied(lowered: Lowered) -> Lowered:
    """Drop useless rows and jumps to the next row."""
    while True:
        live = live_before(lowered.rows, lowered.starts)
        drop = {
            index
            for index, row in enumerate(lowered.rows)
            if is_useless(lowered.rows, index, lowered.starts, live)
            or (row.opcode == op.JUMP and lowered.starts[row.targets[0]] == index + 1)
        }
        if not drop:
            return lowered
        lowered = _without(lowered, drop)


def _without(lowered: Lowered, drop: set[int]) -> Lowered:
    kept = [index for index in range(len(lowered.rows)) if index not in drop]
    place = np.cumsum([0] + [int(index not in drop) for index in range(len(lowered.rows))])
    starts = {label: int(place[start]) for label, start in lowered.starts.items()}
    return Lowered([lowered.rows[index] for index in kept], starts)


def _write(lowered: Lowered, slot_of: dict[int, int], live: Sequence[int], sheet: Sheet) -> None:
    base = len(sheet.code)

    def operand(one: Operand | None) -> int:
        if one is None:
            return op.NONE
        return sheet.const(one.value) if isinstance(one, Constant) else slot_of[one.index]

    for index, row in enumerate(lowered.rows):
        targets = [base + _through(lowered, label) for label in row.targets]
        x, y = [*targets, row.x, row.y][:2] if targets else (row.x, row.y)
        result = -1 if row.result is None else slot_of[row.result]
        operands = [operand(one) for one in (row.a, row.b, row.c)]
        y = 0 if len(targets) == 1 else y
        sheet.code.append([row.opcode, result, *operands, row.bits, x, y, row.z, row.source])
        sheet.visible.append(row.visible)
        sheet.restart.append(row.restart)
        sheet.live.append(sum({1 << slot_of[register] for register in members(live[index])}))
        sheet.own_index.append(row.own_index)
        columns = zip((op.A, op.B, op.C), (row.a, row.b, row.c), strict=True)
        sheet.address_operands.append(sum(1 << column for column, one in columns if _is_address(one)))
        if row.restart:
            sheet.awaits[row.restart - 1] = base + index


def _is_address(one: Operand | None) -> bool:
    return isinstance(one, Constant) and isinstance(one.type, Pointer)


def _through(lowered: Lowered, label: str) -> int:
    """Return the row where a jump to a block ends, seeing through blocks that only jump on."""
    start, seen = lowered.starts[label], set[int]()
    while start not in seen and lowered.rows[start].opcode == op.JUMP:
        seen.add(start)
        start = lowered.starts[lowered.rows[start].targets[0]]
    return start


def _bound(program: Program, cells: Cells, sheet: Sheet, kinds: KindNumbers) -> Flat:
    tables, begin, awaits = sheet.tables, sheet.begin, sheet.awaits
    locks = tuple(find_locks(program, cells))
    cell_kinds = np.array(kinds.cells(cells), dtype=np.int8)  # first: it may number further words
    slot_kinds = tuple(kind for kind, _, _ in sheet.slots)
    signs = [op.SIGNED if signed else 0 for _, signed, _ in sheet.slots]
    slot_bits = tuple(sheet.bits[slot] | sign for slot, sign in enumerate(signs))
    return Flat(
        code=np.array(sheet.code, dtype=np.int32).reshape(-1, op.COLUMNS),
        consts=np.array(list(sheet.consts), dtype=np.int64),
        visible=np.array(sheet.visible, dtype=np.uint8),
        restart=np.array(sheet.restart, dtype=np.uint8),
        live=np.array(sheet.live, dtype=np.uint64),
        kinds=np.tile(np.array(slot_kinds, dtype=np.int8), (len(sheet.code), 1)),
        slots=len(slot_kinds),
        slot_kinds=slot_kinds,
        slot_bits=slot_bits,
        word_kinds=kinds.words(),
        cell_kinds=cell_kinds,
        workers=tuple((begin[worker.function], index) for index, worker in enumerate(program.workers)),
        threads=assign(program, cells.shape),
        handlers=tuple(begin[one.function] for one in program.handlers),
        at_rest=tuple(begin[name] for name in program.at_rest),
        locks=locks,
        lock_of=lock_table(locks, tables, cells),
        subject=subject_lock(program, cells, locks),
        pools=tuple((one.base, one.stride, one.count) for one in cells.heap.values()),
        awaits=tuple(awaits),
        instructions=tuple(tables.instructions),
        cells=cells,
        own_index=tuple(sheet.own_index),
        address_operands=tuple(sheet.address_operands),
        escaped=tuple(sorted(tables.escaped)),
        kinds_known=kinds.kinds,
    )


def assign(program: Program, shape: Shape) -> tuple[int, ...]:
    """Return for each thread which worker it runs: one without a count takes the threads that are left."""
    threads = len(shape.thread_cpus)
    fixed = sum(worker.count or 0 for worker in program.workers)
    rest = max(0, threads - fixed)
    found: list[int] = []
    for index, worker in enumerate(program.workers):
        found += [index] * (rest if worker.count is None else worker.count)
    return tuple(found[:threads])


def find_locks(program: Program, cells: Cells) -> Iterator[LockObject]:
    """Yield every lock in memory."""
    for one in program.globals.values():
        yield from _locks_in(program, cells, one.type, cells.root[one.name])
    for struct, pool in cells.heap.items():
        for index in range(pool.count):
            yield from _locks_in(program, cells, StructRef(struct), pool.base + index * pool.stride)


def _locks_in(program: Program, cells: Cells, place: Place, address: int) -> Iterator[LockObject]:
    match place:
        case Array(element, length):
            for index in range(cells.shape.length(length)):
                yield from _locks_in(program, cells, element, address + index * cells.stride(element))
        case StructRef(name):
            struct = program.structs[name]
            if struct.is_lock:
                yield LockObject(name, address)
            for one in struct.fields:
                yield from _locks_in(program, cells, one.type, address + cells.offset(name, one.name))


def lock_table(locks: Sequence[LockObject], tables: Tables, cells: Cells) -> Int32s:
    """Return which lock begins at each address, for each struct that marks name."""
    table = np.full((max(1, len(tables.lock_structs)), cells.size), -1, dtype=np.int32)
    for number, one in enumerate(locks):
        if one.struct in tables.lock_structs:
            table[tables.lock_structs.index(one.struct), one.address] = number
    return table


def subject_lock(program: Program, cells: Cells, locks: Sequence[LockObject]) -> int:
    """Return the number of the lock under test, or -1."""
    if not program.subject:
        return -1
    place, address = program.globals[program.subject[0]].type, cells.root[program.subject[0]]
    for name in program.subject[1:]:
        assert isinstance(place, StructRef)
        address += cells.offset(place.name, name)
        place = program.structs[place.name].field(name).type
    assert isinstance(place, StructRef)
    return locks.index(LockObject(place.name, address))


__all__ = ["Row", "assign", "find_locks", "flatten", "lock_table", "subject_lock", "write"]
