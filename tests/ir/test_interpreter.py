"""The reference interpreter: every entry has a meaning, and programs with a known answer give it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ir.running import SHAPE, fault_of, main, number, run, value_of
from tests.ir.samples import ticket_program

from lockwright.ir.arithmetic import ARITHMETIC, Fault
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import ACTIONS, Interpreter
from lockwright.ir.program import CallTable, Constant, Global, Operand, Program
from lockwright.ir.table import TABLE, Order
from lockwright.ir.types import BOOL, U8, U16, U32, U64, Array, Atomic, Part, Word
from lockwright.ir.verify import verify

JUMPS = {"jump", "branch", "return"}


def test_every_entry_of_the_table_has_a_meaning() -> None:
    assert set(TABLE) == set(ARITHMETIC) | set(ACTIONS) | JUMPS
    assert not set(ARITHMETIC) & set(ACTIONS)


# Programs with a known answer.


def greatest_common_divisor() -> Program:
    program = Program("gcd")
    build = FunctionBuilder(program, "main", [("a", U64), ("b", U64)], U64)
    a, b = build.parameters
    test, body, done = build.label("test"), build.label("body"), build.label("done")
    build.jump(test)
    build.enter(test)
    build.branch(build.emit("ne", b, Constant(0, U64)), body, done)
    build.enter(body)
    rest = build.emit("mod", a, b)
    build.emit("copy", b, into=a)
    build.emit("copy", rest, into=b)
    build.jump(test)
    build.enter(done)
    build.give_back(a)
    build.finish()
    return program


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_euclid(a: int, b: int) -> None:
    assert run(greatest_common_divisor(), "main", a, b) == math.gcd(a, b)


def sorting(numbers: list[int]) -> Program:
    """Selection sort of a global array, in place; the calls return the element that was asked for."""
    program = Program("sort", globals={"data": Global("data", Array(U16, len(numbers)))})
    swap = FunctionBuilder(program, "order", [("i", U32), ("j", U32)])
    data = swap.emit("root", attributes=("data",))
    left, right = (swap.emit("element", data, one) for one in swap.parameters)
    a, b = swap.emit("load", left), swap.emit("load", right)
    swap.do("store", left, swap.emit("min", a, b))
    swap.do("store", right, swap.emit("max", a, b))
    swap.give_back()
    swap.finish()
    build = FunctionBuilder(program, "main")
    data = build.emit("root", attributes=("data",))
    for index, value in enumerate(numbers):
        build.do("store", build.emit("element", data, number(index)), Constant(value, U16))
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            build.do("call", number(i), number(j), attributes=("order",))
    build.give_back()
    build.finish()
    return program


@given(st.lists(st.integers(0, 2**16 - 1), max_size=6))
def test_a_sorted_array(numbers: list[int]) -> None:
    interpreter = Interpreter(Cells(verify(sorting(numbers)), SHAPE))
    interpreter.call("main")
    assert interpreter.image.memory[1:] == sorted(numbers)


@given(st.integers(0, 20))
def test_a_ticket_lock_counts_its_sections(sections: int) -> None:
    cells = Cells(ticket_program(), SHAPE)
    interpreter = Interpreter(cells, running=sections)
    interpreter.call("worker")
    names = [one.name for one in cells.cells]
    assert dict(zip(names, interpreter.image.memory, strict=True)) == {
        "null": 0, "lock.owner": sections, "lock.next": sections, "value": sections,
    }  # fmt: skip


# Memory.

WORD = Word("Pair", (Part("low", U8, 0), Part("high", U8, 8)), 16)
UPDATES = [
    ("exchange", 5, 5), ("fetch_add", 5, 9), ("fetch_sub", 5, 0xFFFF), ("fetch_or", 3, 7), ("fetch_and", 6, 4),
]  # fmt: skip


@pytest.mark.parametrize(("op", "operand", "after"), UPDATES)
def test_updates_return_what_was_there(op: str, operand: int, after: int) -> None:
    def write(build: FunctionBuilder) -> Operand:
        place = build.emit("root", attributes=("x",))
        build.do("atomic_store", place, Constant(4, U16), attributes=(Order.RELAXED,))
        old = build.emit(op, place, Constant(operand, U16), attributes=(Order.ACQ_REL,))
        new = build.emit("atomic_load", place, attributes=(Order.ACQUIRE,))
        return build.emit("sub", build.emit("mul", old, Constant(1000, U16)), new)

    program = Program("x", globals={"x": Global("x", Atomic(U16))})
    assert value_of(write, program) == U16.wrap(4000 - after)


@pytest.mark.parametrize(("expected", "after"), [(4, 9), (5, 4)])
def test_compare_exchange(expected: int, after: int) -> None:
    def write(build: FunctionBuilder) -> Operand:
        place = build.emit("root", attributes=("x",))
        build.do("atomic_store", place, Constant(4, U16), attributes=(Order.RELAXED,))
        operands = Constant(expected, U16), Constant(9, U16)
        found = build.emit("compare_exchange", place, *operands, attributes=(Order.ACQUIRE, Order.RELAXED))
        build.do("assert", build.emit("eq", found, Constant(4, U16)), attributes=("it returns what was there",))
        return build.emit("atomic_load", place, attributes=(Order.RELAXED,))

    assert value_of(write, Program("x", globals={"x": Global("x", Atomic(U16))})) == after


def test_an_update_of_a_part_wraps_in_the_part_and_of_the_whole_does_not() -> None:
    def write(build: FunctionBuilder) -> Operand:
        place = build.emit("root", attributes=("w",))
        low = build.emit("part_address", place, attributes=("low",))
        build.emit("fetch_sub", low, Constant(1, U8), attributes=(Order.RELAXED,))
        build.emit("fetch_add", low, Constant(2, U8), attributes=(Order.RELAXED,))
        build.emit("fetch_add", place, Constant(255, WORD), attributes=(Order.RELAXED,))
        whole = build.emit("atomic_load", place, attributes=(Order.RELAXED,))
        return build.emit("convert", whole, kind=U32)

    assert value_of(write, Program("w", globals={"w": Global("w", Atomic(WORD))})) == 0x0100


def test_a_table_calls_what_it_was_patched_to() -> None:
    program = Program("table", globals={"choice": Global("choice", Atomic(U8))})
    for name, result in (("one", 1), ("two", 2)):
        build = FunctionBuilder(program, name, [], U32)
        build.give_back(number(result))
        build.finish()
    program.tables["t"] = CallTable("t", "choice", {"One": {"go": "one"}, "Two": {"go": "two"}})

    def write(build: FunctionBuilder) -> Operand:
        first = build.emit("call_table", attributes=("t", "go"))
        build.do("patch", attributes=("t", "Two"))
        second = build.emit("call_table", attributes=("t", "go"))
        return build.emit("sub", build.emit("mul", first, number(10)), second)

    assert value_of(write, program) == 8


# Choices.


def test_running_is_true_as_often_as_told() -> None:
    def write(build: FunctionBuilder) -> Operand:
        times = [build.emit("convert", build.emit("running"), kind=U8) for _ in range(4)]
        total = times[0]
        for one in times[1:]:
            total = build.emit("add", build.emit("mul", total, Constant(2, U8)), one)
        return total

    assert [run(main(write), running=left) for left in (0, 1, 3)] == [0b0000, 0b1000, 0b1110]
    interpreter = Interpreter(Cells(main(write), SHAPE), running=None)
    assert interpreter.call("main") == 0b1111


def test_random_numbers_stay_below_their_bound_and_repeat_with_the_seed() -> None:
    def write(build: FunctionBuilder) -> Operand:
        return build.emit("random", number(7))

    drawn = [[Interpreter(Cells(main(write), SHAPE), seed=seed).call("main") for seed in range(50)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert {one for one in drawn[0] if one is not None} == set(range(7))
    assert fault_of(lambda build: build.emit("random", number(0))) == "random_of_zero"


def test_a_bounded_wait_gives_up() -> None:
    assert value_of(lambda build: build.emit("give_up")) == 1


def test_a_loop_that_never_ends_is_a_fault() -> None:
    program = Program("loop")
    build = FunctionBuilder(program, "main")
    build.jump("entry")
    build.finish()
    with pytest.raises(Fault, match="endless_loop"):
        run(program, fuel=1000)


def test_recursion_is_a_fault() -> None:
    program = Program("recursion")
    build = FunctionBuilder(program, "main")
    build.finish()
    build.do("call", attributes=("main",))
    build.give_back()
    with pytest.raises(Fault, match="endless_loop"):
        run(program)


def test_an_assertion_says_what_its_author_said() -> None:
    program = main(lambda build: build.do("assert", Constant(0, BOOL), attributes=("never",)))
    with pytest.raises(Fault) as caught:
        run(program)
    assert (caught.value.kind, caught.value.detail) == ("assertion", "never")
    assert caught.value.instruction is program.functions["main"].blocks[0].instructions[0]
