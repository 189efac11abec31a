"""Sleeps, interrupts and marks in the reference interpreter, where nobody else runs."""

from collections.abc import Callable

import pytest
from tests.ir.running import SHAPE, fault_of, main, number, run, value_of
from tests.ir.samples import ticket_program

from lockwright.ir.arithmetic import Fault
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.program import Constant, Global, Handler, Operand, Program, Reg
from lockwright.ir.table import TABLE, Order
from lockwright.ir.types import BOOL, U32, Atomic
from lockwright.ir.verify import verify

# CPUs and threads: each line a function of a single thread, and how it ends.


def does(*steps: tuple[object, ...]) -> Callable[[FunctionBuilder], Operand | None]:
    """Emit instructions given as (mnemonic, operands and attributes in any order); the last result is returned."""

    def write(build: FunctionBuilder) -> Operand | None:
        result: Reg | None = None
        for op, *rest in steps:
            operands = [one for one in rest if isinstance(one, Constant)]
            attributes = [one for one in rest if not isinstance(one, Constant)]
            entry = TABLE[str(op)]
            if entry.result is None:
                build.do(str(op), *operands, attributes=attributes)  # type: ignore[arg-type]
            else:
                result = build.emit(str(op), *operands, attributes=attributes)  # type: ignore[arg-type]
        return result

    return write


YES, NO = Constant(1, BOOL), Constant(0, BOOL)


@pytest.mark.parametrize(
    "steps",
    [
        [("halt", "on")],
        [("halt", "keep")],
        [("halt_if", YES)],
        [("kick", number(0), "unlatched"), ("halt", "on")],
        [("kick", number(1), "latched"), ("halt", "on")],
        [("kick", number(0), "latched"), ("halt", "on"), ("halt", "on")],
        [("kick", number(0), "latched"), ("kick", number(0), "latched"), ("halt", "keep"), ("halt", "keep")],
        [("cpu_set_online", number(0), NO), ("kick", number(0), "latched"), ("halt", "keep")],
        [("park",)],
        [("unpark", number(1)), ("park",)],
        [("unpark", number(0)), ("unpark", number(0)), ("park",), ("park",)],
        [("event_poll",)],
        [("event_set",), ("event_clear",), ("event_poll",)],
        [("event_send", number(1)), ("event_poll",)],
    ],
)
def test_sleeps_that_nobody_ends(steps: list[tuple[object, ...]]) -> None:
    assert fault_of(does(*steps)) == "lost_wakeup"


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        ([("kick", number(0), "latched"), ("halt", "on")], None),
        ([("kick", number(0), "latched"), ("halt_if", NO)], None),
        ([("unpark", number(0)), ("park",)], None),
        ([("event_set",), ("event_poll",), ("event_pending",)], 1),
        ([("event_send", number(0)), ("event_clear",), ("event_pending",)], 0),
        ([("interrupts_off",)], 1),
        ([("interrupts_off",), ("interrupts_off",)], 0),
        ([("interrupts_off",), ("interrupts_restore", YES), ("interrupts_off",)], 1),
        ([("interrupts_off",), ("kick", number(0), "latched"), ("halt", "on"), ("interrupts_off",)], 1),
        ([("interrupts_off",), ("kick", number(0), "latched"), ("halt_if", NO), ("interrupts_off",)], 0),
        ([("preemption", "off"), ("preemption", "off"), ("preemption", "on"), ("preemption", "on")], None),
        ([("cpu_online", number(1))], 1),
        ([("cpu_set_online", number(1), NO), ("cpu_online", number(1))], 0),
        ([("cpu",)], 0),
        ([("numa_node",)], 0),
        ([("in_nmi",)], 0),
        ([("now",)], 0),
        ([("thread",)], 0),
        ([("fence", Order.SEQ_CST), ("pause",), ("compute", number(5)), ("doorway",)], None),
    ],
)
def test_what_does_not_sleep(steps: list[tuple[object, ...]], result: int | None) -> None:
    assert value_of(does(*steps)) == result


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ([("kick", number(2), "latched")], "no_such_cpu"),
        ([("cpu_online", number(9))], "no_such_cpu"),
        ([("cpu_set_online", number(9), YES)], "no_such_cpu"),
        ([("event_send", number(2))], "no_such_cpu"),
        ([("unpark", number(2))], "no_such_thread"),
        ([("preemption", "off"), ("preemption", "on"), ("preemption", "on")], "preemption_unbalanced"),
    ],
)
def test_nobody_is_there(steps: list[tuple[object, ...]], fault: str) -> None:
    assert fault_of(does(*steps)) == fault
    assert fault in TABLE[str(steps[-1][0])].faults


def test_the_second_thread_is_elsewhere() -> None:
    program = main(does(("cpu",), ("numa_node",)))
    assert Interpreter(Cells(program, SHAPE), thread=1).call("main") == 1


