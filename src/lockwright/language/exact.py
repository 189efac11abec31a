"""Exact integers: literals, constants of a module, `Param`s, and what is computed from them when compiling."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from lockwright.language.declarations import Broken, ConstantDeclaration, Module
from lockwright.language.mistakes import Follows, mistake
from lockwright.language.parse import look_up, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.ir.program import Constant

MOST_BITS = 256  # of an exact number: `1 << 10_000_000` is a mistake, not a wait


def exact(module: Module, node: ast.expr, parameters: Mapping[str, Constant] | None = None) -> int:
    """Return the value of a constant expression.

    Args:
        module: The file that it stands in.
        node: The expression.
        parameters: The `Param`s that its class has, by name.

    Raises:
        Mistake: It is not constant.
    """
    return _Evaluation(module, parameters or {}).value(node)


class _Evaluation:
    """One expression; `pending` are the module's constants that are being looked up, to find circles."""

    def __init__(self, module: Module, parameters: Mapping[str, Constant]) -> None:
        self.module, self.parameters = module, parameters
        self.pending: list[ConstantDeclaration] = []

    def value(self, node: ast.expr) -> int:
        match node:
            case ast.Constant(value=bool() | int() as value):
                return int(value)
            case ast.Name(id=name):
                return self._named(node, name)
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.value(operand)
                folded = fold_unary(op, inner)
                if folded is not None:
                    return folded
            case ast.BinOp(left=left, op=op, right=right):
                return fold(self.module, node, op, self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body) if self.value(test) else self.value(orelse)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                compared = self._compared(ops, [left, *comparators])
                if compared is not None:
                    return int(compared)
            case ast.BoolOp(op=op, values=nodes):
                values = [self.value(one) for one in nodes]
                return next((one for one in values if bool(one) is isinstance(op, ast.Or)), values[-1])
        raise mistake(
            "L026",
            (self.module, node),
            "a constant is needed here",
            f"`{ast.unparse(node)}` is not known when compiling",
            helps=["use literals, constants of the file, and `Param`s of the class"],
        )

    def _compared(self, ops: list[ast.cmpop], nodes: list[ast.expr]) -> bool | None:
        values = [self.value(one) for one in nodes]
        found = [fold_comparison(op, *pair) for op, pair in zip(ops, pairwise(values), strict=True)]
        return None if None in found else all(found)

    def _named(self, node: ast.Name, name: str) -> int:
        if name in self.parameters:
            return self.parameters[name].value
        declared = look_up(self.module, name)
        if isinstance(declared, Broken):
            raise Follows
        if declared is None:
            raise unknown_name(self.module, node, name, tuple(self.parameters))
        if not isinstance(declared, ConstantDeclaration):
            raise mistake("L026", (self.module, node), "a constant is needed here", f"`{name}` is not a number")
        return self._constant(declared)

    def _constant(self, declared: ConstantDeclaration) -> int:
        if declared in self.pending:
            raise mistake(
                "L026", (declared.module, declared.expression), f"`{declared.name}` is defined by itself", "a circle"
            )
        self.pending.append(declared)
        inner = _Evaluation(declared.module, {})
        inner.pending = self.pending
        value = inner.value(declared.expression)
        self.pending.pop()
        return value


def constant_value(declared: ConstantDeclaration) -> int:
    """Return the number that a constant of a module stands for."""
    return exact(declared.module, declared.expression)


def fold_unary(op: ast.unaryop, value: int) -> int | None:
    """Return the exact result of `-value`, `~value`, `+value` or `not value`."""
    match op:
        case ast.USub():
            return -value
        case ast.UAdd():
            return value
        case ast.Invert():
            return ~value
        case ast.Not():
            return int(not value)
    return None


def fold_comparison(op: ast.cmpop, left: int, right: int) -> bool | None:
    """Return the exact result of a comparison."""
    match op:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
    return None


def fold(module: Module, node: ast.expr, op: ast.operator, left: int, right: int) -> int:
    """Return the exact result of an operation on two exact integers."""
    if isinstance(op, ast.LShift | ast.RShift) and not 0 <= right < MOST_BITS:
        raise mistake("L027", (module, node), f"a shift by {right}", "a number has at most 64 bits in a place")
    if isinstance(op, ast.FloorDiv | ast.Mod) and right == 0:
        raise mistake("L027", (module, node), "division by zero")
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case ast.LShift():
            return left << right
        case ast.RShift():
            return left >> right
        case ast.BitAnd():
            return left & right
        case ast.BitOr():
            return left | right
        case ast.BitXor():
            return left ^ right
        case ast.Pow() if 0 <= right < MOST_BITS:
            return int(left**right)
    raise unknown_operator(module, node, op)


def unknown_operator(module: Module, node: ast.expr, op: ast.operator) -> Exception:
    """Return the mistake for an operator that the language lacks."""
    if isinstance(op, ast.Div):
        return mistake(
            "L006",
            (module, node),
            "`/` gives a fraction, and there are none",
            "integers are divided with `//`",
            helps=["write `//`"],
        )
    return mistake(
        "L006", (module, node), "this operator is not in the language", "integers have + - * // % << >> & | ^"
    )
