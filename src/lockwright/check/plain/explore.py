"""Breadth first through all states, and every question that `check` answers, each in its simplest form.

1. A fault is a move that ends in one.  The first found of each kind is the nearest to the beginning.
2. A state without moves in which a thread has not finished is *stuck*: a lost wake-up if somebody sleeps, a deadlock if
   a thread that waits holds a lock, else an endless await.
3. Where all threads have finished, `at_rest` runs; then records that nothing reaches are leaked.
4. What may go on for ever is in `fairness`, who overtakes whom in `order`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.check.plain import fairness, order, rest

if TYPE_CHECKING:
    from lockwright.check.moves import Move
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import State

MOST_STATES = 300_000


@dataclass(slots=True)
class Explored:
    """All states that a machine reaches: numbered as they were found, the initial one first."""

    machine: Machine
    states: list[State] = field(default_factory=list)
    edges: list[list[tuple[Move, int]]] = field(default_factory=list)
    parent: list[tuple[int, Move] | None] = field(default_factory=list)
    is_exhausted: bool = True

    def path(self, number: int) -> list[Move]:
        """Return a shortest sequence of moves from the beginning to a state."""
        moves: list[Move] = []
        while (step := self.parent[number]) is not None:
            number, move = step
            moves.append(move)
        return moves[::-1]


@dataclass(frozen=True, slots=True)
class Found:
    """A fault: its kind, a shortest path to it, and, if it goes on for ever, to the cycle."""

    kind: str
    state: int
    path: tuple[Move, ...]


@dataclass(slots=True)
class Verdict:
    """What holds of a program under one model."""

    states: int
    is_exhausted: bool
    faults: dict[str, Found] = field(default_factory=dict)
    starving: set[int] = field(default_factory=set)  # threads that may wait for ever while others go on
    overtaken: set[tuple[int, int]] = field(default_factory=set)  # (first, second): the second entered first
    bypass: int | None = 0  # None: unbounded
    outcomes: set[tuple[tuple[str, int], ...]] = field(default_factory=set)  # plain cells at the end, with their names


def explore(machine: Machine, most_states: int = MOST_STATES) -> Explored:
    """Find all states."""
    first = machine.initial()
    found = Explored(machine, [first], [[]], [None])
    numbers, waiting = {first: 0}, deque([0])
    while waiting:
        number = waiting.popleft()
        for move in machine.moves(found.states[number]):
            after, _ = machine.apply(found.states[number], move)
            if after not in numbers:
                if len(numbers) >= most_states:
                    found.is_exhausted = False
                    return found
                numbers[after] = len(found.states)
                waiting.append(numbers[after])
                found.states.append(after)
                found.edges.append([])
                found.parent.append((number, move))
            found.edges[number].append((move, numbers[after]))
    return found


def check(machine: Machine, most_states: int = MOST_STATES) -> Verdict:
    """Return what holds of a program."""
    found = explore(machine, most_states)
    verdict = Verdict(len(found.states), found.is_exhausted)
    for number, state in enumerate(found.states):
        _judge(found, verdict, number, state)
    if found.is_exhausted:
        _judge_graph(found, verdict)
    return verdict


def _judge_graph(found: Explored, verdict: Verdict) -> None:
    """Answer what only the whole graph tells."""
    machine = found.machine
    if machine.acquisitions is None:
        verdict.starving = {thread for thread in _threads(machine) if fairness.starves(found, thread)}
        if verdict.starving:
            _note(found, verdict, "starvation", 0)
    else:
        _judge_cycles(found, verdict)
    if machine.subject is not None:
        verdict.overtaken = order.overtaken(found)
        verdict.bypass = order.bypass(found)
    if machine.program.promises.fifo and verdict.overtaken:
        _note(found, verdict, "order_broken", 0)


def outcomes(machine: Machine) -> set[tuple[tuple[str, int], ...]]:
    """Return all ways in which plain cells may look at the end, each cell with its name."""
    return check(machine).outcomes


def _threads(machine: Machine) -> range:
    return range(len(machine.shape.thread_cpus))


def _note(found: Explored, verdict: Verdict, kind: str, number: int) -> None:
    verdict.faults.setdefault(kind, Found(kind, number, tuple(found.path(number))))


def _judge(found: Explored, verdict: Verdict, number: int, state: State) -> None:
    if not state.memory.can_settle():
        return
    if state.fault:
        _note(found, verdict, state.fault, number)
    elif all(thread.is_finished for thread in state.threads):
        if not found.edges[number]:
            _judge_end(found, verdict, number, state)
    elif not found.edges[number] and found.is_exhausted:
        _note(found, verdict, stuck_kind(found.machine, state), number)


def _judge_end(found: Explored, verdict: Verdict, number: int, state: State) -> None:
    result = rest.at_rest(found.machine, state)
    verdict.outcomes.add(result.outcome)
    for kind in result.faults:
        _note(found, verdict, kind, number)


def stuck_kind(machine: Machine, state: State) -> str:
    """Return the kind of fault of a state in which nobody can go on."""
    del machine
    unfinished = [number for number, thread in enumerate(state.threads) if not thread.is_finished]
    if any(frame.sleep for number in unfinished for frame in state.threads[number].frames):
        return "lost_wakeup"
    holding = {holder.owner for holder in state.world.holders}
    holding |= {reader for holder in state.world.holders for reader in holder.readers}
    return "deadlock" if holding & set(unfinished) else "endless_await"


def _judge_cycles(found: Explored, verdict: Verdict) -> None:
    for members in fairness.fair_components(found, range(len(found.states))):
        first = min(members)
        if not any(found.states[number].memory.can_settle() for number in members):
            continue
        quiet = len({found.states[number].memory for number in members}) == 1 and fairness.only_awaits(found, members)
        _note(found, verdict, stuck_kind(found.machine, found.states[first]) if quiet else "endless_await", first)
