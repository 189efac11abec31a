"""Statements: control, assignments, properties, `with`."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.types import BOOL, I64, U32, Integer
from lockwright.language.declarations import WordOfLanguage
from lockwright.language.kinds import PointerKind, lowered_value
from lockwright.language.lowering import conditions, expressions, locking, places
from lockwright.language.lowering.conversions import coerce, describe
from lockwright.language.lowering.frame import Loop
from lockwright.language.lowering.values import Exact, NoValue, Result, State, Typed, merge
from lockwright.language.mistakes import Follows, Mistake
from lockwright.language.parse import look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.diagnostics.diagnostic import Diagnostic
    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame

_ABSENT = {
    ast.Try: ("there are no exceptions", "test what may fail"),
    ast.Raise: ("there are no exceptions", "state a property with `assert`"),
    ast.Match: ("there is no `match`", "write `if` and `elif`"),
    ast.FunctionDef: ("a function inside a function is not in the language", "write it at the top of the file"),
    ast.ClassDef: ("a class inside a function is not in the language", "write it at the top of the file"),
    ast.Global: ("there is no `global`", "storage that all share is declared `name: Kind = shared()` at the top"),
    ast.Nonlocal: ("there is no `nonlocal`", "functions are not nested"),
    ast.Delete: ("there is no `del`", "a record from `alloc` is given back with `free(record)`"),
    ast.Import: ("an import stands at the top of the file", "move it there"),
    ast.ImportFrom: ("an import stands at the top of the file", "move it there"),
    ast.AsyncFor: ("there is no `async`", "threads are workers of a `Workload`"),
    ast.AsyncWith: ("there is no `async`", "threads are workers of a `Workload`"),
    ast.AsyncFunctionDef: ("there is no `async`", "threads are workers of a `Workload`"),
}


def body(frame: Frame, statements: Sequence[ast.stmt]) -> None:
    """Emit statements one after the other; a mistake in one does not hide those in the next."""
    for statement in statements:
        if frame.known is None and not isinstance(statement, ast.Pass):
            frame.unit.found.add(_unreachable(frame, statement))
            return
        try:
            _statement(frame, statement)
        except Mistake as error:
            frame.unit.found.add(error.diagnostic)
            _broken(frame, statement)
        except Follows:
            _broken(frame, statement)


def _unreachable(frame: Frame, statement: ast.stmt) -> Diagnostic:
    error = frame.mistake(
        "L041",
        statement,
        "this is never reached",
        "every way here ends before it",
        helps=["take it out, or move it up"],
    )
    assert isinstance(error, Mistake)
    return error.diagnostic


def _broken(frame: Frame, statement: ast.stmt) -> None:
    """Go on behind a statement with a mistake: what it would have assigned is unknown, and no mistake of its own."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in frame.locals:
            frame.broken.add(node.id)
    if frame.build.is_closed:
        frame.build.enter(frame.build.label("behind"))
    if isinstance(statement, ast.Return):
        frame.known = None


def _statement(frame: Frame, node: ast.stmt) -> None:
    frame.at(node)
    match node:
        case ast.Expr(value=value):
            _expression(frame, value)
        case ast.Assign(targets=[target], value=value):
            _assign(frame, target, value)
        case ast.AnnAssign(target=ast.Name() as target, annotation=annotation, value=value):
            _annotated(frame, node, target, annotation, value)
        case ast.AugAssign(target=target, op=op, value=value):
            _augmented(frame, node, target, op, value)
        case ast.Return(value=value):
            _return(frame, node, value)
        case ast.If(test=test, body=then, orelse=otherwise):
            _if(frame, test, then, otherwise)
        case ast.While(test=test, body=inner, orelse=[]):
            _while(frame, node, test, inner)
        case ast.For(target=target, iter=source, body=inner, orelse=[]):
            _for(frame, target, source, inner)
        case ast.With(items=items, body=inner):
            _with(frame, items, inner)
        case ast.Assert(test=test, msg=message):
            _assert(frame, node, test, message)
        case ast.Break() | ast.Continue():
            _leave_round(frame, node)
        case ast.Pass():
            pass
        case ast.While() | ast.For():
            raise frame.mistake("L006", node.orelse[0], "a loop has no `else`", helps=["put it behind the loop"])
        case ast.Assign():
            raise frame.mistake("L006", node, "one assignment at a time", helps=["write them one below the other"])
        case _:
            for kind, (title, advice) in _ABSENT.items():
                if isinstance(node, kind):
                    raise frame.mistake("L006", node, title, helps=[advice])
            raise frame.mistake("L006", node, "this statement is not in the language")


def _expression(frame: Frame, node: ast.expr) -> None:
    if isinstance(node, ast.Constant) and (isinstance(node.value, str) or node.value is ...):
        return
    if not isinstance(node, ast.Call):
        raise frame.mistake(
            "L049", node, "this does nothing", "its value is not used", helps=["assign it, or take it out"]
        )
    expressions.evaluate(frame, node)


