"""Inlining: no calls left, marks at the calls of roles, call sites told, tables as comparisons."""

import pytest

from lockwright.diagnostics.span import Span
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.inline import inline
from lockwright.ir.program import (
    CallSite,
    CallTable,
    Constant,
    Field,
    Function,
    Global,
    Handler,
    Program,
    Reg,
    Role,
    Struct,
    Worker,
)
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import BOOL, U8, U32, Atomic, Pointer, StructRef

HERE = Span("lock.py", 3, 5, 3, 9)
THERE = Span("lock.py", 30, 5, 30, 9)
LOCK = Pointer(StructRef("Tas"))


def tas_program() -> Program:
    """A worker that calls `lock`, which calls `grab` in a loop."""
    program = Program("tas")
    program.structs["Tas"] = Struct("Tas", (Field("held", Atomic(U8)),), is_lock=True)
    program.globals["lock"] = Global("lock", StructRef("Tas"))
    grab = FunctionBuilder(program, "Tas.trylock", [("self", LOCK)], BOOL, role=Role.TRYLOCK, span=HERE)
    held = grab.emit("field", grab.parameters[0], attributes=("held",))
    before = grab.emit("exchange", held, grab.constant(1, U8), attributes=(Order.ACQUIRE,))
    grab.give_back(grab.emit("eq", before, grab.constant(0, U8)))
    grab.finish()
    lock = FunctionBuilder(program, "Tas.lock", [("self", LOCK)], role=Role.LOCK, span=THERE)
    lock.jump(again := lock.label("again"))
    lock.enter(again)
    got = lock.emit("call", lock.parameters[0], attributes=("Tas.trylock",), kind=BOOL)
    lock.branch(got, done := lock.label("done"), again)
    lock.enter(done)
    lock.give_back()
    lock.finish()
    unlock = FunctionBuilder(program, "Tas.unlock", [("self", LOCK)], role=Role.UNLOCK)
    held = unlock.emit("field", unlock.parameters[0], attributes=("held",))
    unlock.do("atomic_store", held, unlock.constant(0, U8), attributes=(Order.RELEASE,))
    unlock.give_back()
    unlock.finish()
    worker = FunctionBuilder(program, "worker", span=HERE)
    address = worker.emit("root", attributes=("lock",))
    worker.do("call", address, attributes=("Tas.lock",))
    worker.do("call", address, attributes=("Tas.unlock",))
    worker.give_back()
    worker.finish()
    program.workers.append(Worker("worker"))
    return program


def ops(function: Function) -> list[str]:
    return [one.op for block in function.blocks for one in block.instructions]


def test_an_entry_calls_nothing() -> None:
    inlined = inline(tas_program())
    assert all(
        one.entry.effect is not Effect.CALL for b in inlined.functions["worker"].blocks for one in b.instructions
    )


def test_callees_stay_for_their_names() -> None:
    program = tas_program()
    assert inline(program).functions["Tas.lock"] is program.functions["Tas.lock"]


def test_the_program_given_stays_as_it_was() -> None:
    program = tas_program()
    inline(program)
    assert ops(program.functions["worker"]) == ["root", "call", "call", "return"]


def test_marks_stand_around_calls_of_roles_but_not_inside_a_lock() -> None:
    worker = inline(tas_program()).functions["worker"]
    events = [one.attributes[0] for block in worker.blocks for one in block.instructions if one.op == "mark"]
    assert events == ["lock_begin", "lock_end", "unlock_begin", "unlock_end"]


def test_a_mark_names_the_lock() -> None:
    worker = inline(tas_program()).functions["worker"]
    marked = {one.operands for block in worker.blocks for one in block.instructions if one.op == "mark"}
    assert marked == {(Reg(0),)}


def test_each_instruction_knows_its_calls_outermost_first() -> None:
    worker = inline(tas_program()).functions["worker"]
    exchange = next(one for block in worker.blocks for one in block.instructions if one.op == "exchange")
    assert exchange.inlined == (CallSite("Tas.lock", HERE), CallSite("Tas.trylock", THERE))
    assert exchange.span == HERE


def test_the_loop_is_the_only_branch_left() -> None:
    worker = inline(tas_program()).functions["worker"]
    assert len(worker.blocks) == 3
    assert len(ControlFlow(worker).loops) == 1


