"""Random systems of identical threads, explored raw and up to symmetry: material for the oracles."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.graph.graph import Graph
from lockwright.check.moves import Move

if TYPE_CHECKING:
    from collections.abc import Iterator

State = tuple[int, tuple[tuple[int, int], ...]]
"""The shared value, and of each thread where it stands and its buffered value (-1: none)."""


@dataclass
class System:
    """Where a thread may go from (place, shared value); places 0..4 are the phases, 5 is the end."""

    threads: int
    steps: dict[tuple[int, int], list[tuple[int, int, int]]] = field(default_factory=dict)  # place, shared, buffered
    give_up_places: frozenset[int] = frozenset()

    def first(self) -> State:
        return (0, tuple((0, -1) for _ in range(self.threads)))

    def moves(self, state: State) -> list[tuple[Move, State]]:
        shared, locals_ = state
        found = []
        for thread, (place, buffered) in enumerate(locals_):
            for choice, (then, value, pending) in enumerate(self.steps.get((place, shared), [])):
                if pending >= 0 and buffered >= 0:
                    continue
                after = (then, pending if pending >= 0 else buffered)
                found.append((Move(thread, choice=choice), (value, put(locals_, thread, after))))
            if buffered >= 0:
                found.append((Move(thread, flush=True), (buffered, put(locals_, thread, (place, -1)))))
        return [(move, after) for move, after in found if after != state]

    def status(self, state: State, thread: int) -> int:
        place, buffered = state[1][thread]
        moves = [move for move, _ in self.moves(state) if move.thread == thread and not move.flush]
        can = 3 if place == 5 else 0 if moves else 1
        return can | (32 if buffered >= 0 else 0)


def put(locals_: tuple[tuple[int, int], ...], thread: int, value: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return (*locals_[:thread], value, *locals_[thread + 1 :])


def random_system(seed: int, threads: int, *, ends: bool) -> System:
    """A system with few steps, so that many seeds are wanted: phases go round, with loops in doorway and wait."""
    draw = random.Random(seed)
    system = System(threads, give_up_places=frozenset({2}) if draw.random() < 0.3 else frozenset())
    values, buffers = draw.choice((2, 3)), draw.random() < 0.3
    after = {0: [1, 1, 2, 3], 1: [1, 2, 3], 2: [2, 3], 3: [4, 0], 4: [0, 5] if ends else [0]}
    for place, shared in itertools.product(range(5), range(values)):
        for _ in range(draw.choice((0, 1, 1, 2))):
            pending = draw.randrange(values) if buffers and draw.random() < 0.4 else -1
            value = shared if pending >= 0 else draw.randrange(values)
            system.steps.setdefault((place, shared), []).append((draw.choice(after[place]), value, pending))
    return system


def canonical(state: State) -> tuple[State, tuple[int, ...]]:
    """The representative of a state, and where each position of it goes."""
    order = sorted(range(len(state[1])), key=lambda thread: state[1][thread])
    place = tuple(order.index(thread) for thread in range(len(order)))
    return (state[0], tuple(state[1][thread] for thread in order)), place


def sized(threads: int, wanted: int, *, ends: bool, seed: int = 0) -> Iterator[System]:
    """Random systems that are neither trivial nor too large for the oracles."""
    while wanted:
        seed += 1
        system = random_system(seed, threads, ends=ends)
        if 12 <= size(system, 260) < 260:
            wanted -= 1
            yield system


def size(system: System, most: int) -> int:
    """How many states it has, counted up to `most`."""
    seen = {system.first()}
    todo = [system.first()]
    while todo and len(seen) < most:
        fresh = {after for _, after in system.moves(todo.pop())} - seen
        seen |= fresh
        todo += fresh
    return len(seen)


@dataclass
class Explored:
    """A stored graph with the states that it is of."""

    threads: int
    states: list[State]
    parent: np.ndarray
    start: np.ndarray
    target: np.ndarray
    move: np.ndarray
    perm: np.ndarray
    phase: np.ndarray
    status: np.ndarray
    pc: np.ndarray

    def graph(self, system: System) -> Graph:
        return Graph.of(self, self.parent, sorted(system.give_up_places))


def explore(system: System, *, symmetric: bool) -> Explored:
    identity = tuple(range(system.threads))
    reduce = canonical if symmetric else (lambda state: (state, identity))
    states = [system.first()]
    number = {states[0]: 0}
    parent, start, target, move, perm = [0], [0], [], [], []
    for index, state in enumerate(states):
        for one, after in system.moves(state):
            reduced, places = reduce(after)
            if reduced not in number:
                number[reduced] = len(states)
                states.append(reduced)
                parent.append(index)
            target.append(number[reduced])
            move.append(one.code)
            perm.append(sum(place << 4 * position for position, place in enumerate(places)))
        start.append(len(target))
    phase = [[place if place < 5 else 0 for place, _ in state[1]] for state in states]
    status = [[system.status(state, thread) for thread in range(system.threads)] for state in states]
    return Explored(
        system.threads,
        states,
        np.array(parent),
        np.array(start),
        np.array(target, dtype=np.int32),
        np.array(move, dtype=np.int32),
        np.array(perm, dtype=np.int32),
        np.array(phase, dtype=np.uint8),
        np.array(status, dtype=np.uint8),
        np.array([[place for place, _ in state[1]] for state in states], dtype=np.int32),
    )
