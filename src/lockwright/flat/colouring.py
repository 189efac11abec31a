"""Which registers are live where, and which slot each gets: registers of one class share slots, others never do."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockwright.flat import opcodes as op
from lockwright.flat.program import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from lockwright.flat.lowering import Row

    Class = TypeVar("Class", bound=Hashable)

SLOTS = 60
"""Slots that a thread may have: one bit each in a mask of live slots."""

FAULTLESS = frozenset(range(op.COPY, op.ROOT)) - {op.DIV, op.MOD, op.SHL, op.SHR}
FREE_OF_EFFECTS = FAULTLESS | {op.ROOT, op.NOW, op.THREAD, op.EXTENT, op.NUMA_NODE_EXISTS}
"""Rows that do nothing if nobody reads their result."""


def members(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def successors(rows: Sequence[Row], index: int, starts: dict[str, int]) -> list[int]:
    """Return the rows that may follow a row."""
    row = rows[index]
    if row.targets:
        return [starts[label] for label in row.targets]
    return [] if row.opcode == op.RETURN else [index + 1]


def live_before(rows: Sequence[Row], starts: dict[str, int]) -> list[int]:
    """Return the mask of registers that are live before each row."""
    after = [successors(rows, index, starts) for index in range(len(rows))]
    uses = [sum({1 << register for register in row.uses()}) for row in rows]
    keep = [~(1 << row.result) if row.result is not None else -1 for row in rows]
    live = [0] * (len(rows) + 1)
    is_new = True
    while is_new:
        is_new = False
        for index in range(len(rows) - 1, -1, -1):
            out = 0
            for successor in after[index]:
                out |= live[successor]
            now = uses[index] | (out & keep[index])
            is_new |= now != live[index]
            live[index] = now
    return live


def is_useless(rows: Sequence[Row], index: int, starts: dict[str, int], live: Sequence[int]) -> bool:
    """Return whether a row only computes what nobody reads."""
    row = rows[index]
    if row.opcode not in FREE_OF_EFFECTS or row.result is None:
        return False
    return not any(live[successor] >> row.result & 1 for successor in successors(rows, index, starts))


def colour(
    rows: Sequence[Row],
    starts: dict[str, int],
    live: Sequence[int],
    class_of: Callable[[int], Class],
    slots: list[Class],
) -> dict[int, int]:
    """Return the slot of each register; `slots` holds the class of each slot, and grows."""
    conflicts: dict[int, int] = {}
    for index, row in enumerate(rows):
        after = 0
        for successor in successors(rows, index, starts):
            after |= live[successor]
        if row.result is not None:
            conflicts.setdefault(row.result, 0)
            for other in members(after & ~(1 << row.result)):
                conflicts[row.result] |= 1 << other
                conflicts[other] = conflicts.get(other, 0) | 1 << row.result
    found: dict[int, int] = {}
    for register in sorted(conflicts):
        taken = {found[other] for other in members(conflicts[register]) if other in found}
        found[register] = _free(slots, class_of(register), taken)
    if len(slots) > SLOTS:
        raise TooLargeError(f"a thread needs {len(slots)} registers at once; {SLOTS} are possible")
    return found


def _free(slots: list[Class], wanted: Class, taken: set[int]) -> int:
    for slot, kind in enumerate(slots):
        if kind == wanted and slot not in taken:
            return slot
    slots.append(wanted)
    return len(slots) - 1
