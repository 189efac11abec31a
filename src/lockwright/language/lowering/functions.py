"""Bodies: each function that is called is lowered once; then the finders of slots, which need to know all places."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.language.kinds import lowered_value
from lockwright.language.lowering import statements
from lockwright.language.lowering.frame import Frame, Local
from lockwright.language.lowering.locking import write_finder
from lockwright.language.lowering.unit import Signature, Unit, decorators
from lockwright.language.lowering.values import Known
from lockwright.language.lowering.writer import Writer
from lockwright.language.mistakes import Mistake, mistake
from lockwright.language.spans import span_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def lower_pending(unit: Unit) -> None:
    """Lower every function that is called and has no body yet."""
    while unit.pending:
        signature = unit.pending.pop(0)
        with unit.found.going_on():
            lower(unit, signature)


def lower(unit: Unit, signature: Signature) -> None:
    """Lower the body of one function."""
    declared = signature.declaration
    unit.sync()
    build = Writer(
        unit.program,
        signature.name,
        [(name, lowered_value(kind)) for name, kind in signature.parameters],
        None if signature.result is None else lowered_value(signature.result),
        role=signature.role,
        span=signature.span,
    )
    _decorate(unit, signature, build)
    frame = Frame(unit, signature, build)
    for (name, kind), register in zip(signature.parameters, build.parameters, strict=True):
        if name != "self" or signature.owner is None:
            node = next(one for one in declared.parameters if one.arg == name)
            frame.locals[name] = Local(register, kind, span_of(frame.module, node))
            frame.known = Known(frame.known.assigned | {name}) if frame.known is not None else None
    statements.body(frame, declared.node.body)
    _end(frame, signature)
    build.finish()


def _end(frame: Frame, signature: Signature) -> None:
    """End the last block: a function without result returns, one with a result must have done so."""
    if frame.build.is_closed:
        return
    if frame.known is not None and signature.result is not None:
        error = mistake(
            "L022",
            signature.span,
            f"`{signature.declaration.name}` may end without a value",
            f"`{signature.result}` is declared as the result",
            helps=["return one on every way through it"],
        )
        frame.unit.found.add(error.diagnostic)
    frame.build.span = signature.span
    frame.build.give_back(None if signature.result is None else Constant(0, lowered_value(signature.result)))


def _decorate(unit: Unit, signature: Signature, build: Writer) -> None:
    marks = decorators(unit.found, signature.declaration)
    build.function.noinline = "noinline" in marks
    symbol = marks.get("symbol")
    if isinstance(symbol, ast.Call) and len(symbol.args) == 1:
        text = symbol.args[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            build.function.symbol = text.value
            return
    if symbol is not None:
        raise mistake(
            "L038",
            (signature.declaration.module, symbol),
            "`symbol` takes the name in a profile, as text",
            helps=['write `@symbol("name")`'],
        )


def write_finders(unit: Unit) -> None:
    """Write the functions that look for slots."""
    for name, (owner, context) in unit.finders.items():
        write_finder(unit, name, owner, context)


def check_recursion(unit: Unit) -> None:
    """Tell functions that call themselves, directly or through others."""
    signatures = {one.name: one for one in unit.signatures}
    for name, one in signatures.items():
        circle = _circle(signatures, name)
        if circle and min(circle) == name:
            others = " -> ".join(f"`{signatures[step].declaration.name}`" for step in (*circle, name))
            error: Mistake = mistake(
                "L039",
                one.span,
                f"`{one.declaration.name}` calls itself",
                others,
                notes=["a lock's depth is known when compiling: there is no stack to grow"],
                helps=["write a loop"],
            )
            unit.found.add(error.diagnostic)


def _circle(signatures: dict[str, Signature], start: str) -> list[str]:
    """Return a way of calls from a function back to itself."""
    parents: dict[str, str] = {}
    pending = [start]
    while pending:
        name = pending.pop(0)
        for callee in sorted(signatures[name].callees if name in signatures else ()):
            if callee == start:
                return list(_back(parents, name, start))[::-1]
            if callee not in parents and callee in signatures:
                parents[callee] = name
                pending.append(callee)
    return []


def _back(parents: dict[str, str], name: str, start: str) -> Iterator[str]:
    while name != start:
        yield name
        name = parents[name]
    yield start
