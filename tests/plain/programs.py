"""Locks made by hand, with a harness that counts under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.plain.machine import Machine
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.inline import inline
from lockwright.ir.program import Field, Global, Program, Promises, Reg, Role, Shape, Struct, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import INTEGERS, U4, U8, Atomic, Pointer, StructRef, Value
from lockwright.ir.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = U4
LOCK = Pointer(StructRef("Lock"))


def with_harness(lock_fields: dict[str, Value], *, fifo: bool = False) -> Program:
    """Return a program whose workers count under a lock; its functions `lock` and `unlock` are still missing."""
    program = Program("test", promises=Promises(fifo=fifo), subject=("workload", "lock"))
    fields = tuple(Field(name, Atomic(kind)) for name, kind in lock_fields.items())
    program.structs["Lock"] = Struct("Lock", fields, is_lock=True)
    program.structs["Workload"] = Struct("Workload", (Field("lock", StructRef("Lock")), Field("value", VALUE)))
    program.globals["workload"] = Global("workload", StructRef("Workload"))
    return program


def add_worker(program: Program) -> None:
    """Add the worker: while it runs, it counts under the lock."""
    build = FunctionBuilder(program, "worker")
    build.jump("test")
    build.enter("test")
    build.branch(build.emit("running"), "count", "end")
    build.enter("count")
    root = build.emit("root", attributes=("workload",))
    lock = build.emit("field", root, attributes=("lock",))
    value = build.emit("field", root, attributes=("value",))
    build.do("call", lock, attributes=("lock",))
    build.do("store", value, build.emit("add", build.emit("load", value), build.constant(1, VALUE)))
    build.do("call", lock, attributes=("unlock",))
    build.jump("test")
    build.enter("end")
    build.give_back()
    build.finish()
    program.workers.append(Worker("worker"))


def method(program: Program, name: str) -> tuple[FunctionBuilder, Callable[[str], Reg]]:
    """Return a builder of a method of the lock, and a way to get the address of a field."""
    build = FunctionBuilder(program, name, [("self", LOCK)], role=Role(name))
    return build, lambda field: build.emit("field", build.parameters[0], attributes=(field,))


def ticket(*, bits: int = 8, serve: str = "owner", wait: Order = Order.ACQUIRE, hand: Order = Order.RELEASE) -> Program:
    """Return a ticket lock; `serve` is the counter that `unlock` reads before it stores `owner`."""
    kind = INTEGERS[f"u{bits}"]
    program = with_harness({"owner": kind, "next": kind}, fifo=True)
    build, field = method(program, "lock")
    mine = build.emit("fetch_add", field("next"), build.constant(1, kind), attributes=(Order.RELAXED,), name="ticket")
    build.jump("wait")
    build.enter("wait")
    owner = build.emit("atomic_load", field("owner"), attributes=(wait,))
    build.branch(build.emit("ne", owner, mine), "again", "end")
    build.enter("again")
    build.do("pause")
    build.jump("wait")
    build.enter("end")
    build.give_back()
    build.finish()
    build, field = method(program, "unlock")
    served = build.emit("atomic_load", field(serve), attributes=(Order.RELAXED,))
    build.do("atomic_store", field("owner"), build.emit("add", served, build.constant(1, kind)), attributes=(hand,))
    build.give_back()
    build.finish()
    add_worker(program)
    return program


def ttas(*, is_atomic: bool = True, take: Order = Order.ACQUIRE, free: Order = Order.RELEASE) -> Program:
    """Return a test-and-test-and-set lock; if it is not atomic it tests, then sets."""
    program = with_harness({"held": U8})
    build, field = method(program, "lock")
    build.jump("wait")
    build.enter("wait")
    seen = build.emit("atomic_load", field("held"), attributes=(Order.RELAXED,))
    build.branch(build.emit("ne", seen, build.constant(0, U8)), "again", "take")
    build.enter("again")
    build.do("pause")
    build.jump("wait")
    build.enter("take")
    one = build.constant(1, U8)
    if is_atomic:
        old = build.emit("exchange", field("held"), one, attributes=(take,))
        build.branch(build.emit("ne", old, build.constant(0, U8)), "wait", "end")
    else:
        build.do("atomic_store", field("held"), one, attributes=(Order.RELAXED,))
        build.jump("end")
    build.enter("end")
    build.give_back()
    build.finish()
    build, field = method(program, "unlock")
    build.do("atomic_store", field("held"), build.constant(0, U8), attributes=(free,))
    build.give_back()
    build.finish()
    add_worker(program)
    return program


def machine(program: Program, model: str, threads: int = 2, acquisitions: int | None = 2) -> Machine:
    """Return the plain machine of a program with calls."""
    ready = waiting(inline(program))
    return Machine(ready.program, ready.awaits, Shape.plain(threads), model, acquisitions)
