"""The local kernel against the types' own wrapping, on numbers at the edges of every width."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockwright.flat import opcodes as op
from lockwright.flat.local import local_run
from lockwright.ir.types import BOOL, I64, INTEGERS, U8, U32, U64, Integer

if TYPE_CHECKING:
    from collections.abc import Callable

run_once = settings(deadline=None)  # the first example compiles the kernel
WIDE = [kind for kind in INTEGERS.values() if kind != BOOL]

ARITHMETIC: dict[int, Callable[[int, int], int]] = {
    op.ADD: operator.add, op.SUB: operator.sub, op.MUL: operator.mul, op.AND: operator.and_, op.OR: operator.or_,
    op.XOR: operator.xor, op.MIN: min, op.MAX: max, op.DIV: operator.floordiv, op.MOD: operator.mod,
}  # fmt: skip
COMPARE: dict[int, Callable[[int, int], bool]] = {
    op.EQ: operator.eq, op.NE: operator.ne, op.LT: operator.lt, op.LE: operator.le, op.GT: operator.gt,
    op.GE: operator.ge,
}  # fmt: skip


def bits_of(kind: Integer) -> int:
    return kind.bits | (op.SIGNED if kind.signed else 0)


def pattern(value: int) -> int:
    """Return the int64 that has the bits of `value`."""
    return I64.wrap(value)


def row(opcode: int, result: int = -1, a: int = -1, b: int = -1, bits: int = 64, x: int = 0, y: int = 0) -> list[int]:
    return [opcode, result, a, b, -1, bits, x, y, 0, 0]


def run(rows: list[list[int]], slots: list[int], *, thread: int = 0) -> tuple[int, list[int]]:
    """Run rows (a RETURN is put behind them) on a thread whose slots lie behind two strange words."""
    code = np.array([*rows, row(op.RETURN)], np.int32)
    stops = (code[:, op.OP] == op.RETURN).astype(np.uint8) * np.uint8(2)
    regs = np.array([77, 78, *map(pattern, slots)], np.int64)
    pc = int(local_run(code, np.zeros(1, np.int64), stops, regs, 2, 0, thread))
    assert regs[:2].tolist() == [77, 78]
    return pc, regs[2:].tolist()


def values(kind: Integer) -> st.SearchStrategy[int]:
    edges = [kind.wrap(one) for one in (0, 1, 2, -1, -2, 1 << (kind.bits - 1), (1 << (kind.bits - 1)) - 1)]
    return st.sampled_from(edges) | st.integers().map(kind.wrap)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Integer, int, int]:
    kind = draw(st.sampled_from(WIDE))
    return kind, draw(values(kind)), draw(values(kind))


@run_once
@given(st.sampled_from(sorted(ARITHMETIC)), pairs())
def test_arithmetic_wraps_at_the_width(opcode: int, pair: tuple[Integer, int, int]) -> None:
    kind, a, b = pair
    pc, regs = run([row(opcode, 2, 0, 1, bits_of(kind))], [a, b, 5])
    if opcode in {op.DIV, op.MOD} and b == 0:
        assert pc == -op.DIVISION_BY_ZERO
        return
    assert (pc, regs[2]) == (1, pattern(kind.wrap(ARITHMETIC[opcode](a, b))))


@run_once
@given(st.sampled_from(sorted(COMPARE)), pairs())
def test_comparisons_know_the_sign(opcode: int, pair: tuple[Integer, int, int]) -> None:
    kind, a, b = pair
    assert run([row(opcode, 2, 0, 1, bits_of(kind))], [a, b, 5])[1][2] == COMPARE[opcode](a, b)


@run_once
@given(st.sampled_from([op.SHL, op.SHR]), pairs(), st.integers(0, 70))
def test_shifts_stay_below_the_width(opcode: int, pair: tuple[Integer, int, int], count: int) -> None:
    kind, a, _ = pair
    pc, regs = run([row(opcode, 2, 0, 1, bits_of(kind))], [a, count, 5])
    if count >= kind.bits:
        assert pc == -op.SHIFT_OUT_OF_RANGE
        return
    assert regs[2] == pattern(kind.wrap(a << count if opcode == op.SHL else a >> count))


@run_once
@given(pairs(), st.sampled_from(WIDE))
def test_one_operand(pair: tuple[Integer, int, int], other: Integer) -> None:
    kind, a, _ = pair
    rows = [
        row(op.INVERT, 1, 0, bits=bits_of(kind)),
        row(op.NEGATE, 2, 0, bits=bits_of(kind)),
        row(op.CONVERT, 3, 0, bits=bits_of(other)),
        row(op.COPY, 4, 0, bits=bits_of(kind)),
    ]
    expected = [kind.wrap(~a), kind.wrap(-a), other.wrap(a), a]
    assert run(rows, [a, 9, 9, 9, 9])[1][1:] == [pattern(one) for one in expected]


@run_once
@given(st.integers(0, (1 << 64) - 1), st.sampled_from([2, 8, 16, 32]), st.integers(0, 31))
def test_parts(word: int, bits: int, shift: int) -> None:
    rows = [row(op.PART, 1, 0, bits=bits, x=shift, y=bits), row(op.PACK, 2, 2, 1, x=shift)]
    part = (word >> shift) & ((1 << bits) - 1)
    assert run(rows, [word, 0, 0])[1][1:] == [part, pattern(part << shift)]


def test_addresses() -> None:
    rows = [row(op.FIELD, 1, 0, x=3), row(op.ELEMENT, 2, 1, 3, bits=32, x=4, y=5), row(op.PART_ADDRESS, 4, 2)]
    assert run(rows, [10, 0, 0, 2, 0]) == (3, [10, 13, 21, 2, 21])


@pytest.mark.parametrize("opcode", [op.FIELD, op.ELEMENT, op.PART_ADDRESS])
def test_null(opcode: int) -> None:
    assert run([row(opcode, 1, 0, 2, y=5)], [0, 0, 0])[0] == -op.NULL


@pytest.mark.parametrize("index", [5, -1, (1 << 64) - 1])
def test_index_out_of_range(index: int) -> None:
    assert run([row(op.ELEMENT, 1, 0, 2, x=1, y=5)], [10, 0, index])[0] == -op.INDEX_OUT_OF_RANGE


def test_control() -> None:
    rows = [
        row(op.BRANCH, a=0, x=2, y=1),
        row(op.JUMP, x=4),
        row(op.THREAD, 1, bits=U32.bits),
        row(op.PAUSE),
        row(op.NOT, 2, 0, bits=BOOL.bits),
    ]
    assert run(rows, [1, 9, 9], thread=6) == (5, [1, 6, 0])
    assert run(rows, [0, 9, 9], thread=6) == (5, [0, 9, 1])


def test_properties_and_loops_without_end() -> None:
    assert run([row(op.ASSERT, a=0)], [1]) == (1, [1])
    assert run([row(op.ASSERT, a=0)], [0])[0] == -op.ASSERTION
    assert run([row(op.ADD, 0, 0, 1, U8.bits), row(op.JUMP, x=0)], [0, 1])[0] == -op.ENDLESS_LOOP


def test_a_result_that_nobody_wants() -> None:
    assert run([row(op.ADD, -1, 0, 1, U64.bits)], [1, 2]) == (1, [1, 2])


def test_nodes_that_exist() -> None:
    assert [run([row(op.NUMA_NODE_EXISTS, 1, 0, 2, 32)], [node, 9, 0b101])[1][1] for node in range(4)] == [1, 0, 1, 0]
