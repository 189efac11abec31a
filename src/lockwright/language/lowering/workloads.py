"""A `Workload` as a program: its root, who runs what, handlers, and what is checked at rest."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Global, Handler, Promises, Worker
from lockwright.ir.types import StructRef
from lockwright.language.exact import exact
from lockwright.language.lowering.functions import check_recursion, lower_pending, write_finders
from lockwright.language.lowering.preparing import ROOT, write_setup
from lockwright.language.lowering.unit import Unit, decorators
from lockwright.language.lowering.writer import Writer
from lockwright.language.mistakes import mistake
from lockwright.language.spans import span_of

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.language.declarations import FunctionDeclaration
    from lockwright.language.kinds import StructKind


def lower_workload(unit: Unit, root: StructKind) -> Program:
    """Return the program that a workload is."""
    program = unit.program
    unit.sync()
    program.globals[ROOT] = Global(ROOT, StructRef(root.name), span_of(root.declaration.module, root.declaration.node))
    unit.first_values[ROOT] = (root, 0)
    marks = {name: decorators(unit.found, one) for name, one in root.declaration.methods.items()}
    for name, found in marks.items():
        if "interrupt" in found or "softirq" in found:
            unit.handlers[name] = f"handler.{name}"
    for name, found in marks.items():
        with unit.found.going_on():
            _role(unit, root, name, found)
    if not program.workers and not len(unit.found):
        raise mistake(
            "L047",
            (root.declaration.module, root.declaration.node),
            f"nobody runs the workload `{root}`",
            "it has neither `each_thread` nor a method with `@workers`",
            helps=["write `def each_thread(self) -> None:`"],
        )
    program.workers.sort(key=lambda one: one.count is None)
    lower_pending(unit)
    while write_setup(unit):
        lower_pending(unit)
    write_finders(unit)
    unit.sync()
    check_recursion(unit)
    return program


def _role(unit: Unit, root: StructKind, name: str, marks: dict[str, ast.expr]) -> None:
    declared = root.declaration.methods[name]
    if "workers" in marks:
        _worker(unit, root, declared, marks["workers"])
    elif name == "each_thread":
        unit.program.workers.append(Worker(_entry(unit, root, name, f"thread.{name}")))
    elif name == "at_rest":
        unit.program.at_rest.append(_entry(unit, root, name, name))
    for word in ("interrupt", "softirq"):
        if word in marks:
            _handler(unit, root, name, marks[word], word)


def _entry(unit: Unit, root: StructKind, name: str, entry: str, context: str = "") -> str:
    """Write a function without parameters that calls a method of the root."""
    signature = unit.method(root, name, context)
    if len(signature.parameters) != 1 or signature.result is not None:
        raise mistake(
            "L047",
            signature.span,
            f"`{name}` takes and gives nothing",
            "nobody could pass it something",
            helps=[f"write `def {name}(self) -> None:`"],
        )
    build = Writer(unit.program, entry)
    build.span = build.function.span = signature.span
    build.do("call", build.emit("root", attributes=(ROOT,)), attributes=(signature.name,))
    build.give_back()
    build.finish()
    return entry


def _options(root: StructKind, declared: FunctionDeclaration, node: ast.expr) -> dict[str, int]:
    """Return the arguments of a decorator as numbers."""
    if not isinstance(node, ast.Call):
        return {}
    listed = [("count", one) for one in node.args[:1]] + [(one.arg or "", one.value) for one in node.keywords]
    return {name: exact(declared.module, value, root.parameters) for name, value in listed}


def _worker(unit: Unit, root: StructKind, declared: FunctionDeclaration, node: ast.expr) -> None:
    options = _options(root, declared, node)
    count = options.get("count", 0)
    if not 1 <= count <= 1024:
        raise mistake(
            "L047",
            (declared.module, node),
            f"`{declared.name}` is run by {count} threads",
            "at least one is needed",
            helps=["write `@workers(1)`"],
        )
    entry = _entry(unit, root, declared.name, f"thread.{declared.name}")
    unit.program.workers.append(Worker(entry, count, options.get("cpu"), options.get("node")))


def _handler(unit: Unit, root: StructKind, name: str, node: ast.expr, word: str) -> None:
    declared = root.declaration.methods[name]
    options = _options(root, declared, node)
    entry = _entry(unit, root, name, unit.handlers[name], context=name)
    unit.program.handlers.append(
        Handler(
            entry,
            options.get("every_cycles", 0),
            options.get("cpu"),
            bool(options.get("maskable", 1)),
            word == "softirq",
        )
    )


def promises(unit: Unit, lock: StructKind) -> Promises:
    """Return what the class line of a lock promises."""
    found: dict[str, bool] = {}
    declared = lock.declaration
    for name in ("fifo", "overcommit", "numa"):
        node = declared.keywords.get(name)
        if node is not None:
            if not isinstance(node, ast.Constant) or not isinstance(node.value, bool):
                unit.found.add(
                    mistake(
                        "L035", (declared.module, node), f"`{name}` is `True` or `False`", "a promise is kept or not"
                    ).diagnostic
                )
                continue
            found[name] = node.value
    return Promises(**found)
