"""Who overtakes a waiter in a trace: counted on the plain machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockwright.check.plain.order import phase
from lockwright.check.plain.state import DOORWAY, INSIDE, OUTSIDE, WAITING

if TYPE_CHECKING:
    from lockwright.check.telling.play import Played


class Overtaking(NamedTuple):
    """A thread enters in a move though it began when the victim already waited."""

    thread: int
    move: int


def overtakings(played: Played, victim: int) -> list[Overtaking]:
    """Return who overtakes the victim in its wait that lasts until the end of the trace, in order."""
    phases = [[phase(state, thread) for thread in range(len(state.threads))] for state in played.states]
    first = len(phases)
    while first and phases[first - 1][victim] == WAITING:
        first -= 1
    late: set[int] = set()
    found = []
    for move in range(first, len(phases) - 1):
        for thread, (before, after) in enumerate(zip(phases[move], phases[move + 1], strict=True)):
            if before in (OUTSIDE, INSIDE) and after in (DOORWAY, WAITING):
                late.add(thread)
            walks_in = before == OUTSIDE and after == INSIDE
            if walks_in or (thread in late and after == INSIDE):
                found.append(Overtaking(thread, move))
                late.discard(thread)
    return found
