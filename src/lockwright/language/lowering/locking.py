"""Taking and releasing locks: `with`, and the queue nodes and results that the thread's pool keeps.

A lock whose methods have parameters beyond `self` gets a hidden slot for each thread and for each place that takes it:
a global `slots.LOCK.n`, an array by thread.  A slot holds the queue nodes and what `lock` returned.
`with` knows its place.  A bare `lock()` notes the lock in its slot, so that a bare `unlock()` elsewhere finds it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lockwright.ir.program import Constant, Field, Function, Global, Reg, Struct
from lockwright.ir.types import Array, Extent, Pointer, StructRef
from lockwright.language.kinds import PointerKind, StructKind, lowered, lowered_value
from lockwright.language.lowering import calls, expressions
from lockwright.language.lowering.values import NoValue, Result, Typed
from lockwright.language.lowering.writer import Writer
from lockwright.language.mistakes import mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.ir.program import Operand
    from lockwright.language.lowering.frame import Frame
    from lockwright.language.lowering.unit import Signature, Unit

_ACQUIRE = {"lock": "unlock", "trylock": "unlock", "read_lock": "read_unlock", "write_lock": "write_unlock"}
_HELD = "holds"  # the hidden field that names the lock
_RESULT = "result"


def enter_lock(frame: Frame, node: ast.expr) -> None:
    """Emit the entry of `with lock:` and arrange for its release."""
    receiver, take, give = _target(frame, node)
    assert isinstance(receiver.kind, PointerKind)
    owner = receiver.kind.target
    assert isinstance(owner, StructKind)
    entry, leave = (frame.unit.method(owner, name, frame.context) for name in (take, give))
    frame.signature.callees.update((entry.name, leave.name))
    _check_unlock(frame, node, entry, leave)
    nodes = _nodes(entry)
    slot = _place(frame, owner, entry) if nodes else None
    operands = [_field(frame, slot, name) for name, _ in nodes] if slot is not None else []
    result = calls.invoke(frame, node, entry, [receiver.operand, *operands])
    frame.cleanups.append(_release(frame, node, leave, [receiver.operand, *operands], result))


def _release(
    frame: Frame, node: ast.expr, leave: Signature, operands: list[Operand], result: Result
) -> Callable[[], None]:
    handed = operands[: len(leave.parameters)]
    if isinstance(result, Typed) and len(leave.parameters) > len(operands):
        handed = [*operands, result.operand]

    def release() -> None:
        frame.at(node)
        calls.invoke(frame, node, leave, handed)

    return release


def _target(frame: Frame, node: ast.expr) -> tuple[Typed, str, str]:
    """Return the lock that a `with` names, and the methods that take and release it."""
    take, inner = "lock", node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("reading", "writing"):
        take, inner = ("read_lock" if node.func.attr == "reading" else "write_lock"), node.func.value
    value = expressions.evaluate(frame, inner)
    frame.at(node)
    owner = value.kind.target if isinstance(value, Typed) and isinstance(value.kind, PointerKind) else None
    if not isinstance(value, Typed) or not isinstance(owner, StructKind) or not owner.is_lock:
        raise frame.mistake(
            "L042", node, f"`{ast.unparse(node)}` is no lock", "a `with` takes a lock, or `rcu_read()` and its like"
        )
    base = owner.declaration.base
    if (base == "RwLock") != (take != "lock"):
        helps = (
            [f"write `with {ast.unparse(inner)}.reading():` or `.writing():`"]
            if base == "RwLock"
            else [f"write `with {ast.unparse(inner)}:`"]
        )
        raise frame.mistake("L042", node, f"`{owner}` is a `{base}`", "", helps=helps)
    if take not in owner.declaration.methods:
        raise frame.mistake("L023", node, f"`{owner}` has no `{take}`")
    return value, take, _ACQUIRE[take]


def _nodes(signature: Signature) -> list[tuple[str, StructKind]]:
    """Return the queue nodes that an entry method takes."""
    found = []
    for name, kind in signature.parameters[1:]:
        if isinstance(kind, PointerKind) and isinstance(kind.target, StructKind) and not kind.nullable:
            found.append((name, kind.target))
    return found


def _check_unlock(frame: Frame, node: ast.expr, entry: Signature, leave: Signature) -> None:
    nodes = _nodes(entry)
    if len(nodes) != len(entry.parameters) - 1:
        raise frame.mistake(
            "L024",
            node,
            f"`{entry.declaration.name}` takes something that is no queue node",
            "the pool of a thread provides nodes only",
            secondary=[(entry.span, "declared here")],
            helps=["declare it `node: Ptr[Node]`"],
        )
    results = 1 if entry.result is not None and entry.declaration.name != "trylock" else 0
    wanted = len(nodes) + results
    given = len(leave.parameters) - 1
    if given not in (wanted, len(nodes)):
        shown = ", ".join(f"{name}: Ptr[{kind}]" for name, kind in nodes)
        raise mistake(
            "L024",
            leave.span,
            f"`{leave.declaration.name}` does not take what `{entry.declaration.name}` was given",
            f"{wanted} beside `self` {_are(wanted)} needed, {given} {_are(given)} here",
            secondary=[(entry.span, "takes these")],
            helps=[f"write `def {leave.declaration.name}(self, {shown})`"] if shown else [],
        )


def needs_slot(frame: Frame, owner: StructKind, signature: Signature) -> bool:
    """Return whether a bare call of this method needs what the pool of the thread keeps."""
    name = signature.declaration.name
    leave = frame.unit.method(owner, _ACQUIRE.get(name, name), frame.context)
    return len(signature.parameters) > 1 or len(leave.parameters) > 1


def call_with_hidden(frame: Frame, node: ast.Call, receiver: Typed, owner: StructKind, signature: Signature) -> Result:
    """Emit a bare `lock()`, `trylock()` or `unlock()` whose hidden arguments come from a slot."""
    name = signature.declaration.name
    if name in _ACQUIRE:
        return _bare_entry(frame, node, receiver, owner, signature)
    slot = _find(frame, owner, receiver)
    operands: list[Operand] = []
    for one, kind in signature.parameters[1:]:
        is_node = isinstance(kind, PointerKind) and isinstance(kind.target, StructKind)
        operands.append(_field(frame, slot, one) if is_node else frame.build.emit("load", _field(frame, slot, _RESULT)))
    frame.build.do("store", _field(frame, slot, _HELD), Constant(0, Pointer(StructRef(owner.name))))
    return calls.invoke(frame, node, signature, [receiver.operand, *operands])


def _bare_entry(frame: Frame, node: ast.Call, receiver: Typed, owner: StructKind, signature: Signature) -> Result:
    name = signature.declaration.name
    _check_unlock(frame, node, signature, frame.unit.method(owner, _ACQUIRE[name], frame.context))
    slot = _place(frame, owner, signature)
    operands = [_field(frame, slot, one) for one, _ in _nodes(signature)]
    result = calls.invoke(frame, node, signature, [receiver.operand, *operands])
    if name == "trylock" and isinstance(result, Typed):
        got, after = frame.build.label("got"), frame.build.label("tried")
        frame.build.branch(result.operand, got, after)
        frame.build.enter(got)
        frame.build.do("store", _field(frame, slot, _HELD), receiver.operand)
        frame.build.jump(after)
        frame.build.enter(after)
        return result
    frame.build.do("store", _field(frame, slot, _HELD), receiver.operand)
    if isinstance(result, Typed):
        frame.build.do("store", _field(frame, slot, _RESULT), result.operand)
    return NoValue()


def _field(frame: Frame, slot: Reg, name: str) -> Reg:
    return frame.build.emit("field", slot, attributes=(name,))


def _slot_struct(unit: Unit, owner: StructKind, entry: Signature) -> Struct:
    """Return the struct of a lock's slots, made at its first use."""
    name = f"{owner.name}.slot"
    if name not in unit.program.structs:
        unit.sync()
        fields = [Field(_HELD, Pointer(StructRef(owner.name)))]
        fields += [Field(one, lowered(kind)) for one, kind in _nodes(entry)]
        if "lock" in owner.declaration.methods:
            result = unit.method(owner, "lock").result
            fields += [Field(_RESULT, lowered_value(result))] if result is not None else []
        unit.program.structs[name] = Struct(name, tuple(fields))
    return unit.program.structs[name]


