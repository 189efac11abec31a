"""Arithmetic against numpy's integers, which wrap as the machine does, and against closed forms."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lockwright.ir.arithmetic import ARITHMETIC, Applied, Fault, PartAddress, evaluate, read_bits, write_bits
from lockwright.ir.cells import Cells
from lockwright.ir.program import Attribute, Field, Global, Program, Shape, Struct
from lockwright.ir.table import TABLE, Effect
from lockwright.ir.types import (
    BOOL,
    I64,
    INTEGERS,
    U2,
    U3,
    U8,
    U16,
    U32,
    U64,
    Array,
    Atomic,
    Extent,
    Integer,
    Part,
    Place,
    Pointer,
    StructRef,
    Value,
    Word,
)  # fmt: skip

EMPTY = Cells(Program("empty"), Shape.plain(1))
WIDTHS: dict[Integer, Any] = {U8: np.uint8, U16: np.uint16, U32: np.uint32, U64: np.uint64, I64: np.int64}
TICKETS = Word("Tickets", (Part("head", U8, 0), Part("tail", U8, 8)), 16)
PACKED = Word("Packed", (Part("a", U3, 0), Part("b", BOOL, 3), Part("c", U16, 4)), 32)


def compute(
    op: str, kind: Value, *values: int, result: Value | None = None, attributes: tuple[Attribute, ...] = ()
) -> int:
    """Apply an entry to operands of one type."""
    return evaluate(op, Applied(values, [kind] * len(values), result or kind, attributes, EMPTY))


def values_of(kind: Integer) -> st.SearchStrategy[int]:
    """Draw values of a type, its ends often."""
    low, high = (-(2**63), 2**63 - 1) if kind.signed else (0, 2**kind.bits - 1)
    return st.one_of(st.sampled_from([low, high, 0, 1, high - 1]), st.integers(low, high))


KINDS = st.sampled_from(list(WIDTHS))
PAIRS = KINDS.flatmap(lambda kind: st.tuples(st.just(kind), values_of(kind), values_of(kind)))


@pytest.mark.parametrize(
    ("op", "numpy_op"),
    [
        ("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("and", np.bitwise_and), ("or", np.bitwise_or),
        ("xor", np.bitwise_xor), ("min", np.minimum), ("max", np.maximum), ("div", np.floor_divide), ("mod", np.mod),
    ],
)  # fmt: skip
@given(PAIRS)
def test_two_operands_as_numpy_has_them(op: str, numpy_op: Callable[..., int], pair: tuple[Integer, int, int]) -> None:
    kind, left, right = pair
    assume(op not in ("div", "mod") or right != 0)
    assume(not (op in ("div", "mod") and (left, right) == (-(2**63), -1)))  # numpy warns there
    with np.errstate(over="ignore"):
        expected = int(numpy_op(WIDTHS[kind](left), WIDTHS[kind](right)))
    assert compute(op, kind, left, right) == expected


@pytest.mark.parametrize(
    ("op", "python_op"), [(name, getattr(operator, name)) for name in ("eq", "ne", "lt", "le", "gt", "ge")]
)
@given(PAIRS)
def test_comparisons(op: str, python_op: Callable[[int, int], bool], pair: tuple[Integer, int, int]) -> None:
    kind, left, right = pair
    assert compute(op, kind, left, right, result=BOOL) == int(python_op(left, right))


@given(PAIRS, st.integers(0, 63))
def test_shifts_as_numpy_has_them(pair: tuple[Integer, int, int], amount: int) -> None:
    kind, value, _ = pair
    amount %= kind.bits
    width = WIDTHS[kind]
    assert compute("shl", kind, value, amount) == int(np.left_shift(width(value), width(amount)))
    assert compute("shr", kind, value, amount) == int(np.right_shift(width(value), width(amount)))


@pytest.mark.parametrize("kind", INTEGERS.values(), ids=str)
def test_the_ends_of_every_width(kind: Integer) -> None:
    low, high = (-(2**63), 2**63 - 1) if kind.signed else (0, 2**kind.bits - 1)
    assert compute("add", kind, high, 1) == low
    assert compute("sub", kind, low, 1) == high
    assert compute("invert", kind, low) == high
    assert compute("convert", I64, -1, result=kind) == (-1 if kind.signed else high)


def test_division_of_the_least_number_wraps() -> None:
    assert compute("div", I64, -(2**63), -1) == -(2**63)
    assert compute("mod", I64, -7, 3) == 2
    assert compute("div", I64, -7, 3) == -3


@pytest.mark.parametrize("op", ["div", "mod"])
def test_division_by_zero(op: str) -> None:
    with pytest.raises(Fault, match="division_by_zero"):
        compute(op, U8, 1, 0)


@pytest.mark.parametrize(("kind", "amount"), [(U8, 8), (U2, 2), (I64, 64), (I64, -1), (U64, 2**40)])
@pytest.mark.parametrize("op", ["shl", "shr"])
def test_shifts_by_the_width_or_more(op: str, kind: Integer, amount: int) -> None:
    with pytest.raises(Fault, match="shift_out_of_range"):
        evaluate(op, Applied([1, amount], [kind, I64], kind, (), EMPTY))


def test_a_carry_crosses_the_parts_of_a_word() -> None:
    full = compute("pack", U8, 255, 7, result=TICKETS)
    assert full == 0x07FF
    assert compute("add", TICKETS, full, 1) == 0x0800
    assert compute("part", TICKETS, 0x0800, result=U8, attributes=("tail",)) == 8


@given(values_of(U3), st.integers(0, 1), values_of(U16))
def test_a_word_gives_back_its_parts(a: int, b: int, c: int) -> None:
    packed = evaluate("pack", Applied([a, b, c], [U3, BOOL, U16], PACKED, (), EMPTY))
    assert packed == a | b << 3 | c << 4
    for part, value in zip(PACKED.parts, (a, b, c), strict=True):
        assert compute("part", PACKED, packed, result=part.type, attributes=(part.name,)) == value


# Addresses.

PROGRAM = Program(
    "places",
    structs={"Pair": Struct("Pair", (Field("first", U8), Field("many", Array(Atomic(TICKETS), 3))))},
    globals={
        "pairs": Global("pairs", Array(StructRef("Pair"), Extent.THREADS)),
        "last": Global("last", U8),
    },
)
CELLS = Cells(PROGRAM, Shape((0, 1, 1), (0, 2), (0, 2)))
PAIRS_AT = CELLS.root["pairs"]


def address(op: str, values: list[int], kind: Value, result: Value, *attributes: Attribute) -> int:
    return evaluate(op, Applied(values, [kind, U8][: len(values)], result, attributes, CELLS))


def test_addresses_count_cells() -> None:
    whole, one = Pointer(PROGRAM.globals["pairs"].type), Pointer(StructRef("Pair"))
    many = Pointer(Array(Atomic(TICKETS), 3))
    assert address("element", [PAIRS_AT, 2], whole, one) == PAIRS_AT + 8
    assert address("field", [PAIRS_AT + 8], one, many, "many") == PAIRS_AT + 9
    assert address("element", [PAIRS_AT + 9, 2], many, Pointer(Atomic(TICKETS))) == PAIRS_AT + 11
    assert address("root", [], whole, Pointer(U8), "last") == PAIRS_AT + 12


def test_an_index_outside_of_its_array() -> None:
    whole, one = Pointer(PROGRAM.globals["pairs"].type), Pointer(StructRef("Pair"))
    for index in (3, 255, -1):
        with pytest.raises(Fault, match="index_out_of_range"):
            address("element", [PAIRS_AT, index], whole, one)


@pytest.mark.parametrize("op", ["field", "element", "part_address"])
def test_nothing_lies_at_null(op: str) -> None:
    kinds: dict[str, Place] = {"field": StructRef("Pair"), "element": Array(U8, 1), "part_address": Atomic(TICKETS)}
    with pytest.raises(Fault, match="null"):
        address(op, [0, 0][: 2 if op == "element" else 1], Pointer(kinds[op]), Pointer(U8), "first")


@given(st.integers(0, 2**16 - 1), st.integers(0, 255))
def test_a_part_in_memory_leaves_the_rest(whole: int, value: int) -> None:
    tail = address("part_address", [PAIRS_AT + 1], Pointer(Atomic(TICKETS)), Pointer(Atomic(U8)), "tail")
    assert isinstance(tail, PartAddress)
    assert tail == PAIRS_AT + 1
    assert read_bits(whole, tail, U8, CELLS) == whole >> 8
    after = write_bits(whole, tail, U8, value, CELLS)
    assert (after >> 8, after & 255) == (value, whole & 255)


def test_the_shape_of_the_run() -> None:
    for extent, length in ((Extent.THREADS, 3), (Extent.CPUS, 2), (Extent.NODES, 2), (Extent.NODE_IDS, 3)):
        assert evaluate("extent", Applied([], [], U32, (extent,), CELLS)) == length
    exists = [evaluate("numa_node_exists", Applied([node], [U32], BOOL, (), CELLS)) for node in range(4)]
    assert exists == [1, 0, 1, 0]
    assert evaluate("thread", Applied([], [], U32, (), CELLS, thread=2)) == 2


def test_every_local_entry_has_a_meaning() -> None:
    assert set(ARITHMETIC) == {name for name, entry in TABLE.items() if entry.effect is Effect.LOCAL}
