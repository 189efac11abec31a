"""Which slots a round of a waiting loop counts up or down, and by how much: known before a run, from the rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lockwright.flat import opcodes as op

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

Value: TypeAlias = tuple[int, int] | None
"""What a slot holds: what another one held where the round began, and so much more; None: something else."""


def followers(rows: NDArray[np.int64], row: int) -> list[int]:
    """Return the rows to which a local row may lead."""
    if rows[row, op.OP] == op.JUMP:
        return [int(rows[row, op.X])]
    if rows[row, op.OP] == op.BRANCH:
        return [int(rows[row, op.X]), int(rows[row, op.Y])]
    return [row + 1]


def counters_of(
    rows: NDArray[np.int64], consts: NDArray[np.int64], restart: int, ahead: Collection[int]
) -> dict[int, int]:
    """Return the slots to which each round adds a constant, whichever way it goes, and the constant.

    Args:
        rows: The code.
        consts: Its constants.
        restart: Where the round begins.
        ahead: Its rows, none of which it passes twice.
    """
    known: dict[int, dict[int, Value]] = {restart: {}}
    for row in _in_order(rows, restart, ahead):
        after = dict(known[row])
        slot = int(rows[row, op.D])
        if slot >= 0:
            after[slot] = _made(rows[row], consts, known[row])
        for one in followers(rows, row):
            if one in ahead:
                place = len(rows) if one == restart else one
                known[place] = _both(known[place], after) if place in known else after
    ends = known.get(len(rows), {})
    return {slot: value[1] for slot, value in ends.items() if value is not None and value[0] == slot and value[1]}


def _in_order(rows: NDArray[np.int64], restart: int, ahead: Collection[int]) -> list[int]:
    """Return the rows of a round, each behind all from which it may be reached."""
    found: list[int] = []
    seen: set[int] = set()
    waiting = [(restart, False)]
    while waiting:
        row, is_left = waiting.pop()
        if is_left:
            found.append(row)
        elif row not in seen:
            seen.add(row)
            waiting.append((row, True))
            waiting += [(one, False) for one in followers(rows, row) if one in ahead and one != restart]
    return found[::-1]


def _made(row: NDArray[np.int64], consts: NDArray[np.int64], known: dict[int, Value]) -> Value:
    """Return what a row makes."""
    first, second = int(row[op.A]), int(row[op.B])
    if row[op.OP] == op.ADD and first < 0 <= second:
        first, second = second, first
    old = known.get(first, (first, 0)) if first >= 0 else None
    if old is None or row[op.OP] == op.COPY:
        return old
    if row[op.OP] not in (op.ADD, op.SUB) or second >= 0:
        return None
    added = int(consts[~second]) * (1 if row[op.OP] == op.ADD else -1)
    return old[0], old[1] + _signed(added, int(row[op.BITS]))


def _signed(added: int, bits: int) -> int:
    """Read what wraps as the step back that it is: adding 2**16 - 1 to a `u16` counts down."""
    width = bits & (op.SIGNED - 1)
    if bits & op.SIGNED or width == 64 or abs(added) >> (width - 1) == 0:
        return added
    return added - (1 << width) if added > 0 else added + (1 << width)


def _both(first: dict[int, Value], second: dict[int, Value]) -> dict[int, Value]:
    """Return what is known where two ways meet."""
    slots = first.keys() | second.keys()
    return {slot: _same(first.get(slot, (slot, 0)), second.get(slot, (slot, 0))) for slot in slots}


def _same(first: Value, second: Value) -> Value:
    return first if first == second else None