def _assign(frame: Frame, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Tuple):
        _assign_each(frame, target, value)
        return
    result = expressions.evaluate(frame, value)
    _store(frame, target, value, result)


def _store(frame: Frame, target: ast.expr, value: ast.expr, result: Result) -> None:
    if isinstance(target, ast.Name):
        storage = places.named_storage(frame, target)
        if storage is not None:
            raise frame.mistake(
                "L030",
                target,
                f"the storage `{target.id}` is not assigned as a whole",
                helps=["assign its fields, or use its operations"],
            )
        if target.id == "self":
            raise frame.mistake("L030", target, "`self` is not assigned")
        _not_used_up(frame, target)
        expressions.assign_local(frame, target, target.id, value, result)
        return
    place = places.assignable(frame, target)
    operand = coerce(frame, value, result, place.kind)  # type: ignore[arg-type]  # `assignable` gives values
    frame.at(target)
    frame.build.do("store", place.address, operand)


def _not_used_up(frame: Frame, target: ast.Name) -> None:
    frame.ended.pop(target.id, None)


def _assign_each(frame: Frame, target: ast.Tuple, value: ast.expr) -> None:
    if not isinstance(value, ast.Tuple) or len(value.elts) != len(target.elts):
        raise frame.mistake(
            "L006", value, "there are no tuples but `a, b = x, y`", "as many values as names are needed"
        )
    results = []
    for one in value.elts:
        result = expressions.evaluate(frame, one)
        if isinstance(result, Typed) and not isinstance(result.operand, Constant):
            kept = frame.build.register(lowered_value(result.kind))
            frame.copy(result.operand, kept)
            result = Typed(kept, result.kind)
        results.append(result)
    for name, one, result in zip(target.elts, value.elts, results, strict=True):
        _store(frame, name, one, result)


def _annotated(
    frame: Frame, node: ast.AnnAssign, target: ast.Name, annotation: ast.expr, value: ast.expr | None
) -> None:
    kind = frame.reader.value(annotation)
    if target.id in frame.locals and frame.locals[target.id].kind != kind:
        local = frame.locals[target.id]
        raise frame.mistake(
            "L011",
            node,
            f"`{target.id}` is a `{local.kind}` already",
            "a local has one type",
            secondary=[(local.span, f"`{target.id}` became a `{local.kind}` here")],
        )
    frame.unit.sync()
    if value is None:
        raise frame.mistake("L020", node, f"`{target.id}` gets no value", helps=[f"write `{ast.unparse(node)} = ...`"])
    result = expressions.evaluate(frame, value)
    operand = coerce(frame, value, result, kind)
    _not_used_up(frame, target)
    if target.id not in frame.locals:
        frame.declare(target.id, kind, target)
    frame.at(node)
    frame.copy(operand, frame.locals[target.id].register)
    checked = isinstance(result, Typed) and isinstance(result.kind, PointerKind) and not result.kind.nullable
    if frame.known is not None:
        frame.known = frame.known.assign(target.id, checked=checked)


