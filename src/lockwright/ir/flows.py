"""What each instruction says about kinds: which values flow together, and what is done with them.

A group of tickets may be shifted without changing what threads do if all that happens to its members is adding
constants, masking the lowest bits (which then count as flags), taking differences, comparing for equality and copying.
Threads may be renamed if their numbers are only copied, compared with each other, and index per-thread arrays.
What this module does not know how to allow, it forbids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lockwright.ir.program import Constant, Reg
from lockwright.ir.table import Effect
from lockwright.ir.types import BOOL, Array, Extent, Pointer, StructRef, Word
from lockwright.ir.unification import Node, demote, exclude_ticket, find, make_node, unite

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.ir.places import Places
    from lockwright.ir.program import Function, Instruction, Operand
    from lockwright.ir.types import Part, Value

THREADS_AT_MOST = 64
"""No run of `check` has more threads, so a constant from here on is the number of none."""


class FunctionFlows:
    """The nodes of one function's registers, united as its instructions say."""

    def __init__(self, function: Function, places: Places, *, runs_alone: bool) -> None:
        self._function = function
        self._places = places
        self._runs_alone = runs_alone
        self.registers = [
            make_node(register.name or f"register {index}", register.type)
            for index, register in enumerate(function.registers)
        ]
        self._definitions: dict[int, list[Instruction]] = {}
        for block in function.blocks:
            for one in block.instructions:
                if one.result is not None:
                    self._definitions.setdefault(one.result, []).append(one)

    def run(self) -> None:
        """Let every instruction have its say."""
        for block in self._function.blocks:
            for one in block.instructions:
                self._RULES.get(one.op, FunctionFlows._forbid)(self, one)

    # Operands.

    def _node(self, operand: Operand) -> Node | None:
        return self.registers[operand.index] if isinstance(operand, Reg) else None

    def _type(self, operand: Operand) -> Value:
        return self._function.registers[operand.index].type if isinstance(operand, Reg) else operand.type

    def _result(self, one: Instruction) -> Node:
        assert one.result is not None
        return self.registers[one.result]

    def _constant(self, operand: Operand, inside: tuple[Operand, ...] = ()) -> int | None:
        """Return the value of an operand that is always the same: a literal, or a register made of literals once."""
        if isinstance(operand, Constant):
            return operand.value
        made = self._definitions.get(operand.index, [])
        is_parameter = operand.index < self._function.parameters
        if len(made) != 1 or is_parameter or operand in inside or made[0].op not in ("copy", "pack"):
            return None
        values = [self._constant(one, (*inside, operand)) for one in made[0].operands]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return known[0] if made[0].op == "copy" else self._packed(made[0], known)

    def _packed(self, one: Instruction, values: list[int]) -> int:
        assert one.result is not None
        kind = self._function.registers[one.result].type
        assert isinstance(kind, Word)
        return sum(value << part.shift for part, value in zip(kind.parts, values, strict=True))

    def _memory(self, address: Operand) -> Node | None:
        """Return the node of the scalar that an address leads to."""
        node = self._node(address)
        return None if node is None else find(node).target

    # Flows.

    def _flow(self, node: Node | None, operand: Operand, why: str) -> None:
        """Let an operand flow into a node, or be compared with it."""
        if node is None:
            return
        source = self._node(operand)
        if source is not None:
            unite(node, source)
            return
        assert isinstance(operand, Constant)
        if isinstance(operand.type, Pointer):
            return
        exclude_ticket(node, why)
        kind = operand.type
        if isinstance(kind, Word):
            for part, inner in _parts(kind, node):
                self._literal(inner, operand.value >> part.shift & (1 << part.type.bits) - 1, why)
        else:
            self._literal(node, operand.value, why)

    def _literal(self, node: Node, value: int, why: str) -> None:
        if value < THREADS_AT_MOST:
            demote(node, why)

    def _forbid(self, one: Instruction) -> None:
        """Allow nothing: whatever goes in or comes out is a plain value."""
        if one.entry.effect is Effect.JUMP:
            return
        for operand in one.operands:
            self._spoil(operand, f"`{one.op}`")
        if one.result is not None:
            demote(self._result(one), f"a result of `{one.op}`")

    def _spoil(self, operand: Operand, why: str) -> None:
        node = self._node(operand)
        if node is not None and not isinstance(self._type(operand), Pointer):
            demote(node, why)

    def _nothing(self, one: Instruction) -> None:
        """Operands of which only the place or the truth counts."""

    def _copy(self, one: Instruction) -> None:
        self._flow(self._result(one), one.operands[0], "set to a constant")

    def _convert(self, one: Instruction) -> None:
        """A number of a thread fits every width; a ticket is one only at its own."""
        if isinstance(self._type(one.operands[0]), Word) or self._function.registers[one.result or 0].type == BOOL:
            self._forbid(one)
            return
        self._copy(one)
        exclude_ticket(self._result(one), "converted to another width")

    def _equal(self, one: Instruction) -> None:
        first, second = one.operands
        if isinstance(first, Constant):
            first, second = second, first
        self._flow(self._node(first), second, "compared with a constant")

    def _add(self, one: Instruction) -> None:
        first, second = one.operands
        if one.op == "add" and self._constant(second) is None:
            first, second = second, first
        value = self._constant(second)
        if value is None or self._node(first) is None:
            self._difference(one)
            return
        self._flow(self._result(one), first, "")
        self._count(self._result(one), self._type(first), value, f"`{one.op}` of a constant")

    def _difference(self, one: Instruction) -> None:
        """A difference of two tickets of a group is a plain value; of threads or words there is none."""
        first, second = (self._node(operand) for operand in one.operands)
        if one.op != "sub" or first is None or second is None or isinstance(self._type(one.operands[0]), Word):
            self._forbid(one)
            return
        unite(first, second)
        find(first).tells = find(first).tells or "a difference"
        demote(self._result(one), "a difference")

    def _count(self, node: Node, kind: Value, value: int, why: str) -> None:
        """A constant is added to a node: a carry may leave a word, but must not cross from one part into another."""
        if not isinstance(kind, Word):
            root = find(node)
            root.is_counted, root.tells = True, root.tells or why
            return
        reached = [part for part in kind.parts if value & (1 << part.shift + part.type.bits) - 1]
        for part in reached:
            inner = find(node).parts[part.name]
            if part.shift + part.type.bits == kind.bits:
                self._count(inner, part.type, 1, why)
            else:
                demote(inner, f"{why} carries out of it")

    def _mask(self, one: Instruction) -> None:
        first, second = one.operands
        if self._constant(second) is None:
            first, second = second, first
        value, node, kind = self._constant(second), self._node(first), self._type(first)
        if value is None or node is None or isinstance(kind, Pointer):
            self._forbid(one)
            return
        if isinstance(kind, Word):
            for part, inner in _parts(kind, node):
                bits = value >> part.shift & (1 << part.type.bits) - 1
                self._mask_bits(one, inner, find(self._result(one)).parts[part.name], part.type.bits, bits)
        else:
            self._mask_bits(one, node, self._result(one), kind.bits, value & (1 << kind.bits) - 1)

    def _mask_bits(self, one: Instruction, source: Node, result: Node, bits: int, value: int) -> None:
        """Keep a ticket if the mask only touches its lowest bits; what is cut from those is a plain value."""
        root = find(source)
        root.tells = root.tells or f"`{one.op}`"
        flags = _flag_bits(one.op, bits, value)
        if flags < bits:
            unite(source, result)
        else:
            flags = value.bit_length()
            demote(result, f"a result of `{one.op}`")
        self._set_flags(source, bits, flags)

    def _set_flags(self, node: Node, bits: int, flags: int) -> None:
        root = find(node)
        root.low_bits = max(root.low_bits, flags)
        if flags >= bits:
            demote(root, "all its bits are masked")

    def _part(self, one: Instruction) -> None:
        word = self._node(one.operands[0])
        if word is None:
            demote(self._result(one), "a constant")
        else:
            unite(self._result(one), find(word).parts[str(one.attributes[0])])

    def _pack(self, one: Instruction) -> None:
        kind = self._function.registers[one.result or 0].type
        assert isinstance(kind, Word)
        for part, operand in zip(kind.parts, one.operands, strict=True):
            self._flow(find(self._result(one)).parts[part.name], operand, "set to a constant")

    # Addresses.

    def _point(self, one: Instruction, target: Node | None) -> None:
        """Let the result of an instruction point to a node."""
        result = find(self._result(one))
        if target is not None:
            result.target = target if result.target is None else unite(result.target, target)

    def _root(self, one: Instruction) -> None:
        self._point(one, self._places.of_global(str(one.attributes[0])))

    def _field(self, one: Instruction) -> None:
        kind = self._type(one.operands[0])
        assert isinstance(kind, Pointer)
        assert isinstance(kind.target, StructRef)
        self._point(one, self._places.of_field(kind.target.name, str(one.attributes[0])))

    def _part_address(self, one: Instruction) -> None:
        word = self._memory(one.operands[0])
        if word is not None:
            self._point(one, find(word).parts[str(one.attributes[0])])

    def _element(self, one: Instruction) -> None:
        self._point(one, self._memory(one.operands[0]))
        kind, index = self._type(one.operands[0]), self._node(one.operands[1])
        assert isinstance(kind, Pointer)
        assert isinstance(kind.target, Array)
        if kind.target.length is Extent.THREADS:
            self._index_by_thread(one)
        elif index is not None:
            demote(index, "an index")

    def _index_by_thread(self, one: Instruction) -> None:
        """Note what indexes an array as long as there are threads: does it have one slot for each?"""
        array = self._array(one.operands[0])
        if array is None:
            self._places.has_hidden_arrays = True
            self._name_thread(one.operands[1], "an index of a per-thread array")
            return
        node = self._node(one.operands[1]) or self._places.constant_thread
        exclude_ticket(node, "an index of a per-thread array")
        self._places.indices.setdefault(array, []).append(node)

    def _array(self, address: Operand) -> tuple[str, str] | None:
        """Return the struct and field, or "" and the global, whose array lies at an address, if it is plain to see."""
        made = self._definitions.get(address.index, []) if isinstance(address, Reg) else []
        if len(made) != 1:
            return None
        if made[0].op == "root":
            return "", str(made[0].attributes[0])
        kind = self._type(made[0].operands[0]) if made[0].operands else None
        if made[0].op == "field" and isinstance(kind, Pointer) and isinstance(kind.target, StructRef):
            return kind.target.name, str(made[0].attributes[0])
        return None

    def _name_thread(self, operand: Operand, where: str) -> None:
        node = self._node(operand)
        if node is None:
            node = self._places.constant_thread
        exclude_ticket(node, where)
        root = find(node)
        root.names_thread = root.names_thread or where

    # Memory.

    def _load(self, one: Instruction) -> None:
        memory = self._memory(one.operands[0])
        if memory is not None:
            unite(self._result(one), memory)

    def _store(self, one: Instruction) -> None:
        self._flow(self._memory(one.operands[0]), one.operands[1], "set to a constant")

    def _exchange(self, one: Instruction) -> None:
        for operand in one.operands[1:]:
            self._flow(self._memory(one.operands[0]), operand, "exchanged with a constant")
        self._load(one)

    def _fetch_add(self, one: Instruction) -> None:
        self._load(one)
        memory, value = self._memory(one.operands[0]), self._constant(one.operands[1])
        if memory is None:
            return
        if value is None:
            self._spoil(one.operands[1], f"`{one.op}`")
            demote(memory, f"`{one.op}` of a variable amount")
        else:
            self._count(memory, self._type(one.operands[1]), value, f"`{one.op}` of a constant")

    def _fetch_mask(self, one: Instruction) -> None:
        self._load(one)
        memory, kind = self._memory(one.operands[0]), self._type(one.operands[1])
        value = self._constant(one.operands[1])
        if memory is None or isinstance(kind, Pointer):
            return
        if value is None:
            self._spoil(one.operands[1], f"`{one.op}`")
            demote(memory, f"`{one.op}` of a variable mask")
            return
        inner = _parts(kind, memory) if isinstance(kind, Word) else [(None, memory)]
        for part, node in inner:
            bits = kind.bits if part is None else part.type.bits
            shifted = value if part is None else value >> part.shift
            root = find(node)
            root.tells = root.tells or f"`{one.op}`"
            self._set_flags(node, bits, _flag_bits(one.op, bits, shifted & (1 << bits) - 1))

    # The run.

    def _thread(self, one: Instruction) -> None:
        if self._runs_alone:
            demote(self._result(one), "`thread` where no thread runs")
        exclude_ticket(self._result(one), "a result of `thread`")
        find(self._result(one)).is_thread = True

    def _unpark(self, one: Instruction) -> None:
        self._name_thread(one.operands[0], "whom `unpark` wakes")

    def _futex_wait(self, one: Instruction) -> None:
        self._flow(self._memory(one.operands[0]), one.operands[1], "compared with a constant")
        self._spoil(one.operands[2], "a set of bits")

    def _alloc(self, one: Instruction) -> None:
        """A record comes zeroed, or as it was: a constant flows into all its fields."""
        self._spoil(one.operands[0], "a node")
        for node in self._places.in_record(str(one.attributes[0])):
            if not find(node).target:
                demote(node, "zeroed by `alloc`")

    _RULES: ClassVar[dict[str, Callable[[FunctionFlows, Instruction], None]]] = {
        "copy": _copy,
        "convert": _convert,
        "eq": _equal,
        "ne": _equal,
        "add": _add,
        "sub": _add,
        "and": _mask,
        "or": _mask,
        "part": _part,
        "pack": _pack,
        "root": _root,
        "field": _field,
        "element": _element,
        "part_address": _part_address,
        "load": _load,
        "atomic_load": _load,
        "store": _store,
        "atomic_store": _store,
        "exchange": _exchange,
        "compare_exchange": _exchange,
        "fetch_add": _fetch_add,
        "fetch_sub": _fetch_add,
        "fetch_or": _fetch_mask,
        "fetch_and": _fetch_mask,
        "thread": _thread,
        "unpark": _unpark,
        "futex_wait": _futex_wait,
        "alloc": _alloc,
        "mark": _nothing,
        "free": _nothing,
        "rcu_free": _nothing,
        "assert": _nothing,
        "branch": _nothing,
        "not": _nothing,
    }


def _parts(kind: Word, node: Node) -> list[tuple[Part, Node]]:
    return [(part, find(node).parts[part.name]) for part in kind.parts]


def _flag_bits(op: str, bits: int, value: int) -> int:
    """Return how many of the lowest bits a mask touches."""
    if op in ("and", "fetch_and"):
        value = ~value & (1 << bits) - 1
    return value.bit_length()