@pytest.mark.parametrize(("expected", "fault"), [(0, "lost_wakeup"), (1, None)])
def test_a_futex_sleeps_if_the_value_is_still_there(expected: int, fault: str | None) -> None:
    def write(build: FunctionBuilder) -> None:
        place = build.emit("root", attributes=("x",))
        build.do("futex_wake", place, number(1), number(0xFFFFFFFF))
        build.do("futex_wait", place, Constant(expected, U32), number(0xFFFFFFFF))

    program = main(write, Program("x", globals={"x": Global("x", Atomic(U32))}))
    if fault is None:
        assert run(program) is None
    else:
        with pytest.raises(Fault, match=fault):
            run(program)


# Interrupts.


def with_handler(*, maskable: bool = True, softirq: bool = False) -> Program:
    """A program whose handler adds 1 to `count`, 10 in an NMI, 100 with interrupts on."""
    program = Program("interrupts", globals={"count": Global("count", U32)})
    build = FunctionBuilder(program, "handler")
    place = build.emit("root", attributes=("count",))
    nmi = build.emit("mul", build.emit("convert", build.emit("in_nmi"), kind=U32), number(10))
    were_on = build.emit("interrupts_off")
    build.do("interrupts_restore", were_on)
    masked = build.emit("mul", build.emit("convert", were_on, kind=U32), number(100))
    total = build.emit("add", build.emit("add", build.emit("load", place), number(1)), build.emit("add", nmi, masked))
    build.do("store", place, total)
    build.give_back()
    build.finish()
    program.handlers = [Handler("handler", maskable=maskable, softirq=softirq)]
    return program


def count_after(program: Program, *steps: tuple[object, ...]) -> int:
    interpreter = Interpreter(Cells(verify(main(does(*steps), program)), SHAPE))
    interpreter.call("main")
    return interpreter.image.memory[1]


HERE = ("raise_interrupt", number(0), "handler")


def test_a_handler_runs_at_once_with_interrupts_off() -> None:
    assert count_after(with_handler(), HERE) == 1
    assert count_after(with_handler(), ("raise_interrupt", number(1), "handler")) == 0


def test_a_masked_handler_waits() -> None:
    assert count_after(with_handler(), ("interrupts_off",), HERE) == 0
    assert count_after(with_handler(), ("interrupts_off",), HERE, ("interrupts_restore", YES)) == 1
    assert count_after(with_handler(), ("interrupts_off",), HERE, ("halt", "on")) == 1
    assert fault_of(does(("interrupts_off",), HERE, ("halt", "keep")), with_handler()) == "lost_wakeup"


def test_an_nmi_cannot_be_masked() -> None:
    assert count_after(with_handler(maskable=False), ("interrupts_off",), HERE) == 11


def test_a_soft_interrupt_is_held_off_apart() -> None:
    assert count_after(with_handler(softirq=True), HERE) == 101
    assert count_after(with_handler(softirq=True), ("softirqs", "off"), HERE) == 0
    assert count_after(with_handler(softirq=True), ("softirqs", "off"), HERE, ("softirqs", "on")) == 101


# Marks.


def marked(*events: str) -> Program:
    program = ticket_program()

    def write(build: FunctionBuilder) -> None:
        lock = build.emit("field", build.emit("root", attributes=("workload",)), attributes=("lock",))
        for event in events:
            got = [Constant(int(event.endswith("!")), BOOL)] if event.startswith("trylock_end") else []
            build.do("mark", lock, *got, attributes=(event.strip("!"),))

    return main(write, program)


@pytest.mark.parametrize(
    "events",
    [
        ["lock_begin", "lock_end", "unlock_begin", "unlock_end", "lock_begin", "lock_end"],
        ["trylock_begin", "trylock_end", "trylock_begin", "trylock_end!", "unlock_begin"],
        ["read_lock_end", "read_lock_end", "read_unlock_begin", "read_unlock_begin", "write_lock_end"],
    ],
)
def test_a_lock_that_is_held_by_one(events: list[str]) -> None:
    assert run(marked(*events)) is None


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        (["lock_end", "lock_end"], "two_holders"),
        (["lock_end", "trylock_end!"], "two_holders"),
        (["read_lock_end", "write_lock_end"], "two_holders"),
        (["write_lock_end", "read_lock_end"], "two_holders"),
        (["unlock_begin"], "not_holder"),
        (["lock_end", "unlock_begin", "unlock_begin"], "not_holder"),
        (["trylock_end", "unlock_begin"], "not_holder"),
        (["read_lock_end", "write_unlock_begin"], "not_holder"),
        (["write_lock_end", "read_unlock_begin"], "not_holder"),
    ],
)
def test_a_lock_that_is_not(events: list[str], fault: str) -> None:
    with pytest.raises(Fault, match=fault):
        run(marked(*events))
