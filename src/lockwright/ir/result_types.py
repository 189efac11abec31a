"""What type the result of an instruction has: one rule for each entry, used to build programs and to verify them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.table import TABLE
from lockwright.ir.types import BOOL, U32, U64, Array, Atomic, Integer, Place, Pointer, StructRef, Value, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockwright.ir.program import Attribute, Program


class TypeMismatch(ValueError):  # noqa: N818 - it is no failure of the tool, and `verify` collects it
    """Operands or attributes that give no result; the message says what is wrong with them."""


def target(kind: Value) -> Place:
    """Return the place that an address points to."""
    if not isinstance(kind, Pointer):
        raise TypeMismatch(f"`{kind}` is no address")
    return kind.target


def result_type(program: Program, op: str, operands: Sequence[Value], attributes: Sequence[Attribute]) -> Value | None:
    """Return the type of the result; None if there is none, or if only the author can tell (`convert`, `pack`).

    Raises:
        TypeMismatch: An operand has the wrong kind, or an attribute names nothing that is there.
    """
    special = _SPECIAL.get(op)
    if special is not None:
        return special(program, operands, attributes)
    match TABLE[op].result:
        case "same" | "first":
            return operands[0]
        case "bool":
            return BOOL
        case "A":
            return _inside(operands[0])
        case "T":
            return _plain(operands[0])
        case "int":
            return U32
    return None


def is_free(op: str) -> bool:
    """Return whether the type of the result is the author's to choose."""
    return op in ("convert", "pack")


def _inside(address: Value) -> Value:
    place = target(address)
    if not isinstance(place, Atomic):
        raise TypeMismatch(f"`{place}` is not atomic")
    return place.value


def _plain(address: Value) -> Value:
    place = target(address)
    if not isinstance(place, Integer | Word | Pointer):
        raise TypeMismatch(f"`{place}` is not a plain value")
    return place


def accessed(op: str, address: Value) -> Value:
    """Return the type of the value that an access reads or writes."""
    return _plain(address) if op in ("load", "store") else _inside(address)


def _root(program: Program, _: Sequence[Value], attributes: Sequence[Attribute]) -> Value:
    name = str(attributes[0])
    if name not in program.globals:
        raise TypeMismatch(f"there is no global `{name}`")
    return Pointer(program.globals[name].type)


def _field(program: Program, operands: Sequence[Value], attributes: Sequence[Attribute]) -> Value:
    place, name = target(operands[0]), str(attributes[0])
    if not isinstance(place, StructRef) or place.name not in program.structs:
        raise TypeMismatch(f"`{place}` is no struct of the program")
    for field in program.structs[place.name].fields:
        if field.name == name:
            return Pointer(field.type)
    raise TypeMismatch(f"`{place.name}` has no field `{name}`")


def _element(_: Program, operands: Sequence[Value], __: Sequence[Attribute]) -> Value:
    place = target(operands[0])
    if not isinstance(place, Array):
        raise TypeMismatch(f"`{place}` is no array")
    return Pointer(place.element)


def _part_of(word: Place, name: str) -> Integer:
    if isinstance(word, Word):
        for part in word.parts:
            if part.name == name:
                return part.type
        raise TypeMismatch(f"`{word}` has no part `{name}`")
    raise TypeMismatch(f"`{word}` is no word")


def _part(_: Program, operands: Sequence[Value], attributes: Sequence[Attribute]) -> Value:
    return _part_of(operands[0], str(attributes[0]))


def _part_address(_: Program, operands: Sequence[Value], attributes: Sequence[Attribute]) -> Value:
    return Pointer(Atomic(_part_of(_inside(operands[0]), str(attributes[0]))))


def _call(program: Program, _: Sequence[Value], attributes: Sequence[Attribute]) -> Value | None:
    name = str(attributes[0])
    if name not in program.functions:
        raise TypeMismatch(f"there is no function `{name}`")
    return program.functions[name].result


def _call_table(program: Program, operands: Sequence[Value], attributes: Sequence[Attribute]) -> Value | None:
    name, operation = str(attributes[0]), str(attributes[1])
    if name not in program.tables:
        raise TypeMismatch(f"there is no table `{name}`")
    functions = [one.get(operation) for one in program.tables[name].implementations.values()]
    if not functions or functions[0] is None:
        raise TypeMismatch(f"the table `{name}` has no operation `{operation}`")
    return _call(program, operands, (functions[0],))


def _alloc(program: Program, _: Sequence[Value], attributes: Sequence[Attribute]) -> Value:
    name = str(attributes[0])
    if name not in program.structs:
        raise TypeMismatch(f"there is no struct `{name}`")
    return Pointer(StructRef(name))


_SPECIAL: dict[str, Callable[[Program, Sequence[Value], Sequence[Attribute]], Value | None]] = {
    "convert": lambda *_: None,
    "pack": lambda *_: None,
    "now": lambda *_: U64,
    "root": _root,
    "field": _field,
    "element": _element,
    "part": _part,
    "part_address": _part_address,
    "call": _call,
    "call_table": _call_table,
    "alloc": _alloc,
}
