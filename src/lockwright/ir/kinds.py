"""What each register and each cell holds: a plain value, the number of a thread, an address, or a modular ticket.

`check` renames threads and shifts tickets to see that two states are one, so every kind is conservative: a plain value
is always right.  `setup` has no say, for any first state will do; what runs at rest has: its verdict must not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from lockwright.ir.flows import FunctionFlows
from lockwright.ir.inline import entries
from lockwright.ir.liveness import Liveness, members
from lockwright.ir.places import Places
from lockwright.ir.types import Array, Atomic, Integer, Pointer, StructRef, Word
from lockwright.ir.unification import Node, demote, find, integer_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Function, Program
    from lockwright.ir.types import Place, Value


class Sort(Enum):
    """The sorts of kinds."""

    VALUE = "value"
    THREAD = "thread"
    POINTER = "pointer"
    TICKET = "ticket"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class PartKind:
    """The bits of a word that are one part, and what they hold."""

    shift: int
    bits: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Kind:
    """What a register or a cell holds; a word has a kind for each part, unless all of them are plain values."""

    sort: Sort
    group: int = 0  # of a ticket: which tickets are shifted together
    parts: tuple[PartKind, ...] = ()

    def __str__(self) -> str:
        if self.sort is Sort.WORD:
            return f"word({', '.join(str(part.kind) for part in self.parts)})"
        return f"ticket {self.group}" if self.sort is Sort.TICKET else self.sort.value


VALUE, THREAD, POINTER = Kind(Sort.VALUE), Kind(Sort.THREAD), Kind(Sort.POINTER)


@dataclass(frozen=True, slots=True)
class TicketGroup:
    """Tickets that may all be shifted by the same multiple of 2**low_bits, modulo 2**bits."""

    bits: int
    low_bits: int
    members: tuple[str, ...]  # the fields in memory that belong to it


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of a program's registers, by function, and of the fields of its structs and its globals."""

    registers: dict[str, tuple[Kind, ...]]
    fields: dict[tuple[str, str], Kind]  # by struct and field; of a global: "" and its name
    groups: tuple[TicketGroup, ...]
    told_apart: tuple[str, ...]  # what the program does that tells one thread from another; empty: nothing
    shared_arrays: frozenset[tuple[str, str]] = frozenset()
    """Fields and globals with as many elements as there are threads, none of which is any thread's own."""

    def register(self, function: str, register: int) -> Kind:
        """Return the kind of a register (of `setup`, which runs before there are threads, plain values)."""
        known = self.registers.get(function)
        return VALUE if known is None else known[register]

    def cells(self, cells: Cells) -> list[Kind]:
        """Return the kind of the cell at each address; address 0 is null and a plain value."""
        found = [VALUE] * cells.size
        for name, address in cells.root.items():
            self._fill(cells, found, address, cells.program.globals[name].type, ("", name))
        for struct, pool in cells.heap.items():
            for index in range(pool.count):
                self._fill(cells, found, pool.base + index * pool.stride, StructRef(struct), ("", ""))
        return found

    def _fill(self, cells: Cells, found: list[Kind], address: int, place: Place, key: tuple[str, str]) -> None:
        match place:
            case Array(element, length):
                for index in range(cells.shape.length(length)):
                    self._fill(cells, found, address + index * cells.stride(element), element, key)
            case StructRef(name):
                for field in cells.program.structs[name].fields:
                    self._fill(cells, found, address + cells.offset(name, field.name), field.type, (name, field.name))
            case _:
                value = place.value if isinstance(place, Atomic) else place
                found[address] = self.fields.get(key, POINTER if isinstance(value, Pointer) else VALUE)


def infer_kinds(program: Program) -> Kinds:
    """Return the kinds of an inlined program, best after `waiting`, when delays no longer spoil tickets."""
    places = Places(program)
    flows: dict[str, FunctionFlows] = {}
    for name in entries(program):
        if name != program.setup:
            function = program.functions[name]
            flows[name] = FunctionFlows(function, places, runs_alone=name in program.at_rest)
            flows[name].run()
            _spoil_unset(function, flows[name])
    return _Naming(program, places, flows).kinds()


def _spoil_unset(function: Function, flows: FunctionFlows) -> None:
    """A register that is read before it is written holds a constant at first."""
    for register in members(Liveness(function).at_entry[function.blocks[0].label]):
        demote(flows.registers[register], "perhaps read before it is set")


