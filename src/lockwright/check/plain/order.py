"""Who overtakes whom on the way into the lock under test.

1. Order is broken if T1 had finished its doorway when T2 began its own, and T2 enters first.
2. The bypass bound is the most entries of threads that began their doorway after T had finished its, before T enters.
3. A trylock has no doorway: its turn is when it succeeds.  Whoever waits then was there before it.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from lockwright.check.plain.fairness import components
from lockwright.check.plain.state import DOORWAY, INSIDE, OUTSIDE, WAITING

if TYPE_CHECKING:
    from lockwright.check.plain.explore import Explored
    from lockwright.check.plain.state import State

Late = frozenset[int]
"""Threads that began their doorway after the victim had finished its."""


def phase(state: State, thread: int) -> int:
    """Return where a thread is with respect to the lock: of its frames, the innermost that is not outside."""
    inside = [frame.phase for frame in state.threads[thread].frames if frame.phase != OUTSIDE]
    return inside[-1] if inside else OUTSIDE


def overtaken(found: Explored) -> set[tuple[int, int]]:
    """Return the pairs of threads of which the second can enter first although the first came first."""
    pairs = permutations(range(len(found.states[0].threads)), 2)
    return {(first, second) for first, second in pairs if _is_overtaken(found, first, second)}


def _is_overtaken(found: Explored, first: int, second: int) -> bool:
    return _is_overtaken_by_trying(found, first, second) or any(
        second in late and _enters(found, source, target, second) and phase(found.states[target], first) == WAITING
        for (source, late), follows in _with_late(found, first).items()
        for target, _ in follows
    )


def _is_overtaken_by_trying(found: Explored, first: int, second: int) -> bool:
    waiting = (number for number in range(len(found.states)) if _waits(found, number, first))
    return any(
        _walks_in(found, number, target, second) and _waits(found, target, first)
        for number in waiting
        for _, target in found.edges[number]
    )


def _walks_in(found: Explored, source: int, target: int, thread: int) -> bool:
    return phase(found.states[source], thread) == OUTSIDE and phase(found.states[target], thread) == INSIDE


def _enters(found: Explored, source: int, target: int, thread: int) -> bool:
    return phase(found.states[source], thread) != INSIDE and phase(found.states[target], thread) == INSIDE


def _begins(found: Explored, source: int, target: int, thread: int) -> bool:
    before, after = phase(found.states[source], thread), phase(found.states[target], thread)
    return before == OUTSIDE and after in (DOORWAY, WAITING)


def _with_late(found: Explored, victim: int) -> dict[tuple[int, Late], list[tuple[int, Late]]]:
    """Return the graph of pairs of a state and who is late in it, from all states in which the victim does not wait."""
    threads = [number for number in range(len(found.states[0].threads)) if number != victim]
    waiting: list[tuple[int, Late]] = [
        (number, frozenset()) for number, state in enumerate(found.states) if phase(state, victim) != WAITING
    ]
    graph: dict[tuple[int, Late], list[tuple[int, Late]]] = {}
    while waiting:
        number, late = waiting.pop()
        if (number, late) in graph:
            continue
        waits = phase(found.states[number], victim) == WAITING
        follows: list[tuple[int, Late]] = []
        for _, target in found.edges[number]:
            stays = waits and phase(found.states[target], victim) == WAITING
            fresh = {one for one in threads if stays and _begins(found, number, target, one)}
            follows.append((target, late | fresh if stays else frozenset()))
        graph[number, late] = follows
        waiting += follows
    return graph


def bypass(found: Explored) -> int | None:
    """Return the bypass bound: None if there is none."""
    bounds = [_bypass(found, victim) for victim in range(len(found.states[0].threads))]
    return None if None in bounds else max((one for one in bounds if one is not None), default=0)


def _bypass(found: Explored, victim: int) -> int | None:
    """Return the heaviest path through the states in which the victim waits.

    An entry of a late thread weighs one, and so does that of any other which only tries.
    """
    graph = {
        node: [one for one in follows if _waits(found, one[0], victim)]
        for node, follows in _with_late(found, victim).items()
        if _waits(found, node[0], victim)
    }

    def weight(source: tuple[int, Late], target: tuple[int, Late]) -> int:
        late = source[1] & target[1]
        others = set(range(len(found.states[0].threads))) - late - {victim}
        trying = sum(_walks_in(found, source[0], target[0], thread) for thread in others)
        return trying + sum(_enters(found, source[0], target[0], thread) for thread in late)

    most: dict[tuple[int, Late], int] = {}
    for members in components(graph, lambda node: graph[node]):
        edges = [(node, target) for node in members for target in graph[node]]
        if any(weight(node, target) for node, target in edges if target in members):
            return None
        onwards = [weight(node, target) + most[target] for node, target in edges if target not in members]
        most.update(dict.fromkeys(members, max(onwards, default=0)))
    return max(most.values(), default=0)


def _waits(found: Explored, number: int, victim: int) -> bool:
    return phase(found.states[number], victim) == WAITING
