"""Expressions: names, arithmetic, choices; each gives a result, with instructions emitted on the way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.arithmetic import wrap
from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, U32, Integer
from lockwright.language.declarations import (
    Broken,
    ClassDeclaration,
    ConstantDeclaration,
    FunctionDeclaration,
    StorageDeclaration,
    WordOfLanguage,
)
from lockwright.language.exact import constant_value, fold, fold_unary, unknown_operator
from lockwright.language.kinds import PointerKind, ValueKind, WordKind, lowered_value
from lockwright.language.lowering import calls, conditions, places
from lockwright.language.lowering.conversions import balance, coerce, common, describe
from lockwright.language.lowering.values import Exact, NullValue, Result, Typed, merge
from lockwright.language.mistakes import Follows
from lockwright.language.parse import look_up, unknown_name
from lockwright.language.vocabulary import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "div",
    ast.Mod: "mod",
    ast.LShift: "shl",
    ast.RShift: "shr",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
ABSENT = {
    ast.Lambda: ("a function inside a function is not in the language", "write it at the top of the file"),
    ast.List: ("there are no lists", "declare an `Array` field with `field(length=...)`"),
    ast.Dict: ("there are no dictionaries", "declare an `Array` field, and index it with a hash"),
    ast.Set: ("there are no sets", "keep a bit mask in a `u64`"),
    ast.Tuple: ("there are no tuples but `a, b = x, y`", "use two locals, or a `Word`"),
    ast.ListComp: ("there are no comprehensions", "write a `for` loop"),
    ast.GeneratorExp: ("there are no generators", "write a `for` loop"),
    ast.DictComp: ("there are no comprehensions", "write a `for` loop"),
    ast.SetComp: ("there are no comprehensions", "write a `for` loop"),
    ast.JoinedStr: ("there are no strings", "a name for a person stands in a comment, or in `@symbol`"),
    ast.Await: ("there is no `await`", "a loop that reads until something changes is one"),
    ast.Yield: ("there are no generators", "write a `for` loop"),
    ast.Starred: ("there is no `*` here", "name each argument"),
    ast.Slice: ("there are no slices", "loop over the elements"),
}


def evaluate(frame: Frame, node: ast.expr) -> Result:
    """Emit what computes an expression, and return its value."""
    frame.at(node)
    match node:
        case ast.Constant(value=value):
            return _constant(frame, node, value)
        case ast.Name(id=name):
            return _name(frame, node, name)
        case ast.Attribute():
            return places.as_value(frame, node, places.attribute(frame, node))
        case ast.Subscript():
            return places.load(frame, places.subscript(frame, node))
        case ast.BinOp(left=left, op=op, right=right):
            return binary(frame, node, op, (left, evaluate(frame, left)), (right, evaluate(frame, right)))
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(frame, node, op, operand)
        case ast.Compare() | ast.BoolOp():
            return conditions.truth(frame, node)
        case ast.IfExp():
            return _choice(frame, node)
        case ast.NamedExpr(target=target, value=value):
            return assign_local(frame, target, target.id, value, evaluate(frame, value))
        case ast.Call():
            return calls.call(frame, node)
    for kind, (title, advice) in ABSENT.items():
        if isinstance(node, kind):
            raise frame.mistake("L006", node, title, helps=[advice])
    raise frame.mistake("L006", node, f"`{ast.unparse(node)}` is not in the language")


def operand_of(frame: Frame, node: ast.expr, want: ValueKind) -> Operand:
    """Emit an expression and return it as the kind wanted."""
    return coerce(frame, node, evaluate(frame, node), want)


def _constant(frame: Frame, node: ast.Constant, value: object) -> Result:
    match value:
        case bool():
            return Typed(Constant(int(value), BOOL), BOOL)
        case int():
            return Exact(value)
        case None:
            return NullValue()
        case float():
            raise frame.mistake(
                "L006", node, "there are no fractions", "integers only", helps=["scale it: count in thousandths"]
            )
        case str():
            raise frame.mistake(
                "L006", node, "there are no strings", helps=["a message for a person stands after `assert ...,`"]
            )
    raise frame.mistake("L006", node, f"`{ast.unparse(node)}` is not in the language")


def _name(frame: Frame, node: ast.Name, name: str) -> Result:
    if name in frame.broken:
        raise Follows
    if name in frame.locals:
        if frame.known is not None and name not in frame.known.assigned:
            raise frame.mistake(
                "L020",
                node,
                f"`{name}` may have no value here",
                "not on every way to this point",
                secondary=[(frame.locals[name].span, "only assigned here")],
                helps=[f"give it a first value above: `{name} = ...`"],
            )
        return frame.read(name)
    if name == "self" and frame.owner is not None:
        return Typed(frame.build.parameters[0], PointerKind(frame.owner))
    if name in frame.ended:
        raise frame.mistake(
            "L048",
            node,
            f"`{name}` counts a loop that has ended",
            "it exists only in the loop",
            secondary=[(frame.ended[name], "the loop")],
            helps=["keep what you need in a local of its own, set in the loop"],
        )
    match look_up(frame.module, name):
        case ConstantDeclaration() as declared:
            return Exact(constant_value(declared))
        case StorageDeclaration() as declared:
            return places.storage(frame, declared)
        case Broken():
            raise Follows
        case FunctionDeclaration() | ClassDeclaration():
            raise frame.mistake("L007", node, f"`{name}` is no value", "it can be called, not passed on")
        case WordOfLanguage(name=word) if word in ORDERS:
            raise frame.mistake(
                "L017", node, f"the memory order `{word}` is no value", "an order stands last, behind the values"
            )
        case WordOfLanguage(name=word):
            raise frame.mistake("L007", node, f"the word `{word}` is no value", helps=[f"write `{word}(...)`"])
    raise unknown_name(frame.module, node, name, (*frame.locals, "self"))


def binary(
    frame: Frame, node: ast.expr, op: ast.operator, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> Result:
    """Emit an operation on two values; both exact: fold it."""
    frame.at(node)
    if isinstance(left[1], Exact) and isinstance(right[1], Exact):
        return Exact(fold(frame.module, node, op, left[1].value, right[1].value))
    mnemonic = OPERATORS.get(type(op))
    if mnemonic is None:
        raise unknown_operator(frame.module, node, op)
    if mnemonic in ("shl", "shr"):
        return _shift(frame, node, mnemonic, left, right)
    first, second, kind = balance(frame, node, left, right, strict=False)
    if kind == BOOL and mnemonic not in ("and", "or", "xor"):
        raise frame.mistake("L046", node, "truth values are not added", helps=["convert them: `u32(...)`"])
    if isinstance(kind, WordKind) and mnemonic not in ("add", "sub", "and", "or", "xor"):
        raise frame.mistake("L045", node, f"words have no `{mnemonic}`", helps=["compute with their parts"])
    if mnemonic in ("div", "mod") and isinstance(second, Constant) and second.value == 0:
        raise frame.mistake("L027", node, "division by zero")
    return operate(frame, mnemonic, first, second, kind)


def operate(frame: Frame, mnemonic: str, left: Operand, right: Operand, kind: ValueKind) -> Typed:
    """Emit one instruction on two operands of one kind, or compute it if both are constants."""
    if isinstance(left, Constant) and isinstance(right, Constant) and isinstance(kind, Integer):
        return Typed(Constant(wrap(_FOLDS[mnemonic](left.value, right.value), kind), kind), kind)
    return Typed(frame.build.emit(mnemonic, left, right), kind)


_FOLDS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "shl": lambda a, b: a << b,
    "shr": lambda a, b: a >> b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "min": min,
    "max": max,
}


def _shift(
    frame: Frame, node: ast.expr, mnemonic: str, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> Typed:
    value, count = left[1], right[1]
    if isinstance(count, Exact):
        count = Typed(Constant(count.value, U32), U32)
    if isinstance(value, Exact) and isinstance(count, Typed) and isinstance(count.kind, Integer):
        value = Typed(Constant(count.kind.wrap(value.value), count.kind), count.kind)
    for side, one in ((left[0], value), (right[0], count)):
        if not isinstance(one, Typed) or not isinstance(one.kind, Integer) or one.kind == BOOL:
            raise frame.mistake("L045", side, f"{describe(one)} is not shifted", "a shift takes two integers")
    assert isinstance(value, Typed)
    assert isinstance(count, Typed)
    assert isinstance(value.kind, Integer)
    if isinstance(count.operand, Constant) and not 0 <= count.operand.value < value.kind.bits:
        raise frame.mistake(
            "L027",
            node,
            f"a shift by {count.operand.value}",
            f"`{value.kind}` has {value.kind.bits} bits",
            helps=["convert to a wider type first: `u64(...)`"],
        )
    return operate(frame, mnemonic, value.operand, count.operand, value.kind)


def _unary(frame: Frame, node: ast.UnaryOp, op: ast.unaryop, inner: ast.expr) -> Result:
    if isinstance(op, ast.Not):
        return conditions.truth(frame, node)
    value = evaluate(frame, inner)
    frame.at(node)
    if isinstance(value, Exact):
        return Exact(fold_unary(op, value.value) or 0)
    if not isinstance(value, Typed) or not isinstance(value.kind, Integer | WordKind) or value.kind == BOOL:
        raise frame.mistake("L045", node, f"{describe(value)} has no such operation", "an integer is needed")
    if isinstance(op, ast.UAdd):
        return value
    mnemonic = "invert" if isinstance(op, ast.Invert) else "negate"
    if mnemonic == "negate" and isinstance(value.kind, WordKind):
        raise frame.mistake("L045", node, "words have no negative", helps=["compute with their parts"])
    return Typed(frame.build.emit(mnemonic, value.operand), value.kind)


def _choice(frame: Frame, node: ast.IfExp) -> Result:
    """Emit `a if test else b`; both sides have one kind, so that the register is made before they are emitted."""
    build = frame.build
    yes, no, after = build.label("chosen"), build.label("otherwise"), build.label("chosen_end")
    known_yes, known_no = conditions.condition(frame, node.test, yes, no)
    build.enter(yes)
    frame.known = known_yes
    left = evaluate(frame, node.body)
    left_end, known_left = build.here, frame.known
    build.enter(no)
    frame.known = known_no
    right = evaluate(frame, node.orelse)
    right_end, known_right = build.here, frame.known
    kind = _common_kind(frame, node, left, right)
    target = build.register(lowered_value(kind))
    for end, known, side, value in (
        (left_end, known_left, node.body, left),
        (right_end, known_right, node.orelse, right),
    ):
        build.enter(end)
        frame.known = known
        frame.copy(coerce(frame, side, value, kind), target)
        build.jump(after)
    build.enter(after)
    frame.known = merge(known_left, known_right)
    return Typed(target, kind)


def _common_kind(frame: Frame, node: ast.IfExp, left: Result, right: Result) -> ValueKind:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Typed) and isinstance(other, Exact):
            return one.kind
        if isinstance(one, Typed) and isinstance(one.kind, PointerKind):
            if isinstance(other, NullValue):
                return PointerKind(one.kind.target, nullable=True)
            if isinstance(other, Typed) and isinstance(other.kind, PointerKind) and other.kind.nullable:
                return other.kind
    if isinstance(left, Typed) and isinstance(right, Typed):
        if isinstance(left.kind, Integer) and isinstance(right.kind, Integer):
            return common(frame, node, left.kind, right.kind)
        return left.kind
    raise frame.mistake(
        "L010",
        node,
        "what this gives has no type",
        "two bare numbers",
        helps=[f"give one of them a type: `u32({ast.unparse(node.body)})`"],
    )


def assign_local(frame: Frame, node: ast.expr, name: str, value_node: ast.expr, value: Result) -> Typed:
    """Emit `name = value`; the first assignment says of what kind the local is."""
    if name in frame.locals:
        local = frame.locals[name]
        operand = _again(frame, node, name, value_node, value)
    else:
        kind = _first_kind(frame, node, name, value_node, value)
        operand = coerce(frame, value_node, value, kind)
        local = frame.declare(name, kind, node)
    frame.at(node)
    frame.copy(operand, local.register)
    checked = isinstance(value, Typed) and isinstance(value.kind, PointerKind) and not value.kind.nullable
    if frame.known is not None:
        frame.known = frame.known.assign(name, checked=checked)
    return frame.read(name)


def _again(frame: Frame, node: ast.expr, name: str, value_node: ast.expr, value: Result) -> Operand:
    local = frame.locals[name]
    is_other = isinstance(value, Typed) and type(value.kind) is not type(local.kind)
    is_null = (
        isinstance(local.kind, PointerKind)
        and not local.kind.nullable
        and (
            isinstance(value, NullValue)
            or (isinstance(value, Typed) and isinstance(value.kind, PointerKind) and value.kind.nullable)
        )
    )
    if is_other:
        raise frame.mistake(
            "L011",
            node,
            f"`{name}` is a `{local.kind}`, and this is {describe(value)}",
            "a local has one type",
            secondary=[(local.span, f"`{name}` became a `{local.kind}` here")],
            helps=["use another local"],
        )
    if is_null:
        raise frame.mistake(
            "L014",
            value_node,
            f"`{name}` never holds `None`, and this may be it",
            "",
            secondary=[(local.span, f"`{name}` became a `{local.kind}` here")],
            helps=[f"declare it at its first assignment: `{name}: {local.kind} | None = ...`"],
        )
    return coerce(frame, value_node, value, local.kind)


def _first_kind(frame: Frame, node: ast.expr, name: str, value_node: ast.expr, value: Result) -> ValueKind:
    match value:
        case Typed(kind=kind):
            return kind
        case Exact(value=number):
            shown = ast.unparse(value_node)
            raise frame.mistake(
                "L010",
                node,
                f"`{name}` begins with the bare number {number}",
                "of which type is not said",
                helps=[f"write `{name} = u32({shown})`, or `{name}: u32 = {shown}`"],
            )
        case NullValue():
            raise frame.mistake(
                "L010",
                node,
                f"`{name}` begins with `None`",
                "to what it will point is not said",
                helps=[f"write `{name}: Ptr[...] | None = None`"],
            )
    raise frame.mistake("L007", value_node, f"{describe(value)} cannot be kept in a local", "it gives no value")
