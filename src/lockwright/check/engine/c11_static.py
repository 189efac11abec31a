"""What can be known of a program before its C11 states are explored: which cells each access may touch, and how.

1. Pointers are followed through slots and cells until nothing changes; what cannot be followed may point anywhere.
2. A cell that no thread writes is a constant.  One that threads only add to, without looking, is a counter.
3. A message carries a view only if somebody may acquire it, and somebody may publish there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.flat import opcodes as op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.flat.program import Flat

UPDATES = frozenset(range(op.EXCHANGE, op.FETCH_AND + 1))
MEMORY = frozenset(range(op.LOAD, op.FETCH_AND + 1))
ACQUIRING = frozenset({op.ACQUIRE, op.ACQ_REL, op.SEQ_CST})
RELEASING = frozenset({op.RELEASE, op.ACQ_REL, op.SEQ_CST})
COMMUTING = ({op.FETCH_ADD, op.FETCH_SUB}, {op.FETCH_OR}, {op.FETCH_AND})
HIDDEN = frozenset({
    op.HALT, op.HALT_IF, op.KICK, op.CPU_ONLINE, op.CPU_SET_ONLINE, op.PARK, op.UNPARK, op.FUTEX_WAIT, op.FUTEX_WAKE,
    op.EVENT_CLEAR, op.EVENT_SET, op.EVENT_PENDING, op.EVENT_POLL, op.EVENT_SEND,
})  # fmt: skip


@dataclass(slots=True)
class Row:
    """One row of code, as Python numbers."""

    pc: int
    op: int
    d: int
    a: int
    b: int
    c: int
    x: int
    y: int
    z: int

    @property
    def order(self) -> int:
        """The order of an access or a fence."""
        return self.x & 7

    @property
    def orders(self) -> tuple[int, ...]:
        """All orders of an access: of a compare-exchange also that of its failure."""
        return (self.x & 7, self.x >> 3) if self.op == op.COMPARE_EXCHANGE else (self.x & 7,)


def rows_of(flat: Flat) -> list[Row]:
    """Return the code as rows."""
    return [
        Row(pc, *(int(row[k]) for k in (op.OP, op.D, op.A, op.B, op.C, op.X, op.Y, op.Z)))
        for pc, row in enumerate(flat.code)
    ]


def successors(row: Row) -> Iterator[int]:
    """Yield the rows to which a row may go on."""
    if row.op in (op.JUMP, op.BRANCH):
        yield row.x
    if row.op == op.BRANCH:
        yield row.y
    if row.op not in (op.JUMP, op.BRANCH, op.RETURN):
        yield row.pc + 1


def reachable(rows: list[Row], entries: list[int]) -> list[Row]:
    """Return the rows that code beginning at these entries can reach."""
    seen, todo = set(entries), deque(entries)
    while todo:
        for pc in successors(rows[todo.popleft()]):
            if pc not in seen:
                seen.add(pc)
                todo.append(pc)
    return [rows[pc] for pc in sorted(seen)]


class Pointers:
    """Which cells each address may be; sets of cells are bits of integers, bit 0 is null."""

    def __init__(self, flat: Flat, image: list[int], rows: list[Row]) -> None:
        self._flat = flat
        self._rows = rows
        self._all = (1 << flat.cells.size) - 1
        self._contents = [
            1 << value if kind == op.POINTER_KIND and 0 <= value < flat.cells.size else 0
            for value, kind in zip(image, flat.cell_kinds.tolist(), strict=True)
        ]
        self._known: dict[int, dict[int, int]] = {row.pc: {} for row in rows}
        self._changed = True
        while self._changed:
            self._changed = False
            for row in rows:
                self._flow(row)

    def cells(self, row: Row) -> list[int]:
        """Return the cells that a memory instruction may access."""
        return members(self._value(row, row.a) & ~1)

    def value(self, row: Row, operand: int) -> list[int]:
        """Return the cells to which an operand may point."""
        return members(self._value(row, operand) & ~1)

    def _value(self, row: Row, operand: int) -> int:
        if operand < 0:
            number = int(self._flat.consts[~operand])
            return 1 << number if 0 <= number < self._flat.cells.size else 0
        return self._known[row.pc].get(operand, 0)

    def _is_pointer(self, slot: int) -> bool:
        return slot >= 0 and self._flat.slot_kinds[slot] == op.POINTER_KIND

    def _flow(self, row: Row) -> None:
        after = self._known[row.pc]
        if self._is_pointer(row.d):
            after = {**after, row.d: self._result(row)}
        self._store(row)
        for pc in successors(row):
            there = self._known[pc]
            for slot, cells in after.items():
                if cells & ~there.get(slot, 0):
                    there[slot] = there.get(slot, 0) | cells
                    self._changed = True

    def _result(self, row: Row) -> int:
        address = self._value(row, row.a)
        match row.op:
            case op.COPY | op.PART_ADDRESS | op.ROOT:
                return address
            case op.FIELD:
                return (address & ~1) << row.x & self._all
            case op.ELEMENT:
                places = 0
                for index in range(row.y):
                    places |= (address & ~1) << index * row.x
                return places & self._all
            case op.ALLOC:
                base, stride, count = self._flat.pools[row.x]
                return 1 | sum(1 << base + stride * index for index in range(count))
            case _ if row.op in MEMORY:
                places = 0
                for cell in members(address & ~1):
                    places |= self._contents[cell]
                return places
        return self._all

    def _store(self, row: Row) -> None:
        if row.op not in (op.STORE, op.ATOMIC_STORE, op.EXCHANGE, op.COMPARE_EXCHANGE):
            return
        value = self._value(row, row.c if row.op == op.COMPARE_EXCHANGE else row.b)
        for cell in members(self._value(row, row.a) & ~1):
            if self._flat.cell_kinds[cell] == op.POINTER_KIND and value & ~self._contents[cell]:
                self._contents[cell] |= value
                self._changed = True


def members(bits: int) -> list[int]:
    """Return the numbers of the bits that are set."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


