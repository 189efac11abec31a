"""The words of the language that are called: what each takes, gives and becomes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant, Reg
from lockwright.ir.table import Order
from lockwright.ir.types import BOOL, I64, U32, U64, Extent, Integer
from lockwright.language.declarations import ClassDeclaration
from lockwright.language.kinds import ArrayKind, AtomicKind, PointerKind, StructKind, ValueKind, WordKind, lowered_value
from lockwright.language.lowering import expressions, places
from lockwright.language.lowering.atomics import read_order
from lockwright.language.lowering.conversions import balance, coerce, describe
from lockwright.language.lowering.values import Exact, NoValue, Result, TableValue, Typed
from lockwright.language.mistakes import counted
from lockwright.language.parse import look_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.ir.program import Attribute, Operand
    from lockwright.language.lowering.frame import Frame


@dataclass(frozen=True, slots=True)
class _Simple:
    """A word that is one instruction: its instruction, parameters, result and attributes."""

    op: str
    parameters: tuple[tuple[str, Integer], ...] = ()
    result: Integer | None = None
    attributes: tuple[Attribute, ...] = ()


_SIMPLE = {
    "pause": _Simple("pause"),
    "cpu": _Simple("cpu", (), U32),
    "numa_node": _Simple("numa_node", (), U32),
    "thread": _Simple("thread", (), U32),
    "threads": _Simple("extent", (), U32, (Extent.THREADS,)),
    "cpus": _Simple("extent", (), U32, (Extent.CPUS,)),
    "numa_nodes": _Simple("extent", (), U32, (Extent.NODES,)),
    "numa_node_ids": _Simple("extent", (), U32, (Extent.NODE_IDS,)),
    "numa_node_exists": _Simple("numa_node_exists", (("node", U32),), BOOL),
    "now": _Simple("now", (), U64),
    "random": _Simple("random", (("bound", U32),), U32),
    "compute": _Simple("compute", (("cycles", U64),)),
    "cpu_online": _Simple("cpu_online", (("target_cpu", U32),), BOOL),
    "cpu_set_online": _Simple("cpu_set_online", (("target_cpu", U32), ("online", BOOL))),
    "park": _Simple("park"),
    "unpark": _Simple("unpark", (("target_thread", U32),)),
    "interrupts_off": _Simple("interrupts_off", (), BOOL),
    "interrupts_restore": _Simple("interrupts_restore", (("were_on", BOOL),)),
    "preemption_off": _Simple("preemption", attributes=("off",)),
    "preemption_on": _Simple("preemption", attributes=("on",)),
    "in_nmi": _Simple("in_nmi", (), BOOL),
    "doorway": _Simple("doorway"),
    "running": _Simple("running", (), BOOL),
    "rcu_synchronize": _Simple("rcu_synchronize"),
    "event_clear": _Simple("event_clear"),
    "event_set": _Simple("event_set"),
    "event_pending": _Simple("event_pending", (), BOOL),
    "event_poll": _Simple("event_poll"),
    "event_send": _Simple("event_send", (("target_cpu", U32),)),
}


def word(frame: Frame, node: ast.Call, name: str) -> Result:
    """Emit the call of a word and return what it gives."""
    if name in _SIMPLE:
        return _simple(frame, node, name, _SIMPLE[name])
    special = _SPECIAL.get(name)
    if special is not None:
        return special(frame, node)
    if name in ("rcu_read", "interrupts_disabled", "softirqs_disabled", "preemption_disabled"):
        raise frame.mistake("L042", node, f"`{name}()` stands in a `with`", helps=[f"write `with {name}():`"])
    if name == "range":
        raise frame.mistake("L006", node, "`range` stands in a `for`", helps=["write `for index in range(...):`"])
    raise frame.mistake("L006", node, f"`{name}` is not called here")


def take(frame: Frame, node: ast.Call, /, **parameters: ast.expr | bool | None) -> dict[str, ast.expr | None]:
    """Return the arguments by name; a parameter given as True must be there."""
    names = list(parameters)
    given: dict[str, ast.expr | None] = dict.fromkeys(names)
    shown = ", ".join(names)
    if len(node.args) > len(names):
        raise frame.mistake(
            "L015", node, f"`{ast.unparse(node.func)}` takes ({shown})", f"{counted(len(node.args))} given"
        )
    given.update(zip(names, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in names or given[keyword.arg] is not None:
            raise frame.mistake(
                "L015", keyword, f"`{ast.unparse(node.func)}` takes no `{keyword.arg}` here", f"it takes ({shown})"
            )
        given[keyword.arg] = keyword.value
    missing = [name for name, needed in parameters.items() if needed is True and given[name] is None]
    if missing:
        raise frame.mistake("L015", node, f"`{ast.unparse(node.func)}` needs `{missing[0]}`", f"it takes ({shown})")
    return given


def _simple(frame: Frame, node: ast.Call, name: str, simple: _Simple) -> Result:
    given = take(frame, node, **{one: True for one, _ in simple.parameters})
    operands = [integer(frame, given[one], kind) for one, kind in simple.parameters]
    frame.at(node)
    if name == "random" and isinstance(operands[0], Constant) and operands[0].value == 0:
        raise frame.mistake("L027", node, "`random(0)` has no value", "it gives a number below its bound")
    if simple.result is None:
        frame.build.do(simple.op, *operands, attributes=simple.attributes)
        return NoValue()
    return Typed(frame.build.emit(simple.op, *operands, attributes=simple.attributes), simple.result)


def integer(frame: Frame, node: ast.expr | None, kind: Integer) -> Operand:
    """Emit an argument that is an integer; a wider type is cut, as a register is."""
    assert node is not None
    value = expressions.evaluate(frame, node)
    if isinstance(value, Typed) and isinstance(value.kind, Integer) and value.kind != BOOL and kind != BOOL:
        frame.at(node)
        return value.operand if value.kind == kind else frame.build.emit("convert", value.operand, kind=kind)
    return coerce(frame, node, value, kind)


def flag(frame: Frame, node: ast.expr | None, default: bool) -> bool:
    """Return an argument that must be `True` or `False` as written."""
    if node is None:
        return default
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return node.value
    raise frame.mistake("L026", node, "`True` or `False` is needed here", "it decides what is compiled")


def _fence(frame: Frame, node: ast.Call) -> Result:
    order = take(frame, node, order=False)["order"]
    chosen = Order.SEQ_CST if order is None else read_order(frame, order, "fence")
    if chosen is Order.RELAXED:
        raise frame.mistake(
            "L031", node, "a relaxed fence does nothing", helps=["write `fence()`, or `fence(acquire)`"]
        )
    frame.at(node)
    frame.build.do("fence", attributes=(chosen,))
    return NoValue()


def _halt(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, interrupts_on=False)["interrupts_on"]
    if given is None:
        frame.build.do("halt", attributes=("keep",))
        return NoValue()
    operand = expressions.operand_of(frame, given, BOOL)
    frame.at(node)
    if isinstance(operand, Constant):
        frame.build.do("halt", attributes=("on" if operand.value else "keep",))
    else:
        frame.build.do("halt_if", operand)
    return NoValue()


def _kick(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, target_cpu=True, latched=False)
    target = integer(frame, given["target_cpu"], U32)
    latch = "latched" if flag(frame, given["latched"], default=True) else "unlatched"
    frame.at(node)
    frame.build.do("kick", target, attributes=(latch,))
    return NoValue()


def _address_of_atomic(frame: Frame, node: ast.expr) -> tuple[Operand, ValueKind]:
    value = expressions.evaluate(frame, node)
    if isinstance(value, Typed) and isinstance(value.kind, PointerKind) and isinstance(value.kind.target, AtomicKind):
        return value.operand, value.kind.target.value
    raise frame.mistake("L007", node, f"expected an atomic, got {describe(value)}", "a futex is an `Atomic[u32]`")


def _futex_wait(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, word=True, expected=True, bitset=False)
    assert given["word"] is not None
    assert given["expected"] is not None
    address, kind = _address_of_atomic(frame, given["word"])
    expected = expressions.operand_of(frame, given["expected"], kind)
    bits = Constant(0xFFFFFFFF, U32) if given["bitset"] is None else integer(frame, given["bitset"], U32)
    frame.at(node)
    frame.build.do("futex_wait", address, expected, bits)
    return NoValue()


def _futex_wake(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, word=True, count=True, bitset=False)
    assert given["word"] is not None
    address, _ = _address_of_atomic(frame, given["word"])
    count = integer(frame, given["count"], U32)
    bits = Constant(0xFFFFFFFF, U32) if given["bitset"] is None else integer(frame, given["bitset"], U32)
    frame.at(node)
    frame.build.do("futex_wake", address, count, bits)
    return NoValue()


def _raise_interrupt(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, handler=True, target_cpu=True)
    handler = given["handler"]
    name = handler.attr if isinstance(handler, ast.Attribute) else ""
    if frame.owner is None or name not in frame.unit.handlers:
        raise frame.mistake(
            "L007",
            handler or node,
            "this names no handler",
            "a handler is a method with `@interrupt` or `@softirq`",
            helps=["write `raise_interrupt(self.tick, cpu)`"],
        )
    target = integer(frame, given["target_cpu"], U32)
    frame.at(node)
    frame.build.do("raise_interrupt", target, attributes=(frame.unit.handlers[name],))
    return NoValue()


def _alloc(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, kind=True, node=False, zero=False)
    assert given["kind"] is not None
    target = frame.reader.value(given["kind"])
    inner = target.target if isinstance(target, PointerKind) else target
    if not isinstance(inner, StructKind):
        raise frame.mistake("L007", given["kind"], f"`alloc` makes structs, and `{inner}` is none")
    frame.unit.sync()
    place: Operand = Constant(-1, I64)
    if given["node"] is not None:
        place = coerce(frame, given["node"], expressions.evaluate(frame, given["node"]), I64)
    zero = int(flag(frame, given["zero"], default=True))
    frame.at(node)
    record = frame.build.emit("alloc", place, attributes=(inner.name, zero))
    _prepare(frame, record, inner)
    return Typed(record, PointerKind(inner, nullable=True))


def _prepare(frame: Frame, record: Reg, kind: StructKind) -> None:
    """Emit the setup of a fresh record, if its kind has one."""
    prepared = frame.unit.preparation(kind)
    if prepared is None:
        return
    frame.signature.callees.add(prepared)
    made, after = frame.build.label("made"), frame.build.label("ready")
    exists = frame.build.emit("ne", record, Constant(0, lowered_value(PointerKind(kind))))
    frame.build.branch(exists, made, after)
    frame.build.enter(made)
    frame.build.do("call", record, attributes=(prepared,))
    frame.build.jump(after)
    frame.build.enter(after)


def _record(frame: Frame, node: ast.expr | None) -> Operand:
    assert node is not None
    value = expressions.evaluate(frame, node)
    if isinstance(value, Typed) and isinstance(value.kind, PointerKind) and isinstance(value.kind.target, StructKind):
        places.require_checked(frame, node, value.kind)
        return value.operand
    raise frame.mistake("L007", node, f"expected a record, got {describe(value)}", "what is freed came from `alloc`")


def _free(frame: Frame, node: ast.Call) -> Result:
    record = _record(frame, take(frame, node, record=True)["record"])
    frame.at(node)
    frame.build.do("free", record)
    return NoValue()


def _rcu_free(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, record=True, head=False)
    record = _record(frame, given["record"])
    head_kind = PointerKind(frame.unit.instances.rcu_head())
    frame.unit.sync()
    head: Operand = Constant(0, lowered_value(head_kind))
    if given["head"] is not None:
        head = expressions.operand_of(frame, given["head"], head_kind)
    frame.at(node)
    frame.build.do("rcu_free", record, head)
    return NoValue()


def _patch(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, target=True, to=True)
    assert given["target"] is not None
    target = expressions.evaluate(frame, given["target"])
    if not isinstance(target, TableValue):
        raise frame.mistake("L037", given["target"], f"{describe(target)} is no table of calls")
    chosen = look_up(frame.module, given["to"].id) if isinstance(given["to"], ast.Name) else None
    if not isinstance(chosen, ClassDeclaration) or chosen.implements is not target.table.declaration:
        raise frame.mistake(
            "L037",
            given["to"] or node,
            f"this does not implement `{target.table}`",
            helps=[f"name a subclass of `{target.table}`"],
        )
    frame.at(node)
    frame.build.do("patch", attributes=(target.table.name, chosen.name))
    return NoValue()


def _extreme(op: str) -> Callable[[Frame, ast.Call], Result]:
    def emit(frame: Frame, node: ast.Call) -> Result:
        if len(node.args) < 2 or node.keywords:
            raise frame.mistake("L015", node, f"`{op}` takes two numbers or more", helps=[f"write `{op}(a, b)`"])
        results = [(one, expressions.evaluate(frame, one)) for one in node.args]
        value = results[0][1]
        for one in results[1:]:
            value = _extreme_of_two(frame, node, op, (results[0][0], value), one)
        return value

    return emit


def _extreme_of_two(
    frame: Frame, node: ast.Call, op: str, left: tuple[ast.expr, Result], right: tuple[ast.expr, Result]
) -> Result:
    if isinstance(left[1], Exact) and isinstance(right[1], Exact):
        return Exact((min if op == "min" else max)(left[1].value, right[1].value))
    first, second, kind = balance(frame, node, left, right, strict=True)
    if isinstance(kind, WordKind) or kind == BOOL:
        raise frame.mistake("L045", node, f"`{kind}`s have no order")
    frame.at(node)
    return expressions.operate(frame, op, first, second, kind)


def _len(frame: Frame, node: ast.Call) -> Result:
    given = take(frame, node, array=True)["array"]
    assert given is not None
    value = expressions.evaluate(frame, given)
    if isinstance(value, Typed) and isinstance(value.kind, PointerKind) and isinstance(value.kind.target, ArrayKind):
        length = value.kind.target.length
        frame.at(node)
        if isinstance(length, Extent):
            return Typed(frame.build.emit("extent", attributes=(length,)), U32)
        return Exact(length)
    raise frame.mistake("L007", given, f"{describe(value)} has no length", "only an `Array` has one")


_SPECIAL: dict[str, Callable[[Frame, ast.Call], Result]] = {
    "fence": _fence,
    "halt": _halt,
    "kick": _kick,
    "futex_wait": _futex_wait,
    "futex_wake": _futex_wake,
    "raise_interrupt": _raise_interrupt,
    "alloc": _alloc,
    "free": _free,
    "rcu_free": _rcu_free,
    "patch": _patch,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "len": _len,
}
