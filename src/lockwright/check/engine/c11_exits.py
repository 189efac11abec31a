"""Awaits that are simple: one load, whose value decides whether the loop goes round again, and is then forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.flat import opcodes as op

if TYPE_CHECKING:
    from lockwright.check.engine.c11_static import Row
    from lockwright.flat.program import Flat

_SETS_A_SLOT = frozenset({
    op.COPY, op.CONVERT, op.ADD, op.SUB, op.MUL, op.AND, op.OR, op.XOR, op.MIN, op.MAX, op.INVERT, op.NEGATE, op.NOT,
    op.EQ, op.NE, op.LT, op.LE, op.GT, op.GE, op.PART, op.PACK,
})  # fmt: skip
"""Instructions that cannot fail."""
_ADDRESSES = frozenset({op.ROOT, op.FIELD, op.ELEMENT, op.PART_ADDRESS})
_ONLY_TAKES_TIME = frozenset({op.PAUSE, op.COMPUTE})


def exits(rows: list[Row], flat: Flat) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return for each row where the await that restarts there is left if it is simple, else -1."""
    found = np.full(len(flat.code) + 1, -1, np.int64)
    by_pc = {row.pc: row for row in rows}
    for row in rows:
        if flat.restart[row.pc] and row.op == op.ATOMIC_LOAD and row.d >= 0 and row.order == op.RELAXED:
            found[row.pc] = _exit(row, by_pc, flat)
    return found


def _exit(load: Row, by_pc: dict[int, Row], flat: Flat) -> int:
    row, written = by_pc[load.pc + 1], {load.d}
    for _ in range(len(by_pc)):
        if row.op in _SETS_A_SLOT:
            written.add(row.d)
        elif row.op != op.JUMP and row.op not in _ONLY_TAKES_TIME:
            break
        row = by_pc[row.x if row.op == op.JUMP else row.pc + 1]
    if row.op != op.BRANCH:
        return -1
    back = [_comes_back(side, load.pc, by_pc) for side in (row.x, row.y)]
    if sum(back) != 1:
        return -1
    leaves = row.y if back[0] else row.x
    return -1 if any(int(flat.live[leaves]) >> slot & 1 for slot in written) else leaves


def _comes_back(pc: int, load: int, by_pc: dict[int, Row]) -> bool:
    """Return whether nothing but time lies between a row and the load."""
    for _ in range(len(by_pc)):
        if pc == load:
            return True
        row = by_pc[pc]
        if row.op not in _SETS_A_SLOT | _ADDRESSES | _ONLY_TAKES_TIME and row.op != op.JUMP:
            return False
        pc = row.x if row.op == op.JUMP else pc + 1
    return False
