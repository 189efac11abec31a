"""What is known of waiting loops before a run: which rows lead back, how they end, whether all rounds are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.simulate import places as at
from lockwright.simulate.counters import counters_of, followers
from lockwright.simulate.values import LEAVES_IF_EQUAL, STAYS_IF_EQUAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from lockwright.ir.awaits import Await


_WHERE = (op.CPU, op.NUMA_NODE)
"""What a thread asks only of itself."""


def found_back(rows: NDArray[np.int64], kinds: NDArray[np.int64], restarts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each row the await that restarts whatever happens from there, with the registers as they are; or 0."""
    found = restarts.copy()
    for row in np.flatnonzero(kinds == at.LOCAL):
        seen = _reached(rows, kinds, int(row))
        ends = {int(restarts[stop]) for stop in seen if kinds[stop] != at.LOCAL}
        is_idle = all(rows[one, op.D] < 0 for one in seen if kinds[one] == at.LOCAL)
        found[row] = ends.pop() if len(ends) == 1 and is_idle else 0
    return found


def polls_of(rows: NDArray[np.int64], kinds: NDArray[np.int64], restarts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how the simplest waiting loops end: a load, a comparison of it with something else, a branch on that.

    One way of the branch leads back to the load, by rows of which none has a choice; they may make the address anew.
    """
    found = np.zeros((len(rows), 2), dtype=np.int64)
    for row in np.flatnonzero(restarts):
        load, test, branch = rows[row : row + 3]
        slots, is_test = (load[op.D], test[op.D]), test[op.OP] in (op.EQ, op.NE)
        if not is_test or branch[op.OP] != op.BRANCH or slots != (test[op.A], branch[op.A]):
            continue
        if test[op.B] == load[op.D]:
            continue
        stays = [_goes_round(rows, kinds, int(branch[way]), int(row)) for way in (op.X, op.Y)]
        if stays[0] != stays[1]:
            leaves_if_true = stays[1]
            is_equal = (test[op.OP] == op.EQ) == leaves_if_true
            found[row] = LEAVES_IF_EQUAL if is_equal else STAYS_IF_EQUAL, test[op.B]
    return found


def _goes_round(rows: NDArray[np.int64], kinds: NDArray[np.int64], row: int, restart: int) -> bool:
    """Whether local rows lead from a row to a restart whatever happens."""
    for _ in range(len(rows)):
        if row == restart or kinds[row] != at.LOCAL or rows[row, op.OP] in (op.BRANCH, op.ASSERT):
            break
        (row,) = followers(rows, row)
    return row == restart


def _reached(rows: NDArray[np.int64], kinds: NDArray[np.int64], row: int) -> set[int]:
    """Return a row, the local ones that may follow it, and the first that are not local."""
    seen, waiting = {row}, [row]
    while waiting:
        one = waiting.pop()
        if kinds[one] == at.LOCAL:
            new = [after for after in followers(rows, one) if after not in seen]
            seen.update(new)
            waiting.extend(new)
    return seen


def sleeps_of(
    rows: NDArray[np.int64],
    consts: NDArray[np.int64],
    kinds: NDArray[np.int64],
    restarts: NDArray[np.int64],
    awaits: Sequence[Await],
    inside: Sequence[Collection[int]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return at which restarts a thread may sleep, and the slots with which loops there count their rounds, and how.

    Args:
        rows: The code.
        consts: Its constants.
        kinds: Of each row its class.
        restarts: Of each row the number of the await that restarts there, 0 for none.
        awaits: All of them.
        inside: Of each await the rows of its loop.
    """
    sleeps, counters = np.zeros(len(rows), dtype=np.int64), np.zeros((len(rows), at.COUNTERS, 2), dtype=np.int64)
    counters[:, :, 0] = at.NONE
    for restart in map(int, np.flatnonzero(restarts)):
        number = int(restarts[restart]) - 1
        is_counted = awaits[number].is_counted
        ahead = _round(rows, kinds, restart, inside[number] if is_counted else None)
        if not _is_steady(rows, ahead):
            continue
        counts = counters_of(rows, consts, restart, set(ahead)) if is_counted else {}
        sleeps[restart] = not is_counted or 1 <= len(counts) <= at.COUNTERS
        if sleeps[restart]:
            counters[restart, : len(counts)] = np.array(sorted(counts.items())).reshape(-1, 2)
    return sleeps, counters


def _is_steady(rows: NDArray[np.int64], round_: dict[int, set[int]]) -> bool:
    """Whether every round of a waiting loop takes the same time: no inner loop, no `compute` of what it read."""
    ahead = dict(round_)
    if any(rows[row, op.OP] == op.COMPUTE and not _is_known(rows, row) for row in ahead):
        return False
    while ends := [row for row in ahead if not ahead[row]]:  # what leads to the end of the round only
        for row in ends:
            del ahead[row]
        for row, others in ahead.items():
            ahead[row] = others - set(ends)
    return not ahead  # an inner loop is left


def _round(
    rows: NDArray[np.int64], kinds: NDArray[np.int64], restart: int, inside: Collection[int] | None = None
) -> dict[int, set[int]]:
    """Return the rows of a round, which lead back to its restart (`inside` some), and what follows each of them."""
    after: dict[int, list[int]] = {}
    waiting = [restart]
    while waiting:
        row = waiting.pop()
        if row not in after and (kinds[row] in (at.LOCAL, at.LOAD, at.FENCE) or rows[row, op.OP] in _WHERE):
            after[row] = [one for one in followers(rows, row) if inside is None or one in inside]
            waiting.extend(after[row])
    back: set[int] = set()
    found = {restart}
    while found - back:
        back |= found
        found = {row for row, others in after.items() if back.intersection(others)}
    return {row: {one for one in after[row] if one in back and one != restart} for row in back}


def _is_known(rows: NDArray[np.int64], row: int) -> bool:
    """Whether the operand of a row is a constant, if only one that the row before converts."""
    operand, before = rows[row, op.A], rows[row - 1]
    return bool(
        operand < 0 or (before[op.D] == operand and before[op.OP] < op.JUMP and before[op.A] < 0 > before[op.B])
    )
