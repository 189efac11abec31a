"""Making a value fit where it goes: widening, exact numbers, null; and the mistakes where it does not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, I64, Integer
from lockwright.language.instances import check_fits
from lockwright.language.kinds import AtomicKind, PointerKind, ValueKind, WordKind, lowered_value, same
from lockwright.language.lowering.values import Exact, NoValue, NullValue, PartOf, Result, TableValue, Typed

if TYPE_CHECKING:
    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame


def describe(value: Result) -> str:
    """Return what a message calls a value."""
    match value:
        case Typed(kind=kind):
            return f"`{kind}`"
        case Exact(value=number):
            return f"the number {number}"
        case NullValue():
            return "`None`"
        case PartOf(name=name):
            return f"the part `{name}`"
        case TableValue():
            return "a table of calls"
    return "nothing"


def coerce(frame: Frame, node: ast.expr, value: Result, want: ValueKind) -> Operand:
    """Return `value` as an operand of the kind wanted."""
    match value:
        case Exact(value=number):
            return _number(frame, node, number, want)
        case NullValue() if isinstance(want, PointerKind):
            if not want.nullable:
                raise frame.mistake(
                    "L014",
                    node,
                    "`None` where a place is needed",
                    f"expected `{want}`",
                    helps=[f"declare it `{want} | None` if it may be missing"],
                )
            return Constant(0, lowered_value(want))
        case Typed(operand=operand, kind=kind) if isinstance(kind, Integer) and isinstance(want, Integer):
            return _integer(frame, node, operand, kind, want)
        case Typed(operand=operand, kind=kind) if same(kind, want):
            if isinstance(kind, PointerKind) and isinstance(want, PointerKind) and kind.nullable and not want.nullable:
                raise frame.mistake(
                    "L014",
                    node,
                    f"`{ast.unparse(node)}` may be `None` here",
                    f"expected `{want}`",
                    helps=[f"test it first: `if {ast.unparse(node)} is not None:`"],
                )
            return operand
        case PartOf(name=name):
            raise part_passed(frame, node, name)
    raise mismatch(frame, node, value, want)


def mismatch(frame: Frame, node: ast.expr, value: Result, want: ValueKind) -> Exception:
    """Return the mistake for a value of another kind."""
    helps = []
    if isinstance(value, Typed) and isinstance(want, WordKind) and isinstance(value.kind, Integer):
        helps = [f"build the word: `{want.declaration.name}({next(iter(want.defaults))}={ast.unparse(node)})`"]
    if isinstance(value, Typed) and isinstance(value.kind, PointerKind) and isinstance(want, Integer):
        shown = ast.unparse(node)
        helps = [f"did you mean `{shown}.load()`?"] if str(value.kind.target).startswith("Atomic") else []
    if isinstance(value, Exact) and isinstance(want, WordKind):
        helps = [f"say which part: `{want.declaration.name}({next(iter(want.defaults))}={value.value})`"]
    if isinstance(value, NoValue):
        return frame.mistake(
            "L022", node, "this gives no value", f"expected `{want}`", helps=["let the function return one: `-> u32`"]
        )
    return frame.mistake("L007", node, f"expected `{want}`, got {describe(value)}", "of another type", helps=helps)


def part_passed(frame: Frame, node: ast.expr, name: str) -> Exception:
    """Return the mistake for a part of a word that is used for more than an operation."""
    return frame.mistake(
        "L032",
        node,
        f"the part `{name}` of an atomic word cannot be passed on",
        "a part is named where it is used",
        helps=[f"write `{ast.unparse(node)}.load(...)`, or pass the whole word"],
    )


def _number(frame: Frame, node: ast.expr, number: int, want: ValueKind) -> Operand:
    if want == BOOL:
        raise frame.mistake(
            "L046", node, f"expected `bool`, got the number {number}", helps=[f"write `{bool(number)}`"]
        )
    if isinstance(want, Integer):
        check_fits(frame.module, node, number, want)
        return Constant(want.wrap(number), want)
    raise mismatch(frame, node, Exact(number), want)


def _integer(frame: Frame, node: ast.expr, operand: Operand, kind: Integer, want: Integer) -> Operand:
    if kind == want:
        return operand
    if isinstance(operand, Constant) and kind != BOOL and want.wrap(operand.value) == operand.value:
        return Constant(operand.value, want)
    shown = ast.unparse(node)
    if kind == BOOL:
        raise frame.mistake(
            "L046",
            node,
            f"expected `{want}`, got a `bool`",
            "a truth value is no number",
            helps=[f"write `{want}({shown})`"],
        )
    if want == BOOL:
        raise frame.mistake(
            "L046",
            node,
            f"expected `bool`, got `{kind}`",
            "a number is no truth value",
            helps=[f"write `{shown} != 0`"],
        )
    if widens(kind, want):
        return frame.build.emit("convert", operand, kind=want)
    if {kind.name, want.name} == {"u64", "i64"}:
        raise frame.mistake(
            "L009",
            node,
            f"`{kind}` and `{want}` do not mix",
            "half of each has no like in the other",
            helps=[f"convert it: `{want}({shown})`"],
        )
    raise frame.mistake(
        "L008",
        node,
        f"`{kind}` does not fit `{want}`",
        "it would lose its upper bits",
        helps=[f"convert it: `{want}({shown})`"],
    )


def widens(kind: Integer, want: Integer) -> bool:
    """Return whether every value of `kind` is one of `want`, so that it converts by itself."""
    if want == I64:
        return not kind.signed and kind.bits < 64
    return not kind.signed and not want.signed and kind.bits <= want.bits


def balance(
    frame: Frame, node: ast.expr, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result], *, strict: bool
) -> tuple[Operand, Operand, ValueKind]:
    """Return two values at their common kind: an exact number takes the type of the other side, the narrower widens.

    Args:
        frame: The function.
        node: The operation.
        left: One side, with its node.
        right: The other.
        strict: Whether an exact number must fit (in a comparison); else it is wrapped.
    """
    sides = (left, right)
    for (one_node, one), (_, other) in (sides, sides[::-1]):
        if (
            isinstance(one, Exact)
            and isinstance(other, Typed)
            and isinstance(other.kind, Integer)
            and other.kind != BOOL
        ):
            if strict:
                check_fits(frame.module, one_node, one.value, other.kind)
            number = Constant(other.kind.wrap(one.value), other.kind)
            ordered = (number, other.operand) if one is left[1] else (other.operand, number)
            return *ordered, other.kind
    if isinstance(left[1], Typed) and isinstance(right[1], Typed):
        kinds = left[1].kind, right[1].kind
        if isinstance(kinds[0], Integer) and isinstance(kinds[1], Integer):
            want = common(frame, node, kinds[0], kinds[1])
            return coerce(frame, *left, want), coerce(frame, *right, want), want
        if isinstance(kinds[0], WordKind) and kinds[0] is kinds[1]:
            return left[1].operand, right[1].operand, kinds[0]
    for one_node, one in sides:
        if isinstance(one, PartOf):
            raise part_passed(frame, one_node, one.name)
    shown = f"{describe(left[1])} and {describe(right[1])}"
    for one_node, one in sides:
        if isinstance(one, Typed) and isinstance(one.kind, PointerKind) and isinstance(one.kind.target, AtomicKind):
            name = ast.unparse(one_node)
            raise frame.mistake(
                "L045",
                one_node,
                f"`{name}` is an atomic, no number",
                "it is not read here",
                helps=[f"write `{name}.load(...)`"],
            )
    raise frame.mistake(
        "L045",
        node,
        f"{shown} have no such operation",
        "both sides must be numbers of one kind",
        helps=_advice(left, right),
    )


def _advice(left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]) -> list[str]:
    for node, value in (left, right):
        if isinstance(value, Typed) and isinstance(value.kind, PointerKind):
            if str(value.kind.target).startswith("Atomic"):
                return [f"did you mean `{ast.unparse(node)}.load()`?"]
            return ["references are compared with `is`; nothing is added to them"]
    return []


def common(frame: Frame, node: ast.expr, left: Integer, right: Integer) -> Integer:
    """Return the type at which two integers meet."""
    if left == right:
        return left
    if BOOL in (left, right):
        other = right if left == BOOL else left
        raise frame.mistake(
            "L046",
            node,
            f"`bool` and `{other}` do not mix",
            "a truth value is no number",
            helps=[f"convert the truth value: `{other}(...)`"],
        )
    if widens(left, right):
        return right
    if widens(right, left):
        return left
    raise frame.mistake(
        "L009",
        node,
        f"`{left}` and `{right}` do not mix",
        "half of each has no like in the other",
        helps=["convert one side: `i64(...)` or `u64(...)`"],
    )
