"""Locks made by hand in the IR: a small instance of each, for tests of flat code and of the explorers."""

from __future__ import annotations

from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Field, Global, Program, Promises, Reg, Role, Struct, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import BOOL, U8, U64, Atomic, Integer, Pointer, StructRef

LOCK = Pointer(StructRef("L"))


def harness(name: str, fields: tuple[Field, ...], *, fifo: bool = False) -> Program:
    """Return a program without its lock functions: threads that take the lock and count in a plain field."""
    program = Program(name, subject=("workload", "lock"), promises=Promises(fifo=fifo))
    program.structs["L"] = Struct("L", fields, is_lock=True)
    program.structs["W"] = Struct("W", (Field("lock", StructRef("L")), Field("value", U64)))
    program.globals["workload"] = Global("workload", StructRef("W"))
    build = FunctionBuilder(program, "each_thread")
    root = build.emit("root", attributes=("workload",))
    lock = build.emit("field", root, attributes=("lock",))
    value = build.emit("field", root, attributes=("value",))
    build.jump("loop")
    build.enter("loop")
    build.branch(build.emit("running"), "body", "end")
    build.enter("body")
    build.do("call", lock, attributes=("L.lock",))
    seen = build.emit("load", value)
    build.do("store", value, build.emit("add", seen, build.constant(1, U64)))
    build.do("call", lock, attributes=("L.unlock",))
    build.jump("loop")
    build.enter("end")
    build.give_back()
    build.finish()
    program.workers.append(Worker("each_thread"))
    return program


def ticket(kind: Integer = U8) -> Program:
    """Return a ticket lock."""
    program = harness("ticket", (Field("owner", Atomic(kind)), Field("next", Atomic(kind))), fifo=True)
    build = FunctionBuilder(program, "L.lock", [("self", LOCK)], role=Role.LOCK)
    one = build.constant(1, kind)
    place = build.emit("field", build.parameters[0], attributes=("next",))
    mine = build.emit("fetch_add", place, one, attributes=(Order.RELAXED,), name="ticket")
    build.jump("wait")
    build.enter("wait")
    owner = build.emit("field", build.parameters[0], attributes=("owner",))
    seen = build.emit("atomic_load", owner, attributes=(Order.ACQUIRE,))
    build.branch(build.emit("ne", seen, mine), "pause", "in")
    build.enter("pause")
    build.do("pause")
    build.jump("wait")
    build.enter("in")
    build.give_back()
    build.finish()
    build = FunctionBuilder(program, "L.unlock", [("self", LOCK)], role=Role.UNLOCK)
    owner = build.emit("field", build.parameters[0], attributes=("owner",))
    seen = build.emit("atomic_load", owner, attributes=(Order.RELAXED,))
    build.do("atomic_store", owner, build.emit("add", seen, one), attributes=(Order.RELEASE,))
    build.give_back()
    build.finish()
    return program


def ttas() -> Program:
    """Return a test and test-and-set lock."""
    program = harness("ttas", (Field("held", Atomic(U8)),))
    build = FunctionBuilder(program, "L.lock", [("self", LOCK)], role=Role.LOCK)
    held = build.emit("field", build.parameters[0], attributes=("held",))
    build.jump("wait")
    build.enter("wait")
    seen = build.emit("atomic_load", held, attributes=(Order.RELAXED,))
    build.branch(build.emit("ne", seen, build.constant(0, U8)), "wait", "take")
    build.enter("take")
    old = build.emit("exchange", held, build.constant(1, U8), attributes=(Order.ACQUIRE,))
    build.branch(build.emit("ne", old, build.constant(0, U8)), "wait", "in")
    build.enter("in")
    build.give_back()
    build.finish()
    build = FunctionBuilder(program, "L.unlock", [("self", LOCK)], role=Role.UNLOCK)
    held = build.emit("field", build.parameters[0], attributes=("held",))
    build.do("atomic_store", held, build.constant(0, U8), attributes=(Order.RELEASE,))
    build.give_back()
    build.finish()
    return program


__all__ = ["BOOL", "Reg", "harness", "ticket", "ttas"]
