"""What is known of waiting loops before a run: which rows lead back, how they end, whether all rounds are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.simulate import places as at
from lockwright.simulate.values import LEAVES_IF_EQUAL, STAYS_IF_EQUAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from lockwright.ir.awaits import Await


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
        (row,) = _followers(rows, row)
    return row == restart


def _reached(rows: NDArray[np.int64], kinds: NDArray[np.int64], row: int) -> set[int]:
    """Return a row, the local ones that may follow it, and the first that are not local."""
    seen, waiting = {row}, [row]
    while waiting:
        one = waiting.pop()
        if kinds[one] == at.LOCAL:
            new = [after for after in _followers(rows, one) if after not in seen]
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
    """Return at which restarts a thread may sleep, and the slot and bound of loops there that count their rounds.

    Args:
        rows: The code.
        consts: Its constants.
        kinds: Of each row its class.
        restarts: Of each row the number of the await that restarts there, 0 for none.
        awaits: All of them.
        inside: Of each await the rows of its loop.
    """
    sleeps, bounds = np.zeros(len(rows), dtype=np.int64), np.full((len(rows), 2), at.NONE, dtype=np.int64)
    for restart in map(int, np.flatnonzero(restarts)):
        number = int(restarts[restart]) - 1
        is_counted = awaits[number].is_counted
        ahead = _round(rows, kinds, restart, inside[number] if is_counted else None)
        if is_counted:
            bounds[restart] = _counted(rows, consts, ahead) or at.NONE
            if bounds[restart, 0] < 0:
                continue
        sleeps[restart] = _is_steady(rows, ahead)
    return sleeps, bounds


def _counted(rows: NDArray[np.int64], consts: NDArray[np.int64], ahead: Collection[int]) -> tuple[int, int] | None:
    """Return the slot that counts the rounds of a loop and the operand below which it stays; None if it is not clear.

    A loop is known by the three rows at its end: the counter plus one, whether it is still below a bound, and back.
    Nothing else of the round reads or changes the counter, so all rounds are the same but for it.
    """
    for row in ahead:
        if not {row + 1, row + 2} <= set(ahead):
            continue
        add, test, branch = rows[row : row + 3]
        counter, bound = int(add[op.D]), int(test[op.B])
        is_step = add[op.OP] == op.ADD and add[op.A] == counter >= 0 > add[op.B] and consts[~add[op.B]] == 1
        is_test = test[op.OP] == op.LT and test[op.A] == counter and test[op.BITS] == add[op.BITS]
        is_end = branch[op.OP] == op.BRANCH and branch[op.A] == test[op.D] and branch[op.Y] not in ahead
        others = [rows[one] for one in ahead if one not in (row, row + 1)]
        is_used = any(counter in one[[op.D, op.A, op.B, op.C]] for one in others)
        if is_step and is_test and is_end and not is_used and not any(one[op.D] == bound >= 0 for one in others):
            return counter, bound
    return None


def _is_steady(rows: NDArray[np.int64], round_: dict[int, set[int]]) -> bool:
    """Whether every round of a waiting loop takes the same time: no inner loop, no `compute` of what it read."""
    ahead = dict(round_)
    if any(rows[row, op.OP] == op.COMPUTE and not _is_known(rows, row) for row in ahead):
        return False
    while ends := [row for row in ahead if not ahead[row]]:  # what leads to the end of the round only
        for row in ends:
            del ahead[row]
        for row, followers in ahead.items():
            ahead[row] = followers - set(ends)
    return not ahead  # an inner loop is left


def _round(
    rows: NDArray[np.int64], kinds: NDArray[np.int64], restart: int, inside: Collection[int] | None = None
) -> dict[int, set[int]]:
    """Return the rows of a round, which lead back to its restart (`inside` some), and what follows each of them."""
    after: dict[int, list[int]] = {}
    waiting = [restart]
    while waiting:
        row = waiting.pop()
        if row not in after and kinds[row] in (at.LOCAL, at.LOAD, at.FENCE):
            followers = _followers(rows, row) if kinds[row] == at.LOCAL else [row + 1]
            after[row] = [one for one in followers if inside is None or one in inside]
            waiting.extend(after[row])
    back: set[int] = set()
    found = {restart}
    while found - back:
        back |= found
        found = {row for row, followers in after.items() if back.intersection(followers)}
    return {row: {one for one in after[row] if one in back and one != restart} for row in back}


def _is_known(rows: NDArray[np.int64], row: int) -> bool:
    """Whether the operand of a row is a constant, if only one that the row before converts."""
    operand, before = rows[row, op.A], rows[row - 1]
    return bool(
        operand < 0 or (before[op.D] == operand and before[op.OP] < op.JUMP and before[op.A] < 0 > before[op.B])
    )


def _followers(rows: NDArray[np.int64], row: int) -> list[int]:
    if rows[row, op.OP] == op.JUMP:
        return [int(rows[row, op.X])]
    if rows[row, op.OP] == op.BRANCH:
        return [int(rows[row, op.X]), int(rows[row, op.Y])]
    return [row + 1]
