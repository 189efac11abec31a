"""Calls: methods and functions of the author, operations of atomics, words of the language, words that are built."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, Integer
from lockwright.language.annotations import Annotations
from lockwright.language.declarations import Broken, ClassDeclaration, FunctionDeclaration, WordOfLanguage
from lockwright.language.exact import exact
from lockwright.language.kinds import (
    AtomicKind,
    Kind,
    PointerKind,
    StructKind,
    TableKind,
    WordKind,
    lowered_value,
)
from lockwright.language.lowering import atomics, builtin_words, expressions, locking, places
from lockwright.language.lowering.conversions import coerce, describe
from lockwright.language.lowering.values import Exact, NoValue, PartOf, Result, TableValue, Typed
from lockwright.language.mistakes import Follows, counted, nearest
from lockwright.language.parse import look_up, unknown_name
from lockwright.language.vocabulary import INTEGER_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame
    from lockwright.language.lowering.unit import Signature


def call(frame: Frame, node: ast.Call) -> Result:
    """Emit a call and return what it gives."""
    match node.func:
        case ast.Name(id=name):
            return _named(frame, node, name)
        case ast.Subscript(value=ast.Name(id=name)):
            declared = look_up(frame.module, name)
            if isinstance(declared, ClassDeclaration) and declared.base == "Word":
                return _construct(frame, node, declared)
        case ast.Attribute(value=base, attr=name):
            return _of_receiver(frame, node, _receiver(frame, base), name)
    raise frame.mistake("L006", node, f"`{ast.unparse(node.func)}` cannot be called", "calls are known when compiling")


def _named(frame: Frame, node: ast.Call, name: str) -> Result:
    declared = look_up(frame.module, name)
    match declared:
        case WordOfLanguage(name=word) if word in INTEGER_NAMES or word == "bool":
            return _conversion(frame, node, word)
        case WordOfLanguage(name="int"):
            raise frame.mistake("L005", node, "`int` has no width", helps=["write `u32(...)`, or another width"])
        case WordOfLanguage(name=word):
            return builtin_words.word(frame, node, word)
        case FunctionDeclaration():
            return _function(frame, node, declared)
        case ClassDeclaration(base="Word"):
            return _construct(frame, node, declared)
        case ClassDeclaration():
            raise frame.mistake(
                "L006",
                node,
                f"a `{name}` is not made by a call",
                "places are fields, or come from `alloc`",
                helps=[f"write `alloc({name})`, or declare a field"],
            )
        case Broken():
            raise Follows
        case None:
            raise unknown_name(frame.module, node.func, name, tuple(frame.locals))
    raise frame.mistake("L006", node, f"`{name}` cannot be called")


def _receiver(frame: Frame, node: ast.expr) -> Result:
    """Return what a method is called on; unlike a value it may be a part of a word."""
    if isinstance(node, ast.Attribute):
        found = places.attribute(frame, node)
        return places.load(frame, found) if isinstance(found, places.PlaceAt) else found
    return expressions.evaluate(frame, node)


def _of_receiver(frame: Frame, node: ast.Call, receiver: Result, name: str) -> Result:
    assert isinstance(node.func, ast.Attribute)
    match receiver:
        case PartOf() | Typed(kind=PointerKind(target=AtomicKind(), nullable=False)):
            return atomics.operation(frame, node, receiver, name)
        case TableValue(table=table):
            return _through_table(frame, node, table, name)
        case Typed(kind=PointerKind(target=StructKind() as owner) as kind):
            places.require_checked(frame, node.func.value, kind)
            return _method(frame, node, receiver, owner, name)
    raise frame.mistake("L004", node.func, f"{describe(receiver)} has no method `{name}`")


def _method(frame: Frame, node: ast.Call, receiver: Typed, owner: StructKind, name: str) -> Result:
    methods = owner.declaration.methods
    if name not in methods:
        if name in ("reading", "writing") and owner.declaration.base == "RwLock":
            raise frame.mistake("L042", node, f"`{name}()` stands in a `with`", helps=[f"write `with ...{name}():`"])
        near = nearest(name, methods)
        raise frame.mistake(
            "L004",
            node.func,
            f"`{owner}` has no method `{name}`",
            "",
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    signature = frame.unit.method(owner, name, frame.context)
    frame.signature.callees.add(signature.name)
    is_bare = signature.role is not None and not node.args and not node.keywords
    if is_bare and locking.needs_slot(frame, owner, signature):
        return locking.call_with_hidden(frame, node, receiver, owner, signature)
    operands = arguments(frame, node, signature.parameters[1:], signature)
    return invoke(frame, node, signature, [receiver.operand, *operands])


def _function(frame: Frame, node: ast.Call, declared: FunctionDeclaration) -> Result:
    bound: dict[str, Kind] = {}
    values = [(one, expressions.evaluate(frame, one)) for one in node.args]
    for parameter, (_, value) in zip(declared.parameters, values, strict=False):
        if parameter.annotation is not None and isinstance(value, Typed):
            Annotations(frame.unit.instances, declared.module, {}, {}).bind(parameter.annotation, value.kind, bound)
    signature = frame.unit.function(declared, bound, frame.context)
    frame.signature.callees.add(signature.name)
    operands = arguments(frame, node, signature.parameters, signature, [value for _, value in values])
    return invoke(frame, node, signature, operands)


def arguments(
    frame: Frame,
    node: ast.Call,
    parameters: Sequence[tuple[str, Kind]],
    signature: Signature,
    evaluated: Sequence[Result] | None = None,
) -> list[Operand]:
    """Return the arguments of a call in the order of the parameters, each of the kind declared."""
    given: dict[str, ast.expr] = {}
    values: dict[str, Result] = {}
    if len(node.args) > len(parameters):
        raise _count(frame, node, parameters, signature)
    for position, one in enumerate(node.args):
        given[parameters[position][0]] = one
        if evaluated is not None:
            values[parameters[position][0]] = evaluated[position]
    for keyword in node.keywords:
        names = [name for name, _ in parameters]
        if keyword.arg not in names or keyword.arg in given:
            raise frame.mistake(
                "L015",
                keyword,
                f"`{signature.declaration.name}` takes no `{keyword.arg}` here",
                secondary=[(signature.span, "declared here")],
            )
        given[keyword.arg or ""] = keyword.value
    operands = []
    for name, kind in parameters:
        if name not in given:
            operands.append(_default(frame, node, parameters, signature, name, kind))
            continue
        value = values[name] if name in values else expressions.evaluate(frame, given[name])
        operands.append(coerce(frame, given[name], value, kind))  # type: ignore[arg-type]  # parameters are values
    return operands


def _default(
    frame: Frame, node: ast.Call, parameters: Sequence[tuple[str, Kind]], signature: Signature, name: str, kind: Kind
) -> Operand:
    declared = signature.declaration
    names = [one.arg for one in declared.node.args.args]
    offset = names.index(name) - (len(names) - len(declared.node.args.defaults))
    if offset < 0:
        raise _count(frame, node, parameters, signature)
    default = declared.node.args.defaults[offset]
    return coerce(frame, default, Exact(exact(declared.module, default)), kind)  # type: ignore[arg-type]  # likewise


def _count(frame: Frame, node: ast.Call, parameters: Sequence[tuple[str, Kind]], signature: Signature) -> Exception:
    given = len(node.args) + len(node.keywords)
    shown = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    return frame.mistake(
        "L015",
        node,
        f"`{signature.declaration.name}` takes {counted(len(parameters))}, {given} given",
        f"it takes ({shown})",
        secondary=[(signature.span, "declared here")],
    )


def invoke(frame: Frame, node: ast.expr, signature: Signature, operands: Sequence[Operand]) -> Result:
    """Emit the call of a function whose arguments are ready."""
    frame.at(node)
    attributes = (signature.name,)
    if signature.result is None:
        frame.build.do("call", *operands, attributes=attributes)
        return NoValue()
    result = frame.build.emit("call", *operands, attributes=attributes, kind=lowered_value(signature.result))
    return Typed(result, signature.result)


def _through_table(frame: Frame, node: ast.Call, table: TableKind, name: str) -> Result:
    if name not in table.declaration.methods:
        near = nearest(name, table.declaration.methods)
        raise frame.mistake(
            "L004",
            node.func,
            f"the table `{table}` has no operation `{name}`",
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    implementations = frame.unit.program.tables[table.name].implementations
    frame.signature.callees.update(one[name] for one in implementations.values())
    signature = frame.unit.operation(table, name)
    operands = arguments(frame, node, signature.parameters, signature)
    frame.at(node)
    if signature.result is None:
        frame.build.do("call_table", *operands, attributes=(table.name, name))
        return NoValue()
    kind = lowered_value(signature.result)
    return Typed(frame.build.emit("call_table", *operands, attributes=(table.name, name), kind=kind), signature.result)


def _conversion(frame: Frame, node: ast.Call, word: str) -> Result:
    kind = frame.reader.value(node.func)
    assert isinstance(kind, Integer)
    if len(node.args) != 1 or node.keywords:
        raise frame.mistake("L015", node, f"`{word}(...)` takes one value", helps=[f"write `{word}(x)`"])
    value = expressions.evaluate(frame, node.args[0])
    frame.at(node)
    match value:
        case Exact(value=number):
            return Typed(Constant(int(number != 0) if kind == BOOL else kind.wrap(number), kind), kind)
        case Typed(operand=Constant(value=number), kind=Integer()):
            return Typed(Constant(int(number != 0) if kind == BOOL else kind.wrap(number), kind), kind)
        case Typed(operand=operand, kind=Integer() as given) if kind == BOOL:
            return Typed(frame.build.emit("ne", operand, Constant(0, given)), kind)
        case Typed(operand=operand, kind=Integer() | WordKind() as given):
            return Typed(operand if given == kind else frame.build.emit("convert", operand, kind=kind), kind)
    raise frame.mistake("L007", node.args[0], f"{describe(value)} is not converted to `{word}`", "a number is needed")


def _construct(frame: Frame, node: ast.Call, declared: ClassDeclaration) -> Result:
    kind = frame.reader.value(node.func)
    assert isinstance(kind, WordKind)
    if node.args:
        raise frame.mistake(
            "L015",
            node.args[0],
            f"the parts of `{declared.name}` are named",
            helps=[f"write `{declared.name}({next(iter(kind.defaults))}=...)`"],
        )
    given: dict[str, ast.expr] = {}
    for keyword in node.keywords:
        if keyword.arg not in kind.defaults:
            near = nearest(keyword.arg or "", kind.defaults)
            raise frame.mistake(
                "L004",
                keyword,
                f"`{declared.name}` has no part `{keyword.arg}`",
                helps=[f"did you mean `{near}`?"] if near else [],
            )
        given[keyword.arg] = keyword.value
    operands: list[Operand] = []
    for part in kind.word.parts:
        if part.name in given:
            operands.append(_part(frame, given[part.name], part.type))
        else:
            operands.append(Constant(kind.defaults[part.name], part.type))
    frame.at(node)
    if all(isinstance(one, Constant) for one in operands):
        whole = sum(
            (one.value & ((1 << part.type.bits) - 1)) << part.shift
            for one, part in zip(operands, kind.word.parts, strict=True)
            if isinstance(one, Constant)
        )
        return Typed(Constant(whole, kind.word), kind)
    return Typed(frame.build.emit("pack", *operands, kind=kind.word), kind)


def _part(frame: Frame, node: ast.expr, kind: Integer) -> Operand:
    value = expressions.evaluate(frame, node)
    return coerce(frame, node, value, kind)
