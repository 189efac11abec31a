"""Lines that serve requests: what they cost and what they change (docs/coherence.md, *A line*, *Serving*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulate.plain.lines import Arbiter, Line, Waiting

from lockwright.machines import model as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.machines.model import MachineModel


class Memory:
    """Contents and lines; `now` comes from outside, nothing here waits."""

    def __init__(self, machine: MachineModel, line_of: Callable[[int], int], home_of: Callable[[int], int]) -> None:
        self.machine = machine
        self.arbiter = Arbiter(machine)
        self.content: dict[int, int] = {}
        self.lines: dict[int, Line] = {}
        self._line_of, self._home_of = line_of, home_of
        self._node_of = machine.node_of_core

    def line(self, address: int) -> Line:
        """Return the line of an address."""
        number = self._line_of(address)
        if number not in self.lines:
            self.lines[number] = Line(number, self._home_of(number))
        return self.lines[number]

    def read(self, address: int) -> int:
        """Return what lies at an address."""
        return self.content.get(address, 0)

    def write(self, address: int, change: Callable[[int], int | None]) -> int:
        """Write, and return what was there before."""
        old = self.read(address)
        new = change(old)
        if new is not None:
            self.content[address] = new
        return old

    # Hits.

    def hits(self, line: Line, core: int, now: int, *, is_load: bool) -> bool:
        """Whether an access needs no line to move."""
        if line.owner == core and now < line.ready_at:
            return False
        if is_load:
            return core in line.copies
        if line.owner != core or line.state not in (m.EXCLUSIVE, m.MODIFIED):
            return False
        return not line.queue or (self.machine.retention_cycles > 0 and line.due is not None and now < line.due)

    def hit_write(self, line: Line) -> None:
        """Note that the owner writes without moving the line."""
        assert line.owner is not None
        line.state = m.MODIFIED
        line.last_node = self._node_of[line.owner]
        line.written += 1

    # Misses.

    def when_due(self, line: Line, now: int) -> int | None:
        """Return when the line will serve, as far as is known now."""
        if not line.queue:
            return None
        return self.arbiter.next(line, max(now, line.free_at))[1]

    def serve(self, line: Line, one: Waiting, now: int) -> int:
        """Serve a request, its content apart; return its L in ticks."""
        self.arbiter.served(line, one)
        ticks = self._ticks(line, one)
        if one.change is None:
            self._load(line, one.core)
            line.free_at = now + self._occupied(ticks)
        else:
            self._take(line, one.core, now + ticks)
            line.free_at = line.ready_at = now + ticks
        return ticks

    def _load(self, line: Line, core: int) -> None:
        if line.state == m.INVALID:
            line.state, line.owner = m.EXCLUSIVE, core
        elif line.state == m.MODIFIED and self.machine.has_owned:
            line.state = m.OWNED
        elif line.state != m.OWNED:
            line.state, line.owner = m.SHARED, None
        line.copies.add(core)

    def _take(self, line: Line, core: int, arrival: int) -> None:
        node = self._node_of[core]
        if node != line.last_node or any(self._node_of[other] != node for other in line.copies):
            line.t_arr = arrival
        line.state, line.owner, line.copies, line.last_node = m.MODIFIED, core, {core}, node
        line.written += 1

    def _occupied(self, ticks: int) -> int:
        if self.machine.read_occupancy_cycles is not None:
            return min(ticks, 4 * self.machine.read_occupancy_cycles)
        return ticks * self.machine.read_occupancy_percent // 100

    # What a request costs.

    def _ticks(self, line: Line, one: Waiting) -> int:
        cycles = self.machine.latency_cycles[one.operation][line.state][self._distance(line, one)]
        least = 4 * self.machine.min_transfer_cycles
        ticks = max(4 * cycles, least)
        return max(ticks - one.kept, least) if self.arbiter.must_be_taken(line, one) else ticks

    def _distance(self, line: Line, one: Waiting) -> int:
        here = self._node_of[one.core]
        away = self.machine.distances[here]
        suppliers = self._suppliers(line, one)
        to_home = away[line.home]
        if suppliers is None:
            return to_home
        is_load = one.change is None
        local = [self._node_of[core] == here for core in suppliers]
        if self.machine.local_resolve and (any(local) if is_load else all(local)):
            return 0
        distances = [away[self._node_of[core]] for core in suppliers] or [to_home]
        return max(min(distances) if is_load else max(distances), to_home)

    @staticmethod
    def _suppliers(line: Line, one: Waiting) -> set[int] | None:
        """Return the cores that count for the distance; None if the line is nowhere."""
        if line.state == m.INVALID:
            return None
        if line.state in (m.EXCLUSIVE, m.MODIFIED):
            assert line.owner is not None
            return {line.owner}
        return line.copies if one.change is None else line.copies - {one.core}
