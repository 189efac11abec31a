"""One function without calls, instruction by instruction, into rows over virtual registers.

Addresses that are known, lengths of extents and copies of registers that are written once vanish here,
so that they take no room in a state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from lockwright.flat import opcodes as op
from lockwright.ir.program import Constant, Instruction, Reg
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import Array, Atomic, Extent, Pointer, StructRef, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Function, Operand, Program
    from lockwright.ir.types import Place, Value

Known: TypeAlias = Constant
"""A virtual operand that is a number."""

PART_OPS = frozenset({
    "load", "store", "atomic_load", "atomic_store", "exchange", "compare_exchange", "fetch_add", "fetch_sub",
    "fetch_or", "fetch_and", "futex_wait",
})  # fmt: skip
INVISIBLE_EFFECTS = (Effect.LOCAL, Effect.JUMP, Effect.DELAY, Effect.CHECK)


@dataclass(slots=True)
class Row:
    """One row before its registers have slots and its targets have numbers."""

    opcode: int
    result: int | None = None
    a: Operand | None = None
    b: Operand | None = None
    c: Operand | None = None
    bits: int = 0
    x: int = 0
    y: int = 0
    z: int = 0
    source: int = 0
    targets: tuple[str, ...] = ()
    visible: int = op.INVISIBLE
    restart: int = 0
    own_index: bool = False

    def uses(self) -> Iterator[int]:
        """Yield the registers that the row reads."""
        for one in (self.a, self.b, self.c):
            if isinstance(one, Reg):
                yield one.index


@dataclass(slots=True)
class Lowered:
    """The rows of one function, and at which row each block begins."""

    rows: list[Row]
    starts: dict[str, int] = field(default_factory=dict)


def width(value: Value) -> int:
    """Return the BITS of a type."""
    if isinstance(value, Pointer):
        return 64
    return value.bits | (op.SIGNED if value.signed else 0)


@dataclass(slots=True)
class Tables:
    """What rows of all functions refer to by number."""

    program: Program
    cells: Cells
    instructions: list[tuple[str, Instruction]] = field(default_factory=list)
    lock_structs: list[str] = field(default_factory=list)
    escaped: set[tuple[int, int]] = field(default_factory=set)

    def lock_row(self, struct: str) -> int:
        """Return the number of a struct that marks name."""
        if struct not in self.lock_structs:
            self.lock_structs.append(struct)
        return self.lock_structs.index(struct)

    def pool(self, struct: str) -> int:
        """Return the number of the heap pool of a struct."""
        return list(self.cells.heap).index(struct)


class Lowering:
    """Lowers one function; `restarts` are the positions (block, index) where awaits restart, with their numbers."""

    def __init__(self, function: Function, tables: Tables, restarts: dict[tuple[str, int], int]) -> None:
        self.function = function
        self.tables = tables
        self.restarts = restarts
        self.definition: dict[int, Instruction] = {}
        self.value: dict[int, Operand] = {}
        self._find_definitions()
        self._fold()

    # Registers that need no slot.

    def _find_definitions(self) -> None:
        several = set(range(self.function.parameters))
        for block in self.function.blocks:
            for one in block.instructions:
                if one.result is None:
                    continue
                if one.result in self.definition:
                    several.add(one.result)
                self.definition[one.result] = one
        for register in several:
            self.definition.pop(register, None)

    def _fold(self) -> None:
        size = -1
        while size != len(self.value):
            size = len(self.value)
            for register, one in self.definition.items():
                if register not in self.value and (folded := self._folded(one)) is not None:
                    self.value[register] = folded

    def _folded(self, one: Instruction) -> Operand | None:
        operands = [self.resolve(operand) for operand in one.operands]
        match one.op:
            case "root":
                return self._address(one, self.tables.cells.root[str(one.attributes[0])])
            case "extent":
                assert isinstance(one.attributes[0], Extent)
                return self._address(one, self.tables.cells.shape.length(one.attributes[0]))
            case "copy" if isinstance(operands[0], Constant) or operands[0].index in self.definition:
                return operands[0]
            case "field" | "part_address" | "element" if all(isinstance(operand, Constant) for operand in operands):
                values = [operand.value for operand in operands if isinstance(operand, Constant)]
                return self._known_address(one, values)
        return None

    def _known_address(self, one: Instruction, values: list[int]) -> Operand | None:
        if values[0] == 0:
            return None
        if one.op == "part_address":
            return self._address(one, values[0])
        if one.op == "field":
            return self._address(one, values[0] + self._offset(one))
        stride, length = self._array(one)
        return self._address(one, values[0] + stride * values[1]) if 0 <= values[1] < length else None

    def _address(self, one: Instruction, value: int) -> Constant:
        assert one.result is not None
        return Constant(value, self.function.registers[one.result].type)

    def resolve(self, operand: Operand) -> Operand:
        """Return what an operand is: a number if known, the register that it is a copy of, or itself."""
        while isinstance(operand, Reg) and operand.index in self.value:
            operand = self.value[operand.index]
        return operand

    def type_of(self, operand: Operand) -> Value:
        """Return the type of an operand."""
        return operand.type if isinstance(operand, Constant) else self.function.registers[operand.index].type

    def _target(self, operand: Operand) -> Place:
        kind = self.type_of(operand)
        assert isinstance(kind, Pointer)
        return kind.target

    def _offset(self, one: Instruction) -> int:
        target = self._target(one.operands[0])
        assert isinstance(target, StructRef)
        return self.tables.cells.offset(target.name, str(one.attributes[0]))

    def _array(self, one: Instruction) -> tuple[int, int]:
        target = self._target(one.operands[0])
        assert isinstance(target, Array)
        cells = self.tables.cells
        return cells.stride(target.element), cells.shape.length(target.length)

    # Rows.

    def lower(self) -> Lowered:
        """Return the rows of the function, in the order of its blocks."""
        lowered = Lowered([])
        for block in self.function.blocks:
            lowered.starts[block.label] = len(lowered.rows)
            for index, one in enumerate(block.instructions):
                if one.result is not None and one.result in self.value:
                    continue
                rows = list(self._rows(one))
                rows[0].restart = self.restarts.get((block.label, index), 0)
                lowered.rows.extend(rows)
        return lowered

    def _rows(self, one: Instruction) -> Iterator[Row]:
        source = len(self.tables.instructions)
        self.tables.instructions.append((self.function.name, one))
        if one.op == "pack":
            rows = list(self._pack(one))
        else:
            rows = [self._row(one)]
            self._note_escapes(one, rows[0])
        for row in rows:
            row.source = source
            yield row

    def _note_escapes(self, one: Instruction, row: Row) -> None:
        """Note the known addresses that a row uses as values: whoever gets them can name what lies there."""
        operands = [row.b, row.c]
        if one.op not in PART_OPS and one.op not in ("element", "mark", "futex_wake"):
            operands.append(row.a)
        for operand in operands:
            if isinstance(operand, Constant) and isinstance(operand.type, Pointer) and operand.value != 0:
                self.tables.escaped.add((operand.value, self.tables.cells.stride(operand.type.target)))

    def _pack(self, one: Instruction) -> Iterator[Row]:
        assert one.result is not None
        word = self.function.registers[one.result].type
        assert isinstance(word, Word)
        so_far: Operand = Constant(0, word)
        for part, operand in zip(word.parts, one.operands, strict=True):
            yield Row(op.PACK, one.result, so_far, self.resolve(operand), bits=width(word), x=part.shift)
            so_far = Reg(one.result)

    def _row(self, one: Instruction) -> Row:
        operands = [self.resolve(operand) for operand in one.operands]
        a, b, c = [*operands, None, None, None][:3]
        row = Row(op.OPCODE[one.op], one.result, a, b, c, bits=self._bits(one))
        if one.entry.effect not in INVISIBLE_EFFECTS:
            row.visible = op.VISIBLE
        self._immediates(one, row)
        return row

    def _bits(self, one: Instruction) -> int:
        if one.op == "element":
            return width(self.type_of(one.operands[1]))
        if one.op in PART_OPS and len(one.operands) > 1:
            return width(self.type_of(one.operands[1]))
        if one.op in ("convert", "part", "load", "atomic_load") and one.result is not None:
            return width(self.function.registers[one.result].type)
        if one.op in ("load", "atomic_load"):
            target = self._target(one.operands[0])
            kind = target.value if isinstance(target, Atomic) else target
            assert not isinstance(kind, StructRef | Array | Atomic)
            return width(kind)
        return width(self.type_of(one.operands[0])) if one.operands else 64

    def _immediates(self, one: Instruction, row: Row) -> None:
        if one.op in PART_OPS:
            row.y, row.z = self._part_of(one.operands[0])
            row.x = self._order(one)
            return
        match one.op:
            case "jump" | "branch":
                row.targets = tuple(str(label) for label in one.attributes)
            case "return":
                row.visible, row.a = op.END, None
            case "field":
                row.x = self._offset(one)
            case "element":
                row.x, row.y = self._array(one)
                made = self._made_by(one.operands[1])
                row.own_index = made is not None and made.op in ("thread", "convert") and self._is_own_number(made)
            case "part":
                part = self._part(one)
                row.x, row.y = part
            case "numa_node_exists":
                mask = sum(1 << node for node in self.tables.cells.shape.node_ids)
                row.b = Constant(mask, self.type_of(one.operands[0]))
            case "root" | "extent" | "copy":
                self._copied(one, row)
            case "fence":
                row.x = self._order(one)
            case _:
                self._rarer_immediates(one, row)

    def _is_own_number(self, made: Instruction) -> bool:
        while made.op == "convert":
            before = self._made_by(made.operands[0])
            if before is None:
                return False
            made = before
        return made.op == "thread"

    def _copied(self, one: Instruction, row: Row) -> None:
        """Make a row that copies what is known, for a register that is written more than once."""
        row.opcode = op.COPY
        if one.op == "root":
            row.a = self._address(one, self.tables.cells.root[str(one.attributes[0])])
        elif one.op == "extent":
            assert isinstance(one.attributes[0], Extent)
            row.a = self._address(one, self.tables.cells.shape.length(one.attributes[0]))

    def _rarer_immediates(self, one: Instruction, row: Row) -> None:
        match one.op:
            case "mark":
                target = self._target(one.operands[0])
                row.x = op.EVENTS.index(str(one.attributes[0]))
                row.y = self.tables.lock_row(target.name) if isinstance(target, StructRef) else -1
            case "halt":
                row.x = int(one.attributes[0] == "on")
            case "kick":
                row.x = int(one.attributes[0] == "latched")
            case "preemption" | "softirqs":
                row.x = 1 if one.attributes[0] == "off" else -1
            case "rcu_read":
                row.x = 1 if one.attributes[0] == "enter" else -1
            case "raise_interrupt":
                names = [handler.function for handler in self.tables.program.handlers]
                row.x = names.index(str(one.attributes[0]))
            case "alloc":
                row.x, row.y = self.tables.pool(str(one.attributes[0])), int(one.attributes[1] in (True, "zero"))
            case "patch":
                self._patch(one, row)

    def _patch(self, one: Instruction, row: Row) -> None:
        """Make a row that stores the choice of a table, sequentially consistent."""
        table = self.tables.program.tables[str(one.attributes[0])]
        kind = self.tables.program.globals[table.choice].type
        assert isinstance(kind, Atomic)
        row.opcode, row.x, row.bits = op.ATOMIC_STORE, op.SEQ_CST, width(kind.value)
        row.a = Constant(self.tables.cells.root[table.choice], Pointer(kind))
        row.b = Constant(list(table.implementations).index(str(one.attributes[1])), kind.value)

    def _order(self, one: Instruction) -> int:
        orders = [op.ORDER[order] for order in one.attributes if isinstance(order, Order)]
        if not orders:
            return op.PLAIN
        return orders[0] | (orders[1] << 3 if len(orders) > 1 else 0)

    def _part(self, one: Instruction) -> tuple[int, int]:
        kind = self.type_of(one.operands[0])
        assert isinstance(kind, Word)
        part = kind.part(str(one.attributes[0]))
        return part.shift, part.type.bits

    def _part_of(self, address: Operand) -> tuple[int, int]:
        """Return the shift and the bits of the part of a cell that an address stands for; 0 bits: all of it."""
        defined = self._made_by(address)
        if defined is not None and defined.op == "part_address":
            target = self._target(defined.operands[0])
            assert isinstance(target, Atomic)
            assert isinstance(target.value, Word)
            part = target.value.part(str(defined.attributes[0]))
            return part.shift + self._part_of(defined.operands[0])[0], part.type.bits
        if defined is not None and defined.op == "field":
            return self._field_part(defined)
        return self._narrow_part(address)

    def _field_part(self, one: Instruction) -> tuple[int, int]:
        target = self._target(one.operands[0])
        assert isinstance(target, StructRef)
        place = self.tables.cells.place(target.name, str(one.attributes[0]))
        return (0, 0) if place.is_whole else (place.shift, place.bits)

    def _narrow_part(self, address: Operand) -> tuple[int, int]:
        target = self._target(address)
        kind = target.value if isinstance(target, Atomic) else target
        narrow = self.tables.cells.narrow
        if not narrow or isinstance(kind, StructRef | Array | Atomic | Pointer) or kind not in narrow:
            return 0, 0
        return 0, kind.bits

    def _made_by(self, address: Operand) -> Instruction | None:
        """Return the instruction that made an address, if there is only one; copies are seen through."""
        while isinstance(address, Reg) and address.index in self.definition:
            made = self.definition[address.index]
            if made.op != "copy":
                return made
            address = made.operands[0]
        return None