def _augmented(frame: Frame, node: ast.AugAssign, target: ast.expr, op: ast.operator, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        old: Result = expressions.evaluate(frame, target)
        result = expressions.binary(frame, node.value, op, (target, old), (value, expressions.evaluate(frame, value)))
        frame.at(node)
        expressions.assign_local(frame, target, target.id, value, result)
        return
    place = places.assignable(frame, target)
    frame.at(node)
    before = places.load(frame, place)
    after = expressions.binary(frame, node.value, op, (target, before), (value, expressions.evaluate(frame, value)))
    operand = coerce(frame, value, after, place.kind)  # type: ignore[arg-type]  # likewise
    frame.at(node)
    frame.build.do("store", place.address, operand)


def _return(frame: Frame, node: ast.Return, value: ast.expr | None) -> None:
    operand = None
    if frame.result is None:
        is_none = isinstance(value, ast.Constant) and value.value is None
        if value is not None and not is_none and not isinstance(expressions.evaluate(frame, value), NoValue):
            name = frame.signature.declaration.name
            raise frame.mistake(
                "L022",
                node,
                f"`{name}` returns nothing",
                "its result type says so",
                secondary=[(frame.signature.span, "declared here")],
                helps=[f"write `def {name}(...) -> u32:`, or what it gives"],
            )
    elif value is None:
        raise frame.mistake(
            "L022",
            node,
            "a value is missing",
            f"`{frame.result}` is declared as the result",
            secondary=[(frame.signature.span, "declared here")],
        )
    else:
        operand = expressions.operand_of(frame, value, frame.result)
    if operand is not None and not isinstance(operand, Constant) and frame.cleanups:
        kept = frame.build.register(frame.build.type_of(operand))
        frame.copy(operand, kept)
        operand = kept
    frame.undo(0)
    frame.at(node)
    frame.build.give_back(operand)
    frame.known = None


def _if(frame: Frame, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
    build = frame.build
    yes, no, after = build.label("then"), build.label("else"), build.label("endif")
    known_yes, known_no = conditions.condition(frame, test, yes, no)
    ends: list[State] = []
    for label, known, inner in ((yes, known_yes, then), (no, known_no, otherwise)):
        build.enter(label)
        frame.known = known
        body(frame, inner)
        if not build.is_closed:
            build.jump(after)
        ends.append(frame.known)
    build.enter(after)
    frame.known = merge(*ends)


def _assigned_in(statements: Sequence[ast.AST]) -> frozenset[str]:
    """Return the names of which a loop makes unknown again what was known before it.

    Not those that it only assigns straight before `assert NAME is not None`: they are as well known as they were.
    """
    assigned = [
        node
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    stated = {target for statement in statements for one in ast.walk(statement) for target in _stated_in(one)}
    return frozenset(node.id for node in assigned if node not in stated)


def _stated_in(node: ast.AST) -> list[ast.Name]:
    """Return the names in the blocks of a statement that are assigned, and not `None` says the statement behind."""
    found = []
    for block in ("body", "orelse"):
        statements = getattr(node, block, [])
        if not isinstance(statements, list):
            continue
        for first, second in itertools.pairwise(statements):
            match first, second:
                case (
                    ast.Assign(targets=[ast.Name(id=name) as target]),
                    ast.Assert(
                        test=ast.Compare(
                            left=ast.Name(id=stated), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]
                        )
                    ),
                ) if name == stated:
                    found.append(target)
    return found


def _while(frame: Frame, node: ast.While, test: ast.expr, inner: list[ast.stmt]) -> None:
    build = frame.build
    again, round_, leave = build.label("while"), build.label("round"), build.label("endwhile")
    build.jump(again)
    build.enter(again)
    if frame.known is not None:
        frame.known = frame.known.forget(_assigned_in([node]))
    is_endless = isinstance(test, ast.Constant) and bool(test.value)
    known_yes, known_no = conditions.condition(frame, test, round_, leave)
    loop = Loop(again, leave, len(frame.cleanups), None if is_endless else known_no)
    _round(frame, loop, round_, known_yes, inner, again)
    build.enter(leave)
    frame.known = loop.at_leave


def _round(frame: Frame, loop: Loop, label: str, known: State, inner: list[ast.stmt], again: str) -> None:
    frame.build.enter(label)
    frame.known = known
    frame.loops.append(loop)
    body(frame, inner)
    frame.loops.pop()
    if not frame.build.is_closed:
        frame.build.jump(again)


def _leave_round(frame: Frame, node: ast.Break | ast.Continue) -> None:
    if not frame.loops:
        raise frame.mistake("L006", node, "this stands in no loop")
    loop = frame.loops[-1]
    frame.undo(loop.depth)
    frame.at(node)
    if isinstance(node, ast.Break):
        frame.build.jump(loop.leave)
        loop.at_leave = merge(loop.at_leave, frame.known)
    else:
        frame.build.jump(loop.again)
    frame.known = None


def _for(frame: Frame, target: ast.expr, source: ast.expr, inner: list[ast.stmt]) -> None:
    if not isinstance(target, ast.Name) or target.id in frame.locals:
        title = (
            "a `for` counts with one name" if not isinstance(target, ast.Name) else f"`{target.id}` is a local already"
        )
        raise frame.mistake("L048", target, title, helps=["take a fresh name"])
    first, last, step, kind = _range(frame, source)
    build = frame.build
    counter = frame.declare(target.id, kind, target)
    frame.at(source)
    frame.copy(first, counter.register)
    again, round_, following, leave = (build.label(one) for one in ("for", "round", "next", "endfor"))
    build.jump(round_ if _has_a_round(first, last, step) else again)
    build.enter(again)
    if frame.known is not None:
        frame.known = frame.known.forget(_assigned_in(inner)).assign(target.id, checked=False)
    known = frame.known
    down = kind.signed and isinstance(step, Constant) and step.value < 0
    build.branch(build.emit("gt" if down else "lt", counter.register, last), round_, leave)
    loop = Loop(following, leave, len(frame.cleanups), known)
    _round(frame, loop, round_, known, inner, following)
    build.enter(following)
    frame.at(source)
    build.emit("add", counter.register, step, into=counter.register)
    build.jump(again)
    build.enter(leave)
    frame.known = loop.at_leave
    del frame.locals[target.id]
    frame.ended[target.id] = counter.span


def _has_a_round(first: Operand, last: Operand, step: Operand) -> bool:
    """Whether the first round is sure: it needs no test then, so that a wait that may give up looks once at least."""
    if not isinstance(first, Constant) or not isinstance(last, Constant) or not isinstance(step, Constant):
        return False
    return first.value < last.value if step.value > 0 else first.value > last.value


def _range(frame: Frame, node: ast.expr) -> tuple[Operand, Operand, Operand, Integer]:
    """Return first, last (exclusive) and step of a `range(...)`, and the kind of its counter."""
    is_range = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and (look_up(frame.module, node.func.id) == WordOfLanguage("range"))
    )
    if not is_range:
        raise frame.mistake(
            "L006",
            node,
            "a `for` goes through a `range`",
            "arrays are indexed",
            helps=["write `for index in range(len(array)):`"],
        )
    assert isinstance(node, ast.Call)
    if not 1 <= len(node.args) <= 3 or node.keywords:
        raise frame.mistake("L015", node, "`range` takes one to three numbers")
    values = [(one, expressions.evaluate(frame, one)) for one in node.args]
    kind: Integer = U32
    for one, value in values:
        if isinstance(value, Typed) and isinstance(value.kind, Integer) and value.kind != BOOL:
            kind = value.kind if kind is U32 or value.kind.bits > kind.bits else kind
        elif not isinstance(value, Exact):
            raise frame.mistake("L007", one, f"`range` counts integers, not {describe(value)}")
    if any(isinstance(value, Exact) and value.value < 0 for _, value in values):
        kind = I64
    operands = [coerce(frame, one, value, kind) for one, value in values]
    first = operands[0] if len(operands) > 1 else Constant(0, kind)
    last = operands[1] if len(operands) > 1 else operands[0]
    step = operands[2] if len(operands) > 2 else Constant(1, kind)
    if not isinstance(step, Constant) or step.value == 0:
        raise frame.mistake("L026", node, "the step of a `range` is a constant other than 0")
    return first, last, step, kind


def _with(frame: Frame, items: list[ast.withitem], inner: list[ast.stmt]) -> None:
    depth = len(frame.cleanups)
    try:
        for item in items:
            if item.optional_vars is not None:
                raise frame.mistake("L006", item.optional_vars, "a `with` gives no value", helps=["take `as ...` away"])
            _enter(frame, item.context_expr)
    finally:
        body(frame, inner)
        if not frame.build.is_closed and frame.known is not None:
            frame.undo(depth)
        del frame.cleanups[depth:]


def _enter(frame: Frame, node: ast.expr) -> None:
    """Emit the entry of one `with` item, and arrange for what undoes it."""
    name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    word = look_up(frame.module, name) if name else None
    build = frame.build
    if word == WordOfLanguage("interrupts_disabled"):
        were_on = build.emit("interrupts_off")
        frame.cleanups.append(lambda: build.do("interrupts_restore", were_on))
    elif word in (
        WordOfLanguage("preemption_disabled"),
        WordOfLanguage("softirqs_disabled"),
        WordOfLanguage("rcu_read"),
    ):
        op, enter, leave = {
            "preemption_disabled": ("preemption", "off", "on"),
            "softirqs_disabled": ("softirqs", "off", "on"),
            "rcu_read": ("rcu_read", "enter", "leave"),
        }[name]
        build.do(op, attributes=(enter,))
        frame.cleanups.append(lambda: build.do(op, attributes=(leave,)))
    else:
        locking.enter_lock(frame, node)


def _assert(frame: Frame, node: ast.Assert, test: ast.expr, message: ast.expr | None) -> None:
    shown = ast.unparse(test)
    if message is not None:
        if not isinstance(message, ast.Constant) or not isinstance(message.value, str):
            raise frame.mistake("L026", message, "the message of an `assert` is a text as it stands")
        shown = message.value
    build = frame.build
    if isinstance(test, ast.Constant) and test.value is False:
        build.do("assert", Constant(0, BOOL), attributes=(shown,))
        _end_here(frame)
        return
    if isinstance(test, ast.Compare) and not _narrows(test):
        operand = conditions.truth(frame, test).operand
        frame.at(node)
        build.do("assert", operand, attributes=(shown,))
        return
    yes, no = build.label("holds"), build.label("fails")
    known_yes, _ = conditions.condition(frame, test, yes, no)
    build.enter(no)
    frame.at(node)
    build.do("assert", Constant(0, BOOL), attributes=(shown,))
    build.jump(yes)
    build.enter(yes)
    frame.known = known_yes


def _end_here(frame: Frame) -> None:
    """Leave the function where it cannot go on; only a run that counts failures does."""
    frame.undo(0)
    frame.build.give_back(None if frame.result is None else Constant(0, lowered_value(frame.result)))
    frame.known = None


def _narrows(test: ast.Compare) -> bool:
    return any(isinstance(one, ast.Is | ast.IsNot) for one in test.ops)
