"""Conditions: where a test goes, what is known after it, and tests as values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, Integer
from lockwright.language.exact import fold_comparison
from lockwright.language.kinds import PointerKind, WordKind, lowered_value, same
from lockwright.language.lowering import expressions
from lockwright.language.lowering.conversions import balance, describe
from lockwright.language.lowering.values import Exact, NullValue, Result, State, Typed, merge

if TYPE_CHECKING:
    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}


def condition(frame: Frame, node: ast.expr, yes: str, no: str) -> tuple[State, State]:
    """Emit a test that goes on at `yes` or `no`; return what is known at either."""
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return _all_of(frame, values, yes, no)
        case ast.BoolOp(op=ast.Or(), values=values):
            known_no, known_yes = _all_of(frame, [_negated(one) for one in values], no, yes)
            return known_yes, known_no
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            known_yes, known_no = condition(frame, inner, no, yes)
            return known_no, known_yes
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
            return _null_test(frame, node, left, isinstance(op, ast.Is), yes, no)
        case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            return _identity_test(frame, node, yes, no)
    operand = _test(frame, node)
    frame.at(node)
    _branch(frame, operand, yes, no)
    known = frame.known
    return known, known


def _branch(frame: Frame, operand: Operand, yes: str, no: str) -> None:
    if isinstance(operand, Constant):
        frame.build.jump(yes if operand.value else no)
    else:
        frame.build.branch(operand, yes, no)


def _negated(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), node), node)


def _all_of(frame: Frame, values: list[ast.expr], yes: str, no: str) -> tuple[State, State]:
    known_no: State = None
    known_yes: State = frame.known
    for position, value in enumerate(values):
        is_last = position == len(values) - 1
        following = yes if is_last else frame.build.label("and")
        known_yes, fails = condition(frame, value, following, no)
        known_no = merge(known_no, fails)
        if not is_last:
            frame.build.enter(following)
            frame.known = known_yes
    return known_yes, known_no


def _null_test(frame: Frame, node: ast.expr, left: ast.expr, is_null: bool, yes: str, no: str) -> tuple[State, State]:
    value = expressions.evaluate(frame, left)
    frame.at(node)
    if not isinstance(value, Typed) or not isinstance(value.kind, PointerKind):
        raise frame.mistake(
            "L040",
            node,
            f"{describe(value)} is never `None`",
            "only a `Ptr` may be `None`",
            helps=["compare a number with `== 0`"],
        )
    name = left.id if isinstance(left, ast.Name) else left.target.id if isinstance(left, ast.NamedExpr) else None
    kind = frame.locals[name].kind if name in frame.locals else value.kind
    if not value.kind.nullable and not (isinstance(kind, PointerKind) and kind.nullable):
        raise frame.mistake(
            "L040",
            node,
            f"`{ast.unparse(left)}` is never `None`",
            f"it is a `{value.kind}`",
            helps=["leave the test out"],
        )
    test = frame.build.emit("eq" if is_null else "ne", value.operand, Constant(0, lowered_value(value.kind)))
    frame.build.branch(test, yes, no)
    known = frame.known
    narrowed = known.check(name) if known is not None and name in frame.locals and name is not None else known
    return (known, narrowed) if is_null else (narrowed, known)


def _identity_test(frame: Frame, node: ast.Compare, yes: str, no: str) -> tuple[State, State]:
    """Emit `a is b`: where the two are one, neither is null if the other cannot be."""
    (op,), sides = node.ops, (node.left, node.comparators[0])
    values = tuple(expressions.evaluate(frame, one) for one in sides)
    operand = _compare_values(frame, node, op, (sides[0], values[0]), (sides[1], values[1]))
    _branch(frame, operand, yes, no)
    known = same = frame.known
    for side, other in zip(sides, reversed(values), strict=True):
        is_there = isinstance(other, Typed) and isinstance(other.kind, PointerKind) and not other.kind.nullable
        if is_there and same is not None and isinstance(side, ast.Name) and side.id in frame.locals:
            same = same.check(side.id)
    return (same, known) if isinstance(op, ast.Is) else (known, same)


def truth(frame: Frame, node: ast.expr) -> Typed:
    """Emit a test as a value of kind `bool`."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and not _is_null_test(node):
        return Typed(_compare(frame, node, node.left, node.ops[0], node.comparators[0]), BOOL)
    build = frame.build
    if isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.BoolOp):
        operand = _test(frame, node.operand)
        frame.at(node)
        if isinstance(operand, Constant):
            return Typed(Constant(1 - operand.value, BOOL), BOOL)
        return Typed(build.emit("not", operand), BOOL)
    yes, no, after = build.label("true"), build.label("false"), build.label("tested")
    known_yes, known_no = condition(frame, node, yes, no)
    target = build.register(BOOL)
    for label, value in ((yes, 1), (no, 0)):
        build.enter(label)
        frame.copy(Constant(value, BOOL), target)
        build.jump(after)
    build.enter(after)
    frame.known = merge(known_yes, known_no)
    return Typed(target, BOOL)


def _is_null_test(node: ast.Compare) -> bool:
    return isinstance(node.ops[0], ast.Is | ast.IsNot) and (
        isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None
    )


