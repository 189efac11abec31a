"""A cache line, the requests that wait at it, and which of them it serves next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulate.plain.requests import Sleep

    from lockwright.machines.model import MachineModel


@dataclass(slots=True, eq=False)
class Waiting:
    """A request in the queue of a line."""

    thread: int
    core: int
    operation: int  # row of the latency table
    address: int
    change: Callable[[int], int | None] | None  # None: a load
    joined: int
    kept: int = 0  # ticks for which an owner goes on
    sleep: Sleep | None = None  # a load of a spinner that was woken


@dataclass(slots=True)
class Line:
    """One line: docs/coherence.md, section *A line*."""

    number: int
    home: int
    state: int = m.INVALID
    owner: int | None = None
    copies: set[int] = field(default_factory=set)
    queue: list[Waiting] = field(default_factory=list)
    free_at: int = 0
    ready_at: int = 0
    due: int | None = None  # when it will serve, as far as is known
    written: int = 0
    last_node: int | None = None  # of the last write
    t_arr: int = 0
    places: list[int] = field(default_factory=list)  # nodes with requests, whose turn comes first in front
    sleepers: set[int] = field(default_factory=set)


class Arbiter:
    """Says which request of a line comes next, and when."""

    def __init__(self, machine: MachineModel) -> None:
        self.machine = machine
        self.node_of = machine.node_of_core
        self.hold = 4 * machine.hold_cycles
        self.by_node = machine.arbitration == "node"

    def joined(self, line: Line, one: Waiting) -> None:
        """Put a request into the queue."""
        line.queue.append(one)
        if self.node_of[one.core] not in line.places:
            line.places.append(self.node_of[one.core])

    def served(self, line: Line, one: Waiting) -> None:
        """Take a request out of the queue."""
        line.queue.remove(one)
        node = self.node_of[one.core]
        line.places.remove(node)
        if any(self.node_of[other.core] == node for other in line.queue):
            line.places.append(node)

    def next(self, line: Line, now: int) -> tuple[Waiting | None, int]:
        """Return the request to be served at `now`, or None and when to ask again."""
        one, until = self._of_nodes(line, now) if self.by_node else (line.queue[0], now)
        if one is None:
            return None, until
        taken = max(one.joined, line.free_at) + one.kept
        if self.must_be_taken(line, one) and now < taken:
            return None, taken
        return one, now

    @staticmethod
    def must_be_taken(line: Line, one: Waiting) -> bool:
        """Whether the line has an owner who may write it, on another core."""
        return line.state in (m.EXCLUSIVE, m.MODIFIED) and one.core != line.owner

    def _of_nodes(self, line: Line, now: int) -> tuple[Waiting | None, int]:
        inside = self._whole_node(line)
        mine = [one for one in line.queue if self.node_of[one.core] == inside]
        others = [one for one in line.queue if self.node_of[one.core] != inside]
        if inside is not None and others and now < line.t_arr + self.hold:
            allowed = [one for one in mine if one.core != line.owner]
            return (self._first(allowed), now) if allowed else (None, line.t_arr + self.hold)
        if not others:
            return self._first(mine), now
        turn = next(node for node in line.places if node != inside)
        return self._first([one for one in others if self.node_of[one.core] == turn]), now

    def _whole_node(self, line: Line) -> int | None:
        """Return the node of the last write if all copies are in it."""
        return line.last_node if all(self.node_of[core] == line.last_node for core in line.copies) else None

    def _first(self, several: list[Waiting]) -> Waiting:
        if self.machine.rereads_last:
            return min(several, key=lambda one: one.sleep is not None)  # what woken spinners read again comes last
        return several[0]
