"""Operations of atomics: what they take, in which orders, on a whole or on a part of a word."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.table import Order
from lockwright.ir.types import BOOL
from lockwright.language.declarations import WordOfLanguage
from lockwright.language.kinds import AtomicKind, PointerKind, ValueKind, WordKind
from lockwright.language.lowering import expressions
from lockwright.language.lowering.conversions import coerce
from lockwright.language.lowering.values import NoValue, PartOf, Result, Typed
from lockwright.language.mistakes import counted, nearest
from lockwright.language.parse import look_up
from lockwright.language.vocabulary import ORDERS, REFUSED_ORDERS

if TYPE_CHECKING:
    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame

_VALUES = {
    "load": (),
    "store": ("value",),
    "exchange": ("value",),
    "compare_exchange": ("expected", "desired"),
    "fetch_add": ("value",),
    "fetch_sub": ("value",),
    "fetch_or": ("value",),
    "fetch_and": ("value",),
}
_OPS = {"load": "atomic_load", "store": "atomic_store"}
_WITHOUT_RELEASE = {Order.ACQ_REL: Order.ACQUIRE, Order.RELEASE: Order.RELAXED}


def operation(frame: Frame, node: ast.Call, receiver: Typed | PartOf, name: str) -> Result:
    """Emit one atomic operation."""
    assert isinstance(node.func, ast.Attribute)
    if name not in _VALUES:
        near = nearest(name, _VALUES)
        raise frame.mistake(
            "L004",
            node.func,
            f"atomics have no `{name}`",
            "",
            helps=[f"did you mean `{near}`?" if near else "known: " + ", ".join(f"`{one}`" for one in _VALUES)],
        )
    kind = _kind(receiver)
    if name.startswith("fetch_") and (isinstance(kind, PointerKind) or kind == BOOL):
        raise frame.mistake(
            "L045",
            node,
            f"a `{kind}` has no `{name}`",
            "only integers and words are added to",
            helps=["use `exchange` or `compare_exchange`"],
        )
    values, orders = _split(frame, node, name)
    operands = [
        coerce(frame, one, expressions.evaluate(frame, one), _wanted(kind, what, name))
        for one, what in zip(values, _VALUES[name], strict=True)
    ]
    return _emit(frame, node, receiver, kind, name, operands, orders)


def _emit(
    frame: Frame,
    node: ast.Call,
    receiver: Typed | PartOf,
    kind: ValueKind,
    name: str,
    operands: list[Operand],
    orders: tuple[Order, ...],
) -> Result:
    frame.at(node)
    op = _OPS.get(name, name)
    if isinstance(receiver, PartOf):
        address: Operand = frame.build.emit("part_address", receiver.word.operand, attributes=(receiver.name,))
    else:
        address = receiver.operand
    if name == "store":
        frame.build.do(op, address, *operands, attributes=orders)
        return NoValue()
    return Typed(frame.build.emit(op, address, *operands, attributes=orders), kind)


def _kind(receiver: Typed | PartOf) -> ValueKind:
    pointer = receiver.word.kind if isinstance(receiver, PartOf) else receiver.kind
    assert isinstance(pointer, PointerKind)
    assert isinstance(pointer.target, AtomicKind)
    whole = pointer.target.value
    if isinstance(receiver, PartOf):
        assert isinstance(whole, WordKind)
        return whole.word.part(receiver.name).type
    return whole


def _wanted(kind: ValueKind, what: str, name: str) -> ValueKind:
    """Return the kind of an argument: what is compared may be `None` even where what is stored may not."""
    del name
    if isinstance(kind, PointerKind) and what == "expected":
        return PointerKind(kind.target, nullable=True)
    return kind


def _split(frame: Frame, node: ast.Call, name: str) -> tuple[list[ast.expr], tuple[Order, ...]]:
    """Return the values and the orders among the arguments."""
    wanted = _VALUES[name]
    named = {one.arg: one.value for one in node.keywords}
    values = list(node.args[: len(wanted)])
    values += [named.pop(what) for what in wanted[len(values) :] if what in named]
    rest = node.args[len(wanted) :]
    if len(values) < len(wanted) or len(rest) > 1:
        shown = ", ".join((*wanted, "order"))
        raise frame.mistake(
            "L015", node, f"`{name}` takes ({shown})", f"{counted(len(node.args) + len(node.keywords))} given"
        )
    order_node = rest[0] if rest else named.pop("order", None)
    order = Order.SEQ_CST if order_node is None else read_order(frame, order_node, name)
    failure_node = named.pop("failure", None) if name == "compare_exchange" else None
    if named:
        unknown = next(iter(named))
        raise frame.mistake("L015", node, f"`{name}` takes no `{unknown}`")
    if name != "compare_exchange":
        return values, (order,)
    failure = _WITHOUT_RELEASE.get(order, order) if failure_node is None else read_order(frame, failure_node, "failure")
    return values, (order, failure)


def read_order(frame: Frame, node: ast.expr, use: str) -> Order:
    """Return the memory order that an argument names, refused where C11 refuses it."""
    word = look_up(frame.module, node.id) if isinstance(node, ast.Name) else None
    if not isinstance(word, WordOfLanguage) or word.name not in ORDERS:
        shown = ast.unparse(node)
        near = nearest(shown, ORDERS)
        if near == shown:
            raise frame.mistake(
                "L003", node, f"`{shown}` is not imported", helps=[f"write `from lockwright.language import {shown}`"]
            )
        raise frame.mistake(
            "L031",
            node,
            f"`{shown}` is no memory order",
            "an order is named when compiling",
            helps=[
                f"did you mean `{near}`?" if near else "write `relaxed`, `acquire`, `release`, `acq_rel` or `seq_cst`"
            ],
        )
    order = ORDERS[word.name]
    if order in REFUSED_ORDERS.get(use, ()):
        what = "a failed compare-exchange" if use == "failure" else f"a {use}"
        better = "acquire" if use != "store" else "release"
        raise frame.mistake(
            "L031",
            node,
            f"{what} cannot be `{word.name}`",
            "it writes nothing" if use != "store" else "it reads nothing",
            helps=[f"write `{better}`"],
        )
    return order
