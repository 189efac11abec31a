"""Places: locals, fields, elements, storage; reading one gives its value, or a reference if it is no value."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, U32, Integer
from lockwright.language.declarations import StorageDeclaration
from lockwright.language.kinds import (
    ArrayKind,
    AtomicKind,
    Kind,
    PointerKind,
    StructKind,
    TableKind,
    WordKind,
    is_value,
)
from lockwright.language.lowering import expressions
from lockwright.language.lowering.conversions import describe, part_passed
from lockwright.language.lowering.values import Exact, PartOf, Result, TableValue, Typed
from lockwright.language.mistakes import Follows, nearest
from lockwright.language.parse import look_up

if TYPE_CHECKING:
    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame


@dataclass(frozen=True, slots=True)
class PlaceAt:
    """A place by its address."""

    address: Operand
    kind: Kind


def load(frame: Frame, place: PlaceAt) -> Typed:
    """Return what reading a place gives: the value, or for what is no value a reference."""
    kind = place.kind
    if isinstance(kind, Integer | WordKind | PointerKind):
        return Typed(frame.build.emit("load", place.address), kind)
    return Typed(place.address, PointerKind(kind))


def storage(frame: Frame, declared: StorageDeclaration) -> Result:
    """Return the value of storage at the top of a file."""
    kind = frame.unit.storage(declared)
    if isinstance(kind, TableKind):
        return TableValue(kind)
    return load(frame, storage_place(frame, declared, kind))


def storage_place(frame: Frame, declared: StorageDeclaration, kind: Kind) -> PlaceAt:
    """Return storage at the top of a file as a place."""
    return PlaceAt(frame.build.emit("root", attributes=(frame.unit.storage_name(declared),)), kind)


def attribute(frame: Frame, node: ast.Attribute) -> Result | PlaceAt:
    """Return what `base.name` is: a place, a part of a word, a `Param`."""
    base = expressions.evaluate(frame, node.value)
    frame.at(node)
    match base:
        case Typed(operand=operand, kind=WordKind(word=word) as kind):
            if node.attr not in kind.defaults:
                raise _no_member(frame, node, str(kind), list(kind.defaults), "part")
            part = word.part(node.attr)
            if isinstance(operand, Constant):
                return Typed(Constant(part.type.wrap(operand.value >> part.shift), part.type), part.type)
            return Typed(frame.build.emit("part", operand, attributes=(node.attr,)), part.type)
        case Typed(kind=PointerKind(target=target) as kind):
            require_checked(frame, node.value, kind)
            return _member(frame, node, base, target)
        case PartOf(name=name):
            raise frame.mistake("L004", node, f"the part `{name}` has no `{node.attr}`", "a part is an integer")
    raise frame.mistake("L004", node, f"{describe(base)} has no `{node.attr}`", "it is not a place with fields")


def _member(frame: Frame, node: ast.Attribute, base: Typed, target: Kind) -> Result | PlaceAt:
    match target:
        case StructKind():
            if node.attr in target.parameters:
                constant = target.parameters[node.attr]
                assert isinstance(constant.type, Integer)
                return Typed(constant, constant.type)
            if node.attr in target.fields:
                address = frame.build.emit("field", base.operand, attributes=(node.attr,))
                return PlaceAt(address, target.fields[node.attr].kind)
            if node.attr in target.declaration.fields:
                raise Follows
            if node.attr in target.declaration.methods:
                raise frame.mistake(
                    "L006",
                    node,
                    f"the method `{node.attr}` is not called",
                    "a method is no value",
                    helps=[f"write `{ast.unparse(node)}(...)`"],
                )
            known = [*target.fields, *target.parameters, *target.declaration.methods]
            raise _no_member(frame, node, str(target), known, "field")
        case AtomicKind(value=WordKind() as word):
            if node.attr in word.defaults:
                return PartOf(base, node.attr)
            raise _no_member(frame, node, str(word), [*word.defaults, "load", "store"], "part")
    raise frame.mistake("L004", node, f"`{target}` has no `{node.attr}`", "it has no fields")


def _no_member(frame: Frame, node: ast.Attribute, owner: str, known: list[str], what: str) -> Exception:
    near = nearest(node.attr, known)
    helps = [f"did you mean `{near}`?"] if near else ["known: " + ", ".join(f"`{one}`" for one in known)]
    return frame.mistake("L004", node, f"`{owner}` has no {what} `{node.attr}`", "", helps=helps if known else [])


def require_checked(frame: Frame, node: ast.expr, kind: PointerKind) -> None:
    """Refuse to look behind a pointer that may be null."""
    if kind.nullable:
        shown = ast.unparse(node)
        raise frame.mistake(
            "L013",
            node,
            f"`{shown}` may be `None` here",
            f"it is a `{kind}`",
            helps=[f"test it first: `if {shown} is not None:`, or state it: `assert {shown} is not None`"]
            if isinstance(node, ast.Name)
            else [f"take it into a local and test that: `found = {shown}`, `if found is not None:`"],
        )


def subscript(frame: Frame, node: ast.Subscript) -> PlaceAt:
    """Return the element that `array[index]` names."""
    base = expressions.evaluate(frame, node.value)
    if (
        not isinstance(base, Typed)
        or not isinstance(base.kind, PointerKind)
        or not isinstance(base.kind.target, ArrayKind)
    ):
        raise frame.mistake("L045", node, f"{describe(base)} has no elements", "only an `Array` is indexed")
    require_checked(frame, node.value, base.kind)
    array = base.kind.target
    index = element_index(frame, node.slice, array)
    frame.at(node)
    return PlaceAt(frame.build.emit("element", base.operand, index), array.element)


def element_index(frame: Frame, node: ast.expr, array: ArrayKind) -> Operand:
    """Return an index, checked against the length if both are known."""
    value = expressions.evaluate(frame, node)
    if isinstance(value, Exact):
        value = Typed(Constant(value.value, U32), U32)
    if not isinstance(value, Typed) or not isinstance(value.kind, Integer) or value.kind == BOOL:
        raise frame.mistake("L007", node, f"an index is an integer, not {describe(value)}")
    if isinstance(value.operand, Constant):
        number = value.operand.value
        if number < 0 or (isinstance(array.length, int) and number >= array.length):
            raise frame.mistake("L027", node, f"index {number} is outside the array", f"it has {array.length} elements")
    return value.operand


def assignable(frame: Frame, node: ast.expr) -> PlaceAt:
    """Return the place that an assignment writes: a plain value in memory."""
    place = attribute(frame, node) if isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Subscript):
        place = subscript(frame, node)
    shown = ast.unparse(node)
    if isinstance(place, PartOf):
        raise frame.mistake(
            "L030",
            node,
            f"`{shown}` is atomic",
            "an assignment would not say in which order",
            helps=[f"write `{shown}.store(...)`"],
        )
    if isinstance(place, PlaceAt):
        if is_value(place.kind):
            return place
        atomic = isinstance(place.kind, AtomicKind)
        raise frame.mistake(
            "L030",
            node,
            f"`{shown}` is {'atomic' if atomic else f'a whole `{place.kind}`'}",
            "an assignment would not say in which order" if atomic else "only values are assigned",
            helps=[f"write `{shown}.store(...)`"] if atomic else ["assign its fields one by one"],
        )
    if isinstance(node, ast.Attribute) and isinstance(place, Typed):
        if isinstance(place.operand, Constant):
            raise frame.mistake(
                "L029",
                node,
                f"`{shown}` is a constant",
                "a `Param` is fixed when compiled",
                helps=["make it a field, and set it in `setup`"],
            )
        raise frame.mistake(
            "L029",
            node,
            f"`{ast.unparse(node.value)}` is a `Word`, a value",
            "its parts do not change",
            helps=["build a new one, with all its parts"],
        )
    raise frame.mistake("L030", node, f"`{shown}` cannot be assigned")


def named_storage(frame: Frame, node: ast.expr) -> StorageDeclaration | None:
    """Return the storage that a name means, if it means some."""
    if isinstance(node, ast.Name) and node.id not in frame.locals:
        declared = look_up(frame.module, node.id)
        return declared if isinstance(declared, StorageDeclaration) else None
    return None


def as_value(frame: Frame, node: ast.expr, found: Result | PlaceAt) -> Result:
    """Return what a place or result is worth as a value; a part is passed nowhere."""
    if isinstance(found, PlaceAt):
        return load(frame, found)
    if isinstance(found, PartOf):
        raise part_passed(frame, node, found.name)
    return found