class _Naming:
    """Gives classes their kinds: groups are numbered as they are met, fields before registers."""

    def __init__(self, program: Program, places: Places, flows: dict[str, FunctionFlows]) -> None:
        self._program = program
        self._places = places
        self._flows = flows
        self._groups: dict[Node, int] = {}

    def kinds(self) -> Kinds:
        fields = {key: self._kind(node, self._field_type(*key)) for key, node in self._places.every_node()}
        registers = {
            name: tuple(
                self._kind(node, register.type)
                for node, register in zip(flows.registers, self._program.functions[name].registers, strict=True)
            )
            for name, flows in self._flows.items()
        }
        indices = {} if self._places.has_hidden_arrays else self._places.indices
        shared = frozenset(array for array in indices if not any(self._by_thread(array)))
        return Kinds(registers, fields, self._group_list(), tuple(dict.fromkeys(self._told_apart())), shared)

    def _by_thread(self, array: tuple[str, str]) -> list[bool]:
        """Return for each index of an array whether it is the number of a thread."""
        return [find(node).is_thread for node in self._places.indices[array]]

    def _field_type(self, struct: str, name: str) -> Value:
        place: Place = self._program.structs[struct].field(name).type if struct else self._program.globals[name].type
        while isinstance(place, Array):
            place = place.element
        value = place.value if isinstance(place, Atomic) else place
        assert not isinstance(value, StructRef | Array | Atomic)
        return value

    def _kind(self, node: Node, kind: Value) -> Kind:
        if isinstance(kind, Pointer):
            return POINTER
        if isinstance(kind, Word):
            parts = tuple(
                PartKind(part.shift, part.type.bits, self._kind(find(node).parts[part.name], part.type))
                for part in kind.parts
            )
            return VALUE if all(part.kind == VALUE for part in parts) else Kind(Sort.WORD, parts=parts)
        return self._integer_kind(find(node))

    def _integer_kind(self, root: Node) -> Kind:
        if root.is_thread and not root.tells:
            return THREAD
        if root.is_value or not root.is_counted or not root.in_memory or integer_bits(root) <= max(1, root.low_bits):
            return VALUE
        return Kind(Sort.TICKET, self._groups.setdefault(root, len(self._groups)))

    def _group_list(self) -> tuple[TicketGroup, ...]:
        names: dict[Node, list[str]] = {root: [] for root in self._groups}
        for node in self._scalars():
            if find(node) in names:
                names[find(node)].append(node.name)
        return tuple(
            TicketGroup(integer_bits(root), root.low_bits, tuple(dict.fromkeys(names[root]))) for root in self._groups
        )

    def _scalars(self) -> Iterator[Node]:
        """Yield the nodes of fields and globals under their own names, words as their parts."""
        for (struct, name), node in self._places.every_node():
            kind = self._field_type(struct, name)
            called = f"{struct}.{name}" if struct else name
            if isinstance(kind, Word):
                for part in kind.parts:
                    yield Node(f"{called}.{part.name}", parent=find(find(node).parts[part.name]))
            elif isinstance(kind, Integer):
                yield Node(called, parent=find(node))

    def _told_apart(self) -> Iterator[str]:
        wrong: dict[str, list[str]] = {}
        for node in self._all():
            root = find(node)
            if root.is_thread and root.tells:
                yield f"the number of a thread is in `{node.name}`: {root.tells}"
            if root.names_thread and not root.is_thread:
                wrong.setdefault(root.names_thread, []).append(node.name)
        for (struct, name), nodes in self._places.indices.items():
            if self._places.has_hidden_arrays or any(self._by_thread((struct, name))):
                where = f"an index of `{f'{struct}.{name}' if struct else name}`"
                wrong.setdefault(where, []).extend(node.name for node in nodes if not find(node).is_thread)
        for where, names in wrong.items():
            if not names:
                continue
            named = [f"`{name}`" for name in dict.fromkeys(names) if not name.startswith("register ")]
            yield f"{where} is not the number of a thread" + (f" ({', '.join(named)})" if named else "")

    def _all(self) -> Iterator[Node]:
        yield self._places.constant_thread
        yield from self._scalars()
        for name, flows in self._flows.items():
            for index, register in enumerate(self._program.functions[name].registers):
                yield flows.registers[index]
                if isinstance(register.type, Word):
                    yield from flows.registers[index].parts.values()


__all__ = ["POINTER", "THREAD", "VALUE", "Kind", "Kinds", "PartKind", "Sort", "TicketGroup", "infer_kinds"]