def _test(frame: Frame, node: ast.expr) -> Operand:
    """Return a simple test as a `bool`; a number is true if it is not 0."""
    if isinstance(node, ast.Compare):
        return _chain(frame, node) if len(node.ops) > 1 else truth(frame, node).operand
    value = expressions.evaluate(frame, node)
    frame.at(node)
    match value:
        case Exact(value=number):
            return Constant(int(number != 0), BOOL)
        case Typed(operand=operand, kind=kind) if kind == BOOL:
            return operand
        case Typed(operand=Constant(value=number), kind=Integer()):
            return Constant(int(number != 0), BOOL)
        case Typed(operand=operand, kind=Integer() as kind):
            return frame.build.emit("ne", operand, Constant(0, kind))
        case Typed(kind=PointerKind(nullable=True)):
            raise frame.mistake(
                "L025",
                node,
                f"`{ast.unparse(node)}` is a reference, no condition",
                "",
                helps=[f"write `{ast.unparse(node)} is not None`"],
            )
        case Typed(kind=PointerKind() as kind) if str(kind.target).startswith("Atomic"):
            raise frame.mistake(
                "L025",
                node,
                f"`{ast.unparse(node)}` is an atomic, no condition",
                "it is not read here",
                helps=[f"write `{ast.unparse(node)}.load(...)`"],
            )
    raise frame.mistake("L025", node, f"{describe(value)} is no condition", "a `bool` or a number is needed")


def _chain(frame: Frame, node: ast.Compare) -> Operand:
    """Emit `a < b < c`: each side once, from left to right, all of them."""
    results: list[Operand] = []
    left_node, left = node.left, expressions.evaluate(frame, node.left)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = expressions.evaluate(frame, right_node)
        results.append(_compare_values(frame, node, op, (left_node, left), (right_node, right)))
        left_node, left = right_node, right
    joined = results[0]
    for one in results[1:]:
        joined = frame.build.emit("and", joined, one)
    return joined


def _compare(frame: Frame, node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Operand:
    if isinstance(op, ast.In | ast.NotIn):
        raise frame.mistake(
            "L006",
            node,
            "there is no `in`",
            "nothing here holds others to look through",
            helps=["compare with each: `x == 1 or x == 2`"],
        )
    first = expressions.evaluate(frame, left)
    second = expressions.evaluate(frame, right)
    return _compare_values(frame, node, op, (left, first), (right, second))


def _compare_values(
    frame: Frame, node: ast.expr, op: ast.cmpop, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> Operand:
    frame.at(node)
    if isinstance(op, ast.Is | ast.IsNot):
        return _identity(frame, node, op, left, right)
    mnemonic = COMPARISONS.get(type(op))
    if mnemonic is None:
        raise frame.mistake("L006", node, "there is no `in`", helps=["write a loop that looks at each element"])
    if isinstance(left[1], Exact) and isinstance(right[1], Exact):
        return Constant(int(fold_comparison(op, left[1].value, right[1].value) or 0), BOOL)
    _refuse_references(frame, node, op, left, right)
    first, second, kind = balance(frame, node, left, right, strict=True)
    if kind == BOOL and mnemonic not in ("eq", "ne"):
        raise frame.mistake("L046", node, "truth values have no order", helps=["write `and`, `or`, `not`"])
    if isinstance(kind, WordKind) and mnemonic not in ("eq", "ne"):
        raise frame.mistake("L045", node, "words have no order", helps=["compare their parts"])
    if isinstance(first, Constant) and isinstance(second, Constant):
        return Constant(int(fold_comparison(op, first.value, second.value) or 0), BOOL)
    return frame.build.emit(mnemonic, first, second)


def _refuse_references(
    frame: Frame, node: ast.expr, op: ast.cmpop, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> None:
    sides = (left[1], right[1])
    references = [one for one in sides if isinstance(one, Typed) and isinstance(one.kind, PointerKind)]
    if len(references) == 2 or (references and any(isinstance(one, NullValue) for one in sides)):
        word = "is" if isinstance(op, ast.Eq) else "is not"
        raise frame.mistake(
            "L040",
            node,
            "references are compared with `is`",
            "`==` compares values",
            helps=[f"write `{ast.unparse(left[0])} {word} {ast.unparse(right[0])}`"],
        )


def _identity(
    frame: Frame, node: ast.expr, op: ast.cmpop, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> Operand:
    first, second = left[1], right[1]
    if isinstance(first, NullValue):
        first, second = second, first
    word = "eq" if isinstance(op, ast.Is) else "ne"
    if isinstance(first, Typed) and isinstance(first.kind, PointerKind):
        if isinstance(second, NullValue):
            return frame.build.emit(word, first.operand, Constant(0, lowered_value(first.kind)))
        if isinstance(second, Typed) and isinstance(second.kind, PointerKind):
            if not same(first.kind, second.kind):
                raise frame.mistake(
                    "L040", node, f"a {describe(first)} is never a {describe(second)}", "they point to different kinds"
                )
            return frame.build.emit(word, first.operand, second.operand)
    shown = "==" if word == "eq" else "!="
    raise frame.mistake(
        "L040",
        node,
        "`is` compares references, and these are values",
        "",
        helps=[f"write `{ast.unparse(left[0])} {shown} {ast.unparse(right[0])}`"],
    )
