"""First values and `setup`: what runs once before the threads, and when `alloc` makes a record.  Innermost first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.program import Constant
from lockwright.ir.table import Order
from lockwright.ir.types import U32, Extent, Integer, Pointer, StructRef
from lockwright.language.kinds import ArrayKind, AtomicKind, Kind, StructKind, lowered_value
from lockwright.language.lowering.writer import Writer

if TYPE_CHECKING:
    from lockwright.ir.program import Reg
    from lockwright.language.lowering.unit import Unit


ROOT = "workload"
"""The global that is the workload itself."""


def preparation(unit: Unit, kind: StructKind) -> str | None:
    """Return the function that prepares a place of this kind (its one parameter), or None if all is zero."""
    if not needs_any(kind):
        return None
    name = f"{kind.name}.prepare"
    if name not in unit.program.functions:
        _write(unit, kind, name)
    return name


def needs_any(kind: Kind) -> bool:
    """Return whether a place of this kind does not simply begin as zeros."""
    match kind:
        case ArrayKind(element=element):
            return needs_any(element)
        case StructKind():
            if "setup" in kind.declaration.methods:
                return True
            return any(one.default or needs_any(one.kind) for one in kind.fields.values())
    return False


def _write(unit: Unit, kind: StructKind, name: str) -> None:
    unit.sync()
    build = Writer(unit.program, name, [("place", Pointer(StructRef(kind.name)))])
    build.finish()  # so that its name is taken
    for one in kind.fields.values():
        if one.default or needs_any(one.kind):
            build.span = one.span
            place(unit, build, build.emit("field", build.parameters[0], attributes=(one.name,)), one.kind, one.default)
    if "setup" in kind.declaration.methods:
        build.do("call", build.parameters[0], attributes=(unit.method(kind, "setup").name,))
    build.give_back()
    build.finish()


def place(unit: Unit, build: Writer, address: Reg, kind: Kind, value: int = 0) -> None:
    """Emit what gives one place its first value and runs the setup of what it contains."""
    match kind:
        case ArrayKind():
            _each(unit, build, address, kind, value)
        case StructKind():
            prepared = preparation(unit, kind)
            if prepared is not None:
                build.do("call", address, attributes=(prepared,))
        case AtomicKind(value=inner) if value:
            build.do("atomic_store", address, Constant(value, lowered_value(inner)), attributes=(Order.RELAXED,))
        case Integer() if value:
            build.do("store", address, Constant(value, kind))


def _each(unit: Unit, build: Writer, address: Reg, kind: ArrayKind, value: int) -> None:
    index = build.register(U32, "index")
    build.emit("copy", Constant(0, U32), into=index)
    again, round_, leave = (build.label(one) for one in ("each", "element", "end"))
    length = (
        build.emit("extent", attributes=(kind.length,))
        if isinstance(kind.length, Extent)
        else Constant(kind.length, U32)
    )
    build.jump(again)
    build.enter(again)
    build.branch(build.emit("lt", index, length), round_, leave)
    build.enter(round_)
    place(unit, build, build.emit("element", address, index), kind.element, value)
    build.emit("add", index, Constant(1, U32), into=index)
    build.jump(again)
    build.enter(leave)


def write_setup(unit: Unit) -> bool:
    """Write the function `setup` of the program over all storage; return whether new functions came up meanwhile."""
    before = len(unit.signatures), len(unit.program.globals)
    kinds = dict(sorted(unit.first_values.items(), key=lambda one: one[0] == ROOT))  # the workload's `setup` comes last
    needed = {name: one for name, one in kinds.items() if one[1] or needs_any(one[0])}
    unit.program.functions.pop("setup", None)
    unit.program.setup = None
    if needed:
        build = Writer(unit.program, "setup")
        for name, (kind, value) in needed.items():
            place(unit, build, build.emit("root", attributes=(name,)), kind, value)
        build.give_back()
        build.finish()
        unit.program.setup = "setup"
    return before != (len(unit.signatures), len(unit.program.globals))