@dataclass(slots=True)
class Usage:
    """What the threads of a program do to one cell."""

    ops: set[int] = field(default_factory=set)
    is_written: bool = False
    is_looked_at: bool = False  # an atomic read that may return an old message
    is_stored: bool = False  # by a store, not an update
    is_acquired: bool = False
    is_released: bool = False
    is_counter: bool = True  # only added to, relaxed, by who doesn't look

    def meet(self, other: Usage) -> None:
        """Add what is done to another cell."""
        self.ops |= other.ops
        self.is_written |= other.is_written
        self.is_looked_at |= other.is_looked_at
        self.is_stored |= other.is_stored
        self.is_acquired |= other.is_acquired
        self.is_released |= other.is_released
        self.is_counter &= other.is_counter


@dataclass(slots=True)
class Analysis:
    """What a program does, all its threads together."""

    rows: list[Row]  # that threads reach
    usage: dict[int, Usage]
    at_rest: dict[int, Usage]  # what at-rest functions do
    renewed: set[int]  # cells of records that threads allocate
    pointers: Pointers
    uses_acq: bool  # acquire fences
    uses_rel: bool
    uses_g: bool
    uses_hidden: bool
    notes: list[str]
    refused: str  # why it cannot be explored


def analyse(flat: Flat, image: list[int]) -> Analysis:
    """Return what the threads of a program do, and what is done once they have finished."""
    every = rows_of(flat)
    rows = reachable(every, [flat.entry(thread) for thread in range(len(flat.threads))])
    resting = reachable(every, list(flat.at_rest))
    pointers = Pointers(flat, image, [*rows, *resting])
    usage, at_rest = (accesses_of(some, pointers, flat) for some in (rows, resting))
    for one in usage.values():
        one.is_counter &= any(one.ops <= several for several in COMMUTING)
    fences = {row.order for row in rows if row.op == op.FENCE}
    accesses = {order for row in rows if row.op in MEMORY for order in row.orders} - {op.PLAIN}
    return Analysis(
        rows, usage, at_rest, renewed_by(rows, flat), pointers,
        uses_acq=bool(fences & ACQUIRING), uses_rel=bool(fences & RELEASING),
        uses_g=op.SEQ_CST in fences | accesses, uses_hidden=any(row.op in HIDDEN for row in rows),
        notes=order_notes(fences, accesses), refused=refusal(flat, rows, usage),
    )  # fmt: skip


def renewed_by(rows: list[Row], flat: Flat) -> set[int]:
    """Return the cells of all records that `alloc` may give to some rows."""
    pools = (flat.pools[row.x] for row in rows if row.op == op.ALLOC)
    return {cell for base, stride, count in pools for cell in range(base, base + stride * count)}


def accesses_of(rows: list[Row], pointers: Pointers, flat: Flat) -> dict[int, Usage]:
    """Return what some rows do to each cell that they may access."""
    found: dict[int, Usage] = {}
    for row in rows:
        if row.op in MEMORY:
            for cell in pointers.cells(row):
                note_access(found.setdefault(cell, Usage()), row, flat)
    return found


def note_access(usage: Usage, row: Row, flat: Flat) -> None:
    """Add one access to what is done to a cell."""
    usage.ops.add(row.op)
    usage.is_written |= row.op not in (op.LOAD, op.ATOMIC_LOAD)
    usage.is_looked_at |= row.op in (op.ATOMIC_LOAD, op.COMPARE_EXCHANGE)
    usage.is_stored |= row.op in (op.STORE, op.ATOMIC_STORE)
    usage.is_acquired |= row.op not in (op.LOAD, op.STORE, op.ATOMIC_STORE) and bool(ACQUIRING & set(row.orders))
    usage.is_released |= row.op in UPDATES | {op.ATOMIC_STORE} and row.order in RELEASING
    unseen = row.d < 0 or not int(flat.live[row.pc + 1]) >> row.d & 1
    usage.is_counter &= row.order == op.RELAXED and unseen


def order_notes(fences: set[int], accesses: set[int]) -> list[str]:
    """Say where the rule for seq_cst accesses finds faults but proves nothing."""
    if op.SEQ_CST not in accesses:
        return []
    if op.SEQ_CST in fences:
        return ["fence_and_access"]
    return ["seq_cst_mixed"] if accesses != {op.SEQ_CST} else []


def refusal(flat: Flat, rows: list[Row], usage: dict[int, Usage]) -> str:
    """Return why a program cannot be explored under C11, or nothing."""
    if len(flat.threads) > 7:
        return "c11 explores at most 7 threads"
    if flat.cells.program.handlers:
        return "c11 does not cover interrupt handlers"
    if any(row.op in (op.RCU_READ, op.RCU_SYNCHRONIZE, op.RCU_FREE) for row in rows):
        return "c11 does not cover RCU"
    plain = {op.LOAD, op.STORE}
    if any(one.ops & plain and one.ops - plain for one in usage.values()):
        return "c11 does not cover plain and atomic accesses of one location"
    return ""