def _place(frame: Frame, owner: StructKind, entry: Signature) -> Reg:
    """Return the slot of this place that takes a lock, for the thread that comes by."""
    unit = frame.unit
    struct = _slot_struct(unit, owner, entry)
    count = unit.sites.get((owner.name, frame.context), 0) + 1
    unit.sites[owner.name, frame.context] = count
    suffix = f".{count}" if count > 1 else ""
    context = f"@{frame.context}" if frame.context else ""
    name = f"slots.{owner.name}{suffix}{context}"
    unit.program.globals[name] = Global(name, Array(StructRef(struct.name), Extent.THREADS))
    array = frame.build.emit("root", attributes=(name,))
    return frame.build.emit("element", array, frame.build.emit("thread"))


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _find(frame: Frame, owner: StructKind, receiver: Typed) -> Reg:
    """Return the slot in which this thread holds a lock; the function that finds it is written when all are known."""
    unit = frame.unit
    context = f"@{frame.context}" if frame.context else ""
    name = f"{owner.name}.slot_of{context}"
    entry = unit.method(owner, "lock" if "lock" in owner.declaration.methods else "write_lock", frame.context)
    struct = _slot_struct(unit, owner, entry)
    if name not in unit.program.functions:
        unit.program.functions[name] = Function(name, 1, Pointer(StructRef(struct.name)), [], [])
        unit.finders[name] = (owner, frame.context)
    return frame.build.emit("call", receiver.operand, attributes=(name,), kind=Pointer(StructRef(struct.name)))


def write_finder(unit: Unit, name: str, owner: StructKind, context: str) -> None:
    """Write the function that looks for the slot of a lock among those of this thread."""
    lock, slot = Pointer(StructRef(owner.name)), Pointer(StructRef(f"{owner.name}.slot"))
    build = Writer(unit.program, name, [("lock", lock)], slot)
    suffix = f"@{context}" if context else ""
    count = unit.sites.get((owner.name, context), 0)
    for number in range(1, count + 1):
        site = f"slots.{owner.name}" + (f".{number}" if number > 1 else "") + suffix
        found = build.emit("element", build.emit("root", attributes=(site,)), build.emit("thread"))
        if number == count:
            build.give_back(found)
            break
        held = build.emit("load", build.emit("field", found, attributes=(_HELD,)))
        yes, no = build.label("found"), build.label("next")
        build.branch(build.emit("eq", held, build.parameters[0]), yes, no)
        build.enter(yes)
        build.give_back(found)
        build.enter(no)
    if count == 0:
        build.give_back(Constant(0, slot))
    build.finish()