def test_trylock_tells_what_it_got_even_if_nobody_asks() -> None:
    program = tas_program()
    worker = FunctionBuilder(program, "worker")
    worker.do("call", worker.emit("root", attributes=("lock",)), attributes=("Tas.trylock",))
    worker.give_back()
    worker.finish()
    inlined = inline(program).functions["worker"]
    end = next(one for one in inlined.blocks[0].instructions if one.attributes == ("trylock_end",))
    assert isinstance(end.operands[1], Reg)
    assert inlined.registers[end.operands[1].index].type == BOOL


def test_recursion_is_refused() -> None:
    program = tas_program()
    worker = FunctionBuilder(program, "worker")
    worker.do("call", attributes=("worker",))
    worker.give_back()
    worker.finish()
    with pytest.raises(ValueError, match="calls itself"):
        inline(program)


def table_program(*, patched: bool) -> Program:
    program = Program("calls")
    program.globals["ops"] = Global("ops", Atomic(U8))
    for number, name in enumerate(("Native.add", "Xen.add", "Kvm.add")):
        add = FunctionBuilder(program, name, [("to", U32)], U32)
        add.give_back(add.emit("add", add.parameters[0], add.constant(number, U32)))
        add.finish()
    names = {"Native": {"add": "Native.add"}, "Xen": {"add": "Xen.add"}, "Kvm": {"add": "Kvm.add"}}
    program.tables["ops"] = CallTable("ops", "ops", names)
    worker = FunctionBuilder(program, "worker")
    if patched:
        worker.do("patch", attributes=("ops", "Kvm"))
    total = worker.emit("call_table", worker.constant(7, U32), attributes=("ops", "add"), kind=U32)
    worker.do("assert", worker.emit("eq", total, worker.constant(9, U32)), attributes=("is nine",))
    worker.give_back()
    worker.finish()
    program.workers.append(Worker("worker"))
    return program


def test_a_table_that_nobody_patches_is_called_directly() -> None:
    assert ops(inline(table_program(patched=False)).functions["worker"]) == ["add", "copy", "eq", "assert", "return"]


def test_a_patched_table_is_compared_with_each_choice_but_the_last() -> None:
    worker = inline(table_program(patched=True)).functions["worker"]
    assert ops(worker).count("branch") == 2
    compared = [one.operands[1] for block in worker.blocks for one in block.instructions if one.op == "eq"]
    assert compared[:2] == [Constant(0, U8), Constant(1, U8)]
    stored = next(one for one in worker.blocks[0].instructions if one.op == "atomic_store")
    assert stored.operands[1] == Constant(2, U8)


def test_a_parameter_that_the_body_changes_is_a_copy() -> None:
    program = Program("copies")
    down = FunctionBuilder(program, "down", [("left", U32)], U32)
    down.emit("sub", down.parameters[0], down.constant(1, U32), into=down.parameters[0])
    down.give_back(down.parameters[0])
    down.finish()
    worker = FunctionBuilder(program, "worker")
    start = worker.emit("copy", worker.constant(5, U32))
    less = worker.emit("call", start, attributes=("down",), kind=U32)
    worker.do("assert", worker.emit("ne", start, less), attributes=("differs",))
    worker.give_back()
    worker.finish()
    program.workers.append(Worker("worker"))
    inlined = inline(program).functions["worker"]
    written = [one.result for one in inlined.blocks[0].instructions if one.result is not None]
    assert written.count(start.index) == 1


def test_there_is_no_nmi_in_a_program_without_one() -> None:
    program = Program("quiet")
    worker = FunctionBuilder(program, "worker", span=HERE)
    worker.branch(worker.emit("in_nmi"), nmi := worker.label("nmi"), other := worker.label("other"))
    worker.enter(nmi)
    worker.do("pause")
    worker.give_back()
    worker.enter(other)
    worker.give_back()
    worker.finish()
    program.workers.append(Worker("worker"))
    assert ops(inline(program).functions["worker"]) == ["copy", "return"]
    program.handlers.append(Handler("worker", maskable=False))
    assert "in_nmi" in ops(inline(program).functions["worker"])
