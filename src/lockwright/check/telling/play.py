"""Play moves on the plain machine, and note who wrote what each read saw.

The plain machine shares no code with the search: a fault that it shows too is confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.moves import Move
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import Event, State


class NotPlayableError(Exception):
    """A move of the trace is none in the plain machine."""

    def __init__(self, number: int, move: Move) -> None:
        super().__init__(f"move {number} of thread {move.thread} is not possible")
        self.number = number


@dataclass(slots=True)
class Seen:
    """An event, the move in which it happened, and by which event the value came about that it read."""

    event: Event
    move: int  # from 0
    writer: Seen | None = None
    unseen: tuple[Seen, ...] = ()  # c11: later writes to the same word that this read did not see, oldest first
    reads: int = 0  # of a write: how often it was read
    overwritten: bool = False  # of a write
    arrival: Seen | None = None  # of a buffered write: its flush


@dataclass(slots=True)
class Played:
    """What happened in a sequence of moves."""

    machine: Machine
    moves: list[Move] = field(default_factory=list)
    states: list[State] = field(default_factory=list)  # before each move, and the last one
    seen: list[Seen] = field(default_factory=list)

    @property
    def last(self) -> State:
        """The state at the end."""
        return self.states[-1]


def play(machine: Machine, moves: Sequence[Move]) -> Played:
    """Play moves from the first state.

    Raises:
        NotPlayableError: A move is not possible.
    """
    played = Played(machine, states=[machine.initial()])
    writers = _Writers()
    for number, move in enumerate(moves):
        found = None if played.last.fault else fitting(machine, played.last, move)
        if found is None:
            raise NotPlayableError(number, move)
        state, events = machine.apply(played.last, found)
        played.moves.append(found)
        played.states.append(state)
        played.seen += [writers.note(Seen(event, number)) for event in events]
    return played


def fitting(machine: Machine, state: State, move: Move) -> Move | None:
    """Return the move as the plain machine writes it; where a step has only one way to happen, the choice is free."""
    moves = list(machine.moves_of(state, move.thread))
    if move in moves:
        return move
    steps = [one for one in moves if not one.flush]
    return steps[0] if len(steps) == 1 and not move.flush else None


class _Writers:
    """Of each word the writes in memory, in their order, and the writes that wait in store buffers."""

    def __init__(self) -> None:
        self.written: dict[int, list[Seen]] = {}
        self.waiting: dict[int, list[Seen]] = {}  # by thread

    def note(self, seen: Seen) -> Seen:
        """Find out where the value read came from, and remember what was written."""
        event = seen.event
        if event.kind in ("read", "update"):
            self._read(seen)
        if event.kind in ("write", "update") and event.new is not None:
            self._written(seen)
        if event.kind == "flush":
            self._arrived(seen)
        return seen

    def _read(self, seen: Seen) -> None:
        event = seen.event
        if event.forwarded:
            buffer = self.waiting.get(event.thread, [])
            seen.writer = next((one for one in reversed(buffer) if one.event.address == event.address), None)
        else:
            writes = self.written.get(event.address or 0, [])
            behind = 0 if event.index is None or event.newest is None else event.newest - event.index
            seen.writer = writes[-1 - behind] if behind < len(writes) else None
            seen.unseen = tuple(writes[len(writes) - behind :]) if behind else ()
        if seen.writer is not None:
            seen.writer.reads += 1

    def _written(self, seen: Seen) -> None:
        event = seen.event
        if event.buffered:
            self.waiting.setdefault(event.thread, []).append(seen)
            return
        self._put(seen, event)

    def _put(self, seen: Seen, event: Event) -> None:
        writes = self.written.setdefault(event.address or 0, [])
        behind = 0 if event.place is None or event.newest is None else event.newest + 1 - event.place
        at = max(0, len(writes) - behind)
        if behind:
            seen.overwritten = True
        elif writes:
            writes[-1].overwritten = True
        writes.insert(at, seen)

    def _arrived(self, seen: Seen) -> None:
        buffer = self.waiting.get(seen.event.thread, [])
        if buffer:
            store = buffer.pop(0)
            store.arrival = seen
            seen.writer = store
            self._put(store, seen.event)
