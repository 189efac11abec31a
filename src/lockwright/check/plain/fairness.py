"""Runs that never end although every thread gets its turns.

A run is fair if no thread that could take a step for ever after fails to take one, every buffered store arrives, a
bounded wait that comes round again and again neither always nor never gives up, and (`c11`) no access takes an old
message, or writes before one, for ever: such accesses don't count below.

A set of states that can all reach each other holds a fair run through all of them if, for each thread: one of its steps
is among the edges, or in one of the states it has none; likewise for its buffer; and it both gives up and goes on among
the edges if one of the states lets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockwright.check.plain.state import DOORWAY, INSIDE, WAITING
from lockwright.ir.table import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lockwright.check.moves import Move
    from lockwright.check.plain.code import Place
    from lockwright.check.plain.explore import Explored
    from lockwright.check.plain.state import Thread

Node = TypeVar("Node")


def components(nodes: Iterable[Node], followers: Callable[[Node], Iterable[Node]]) -> Iterator[set[Node]]:
    """Yield the strongly connected components of a graph, those that lead nowhere else first (Tarjan, 1972)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: dict[Node, None] = {}
    for root in nodes:
        work = [(root, iter(followers(root)))] if root not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack[node] = None
            follower = next((one for one in rest if one not in index or _lower(low, node, one, index, stack)), None)
            if follower is not None:
                work.append((follower, iter(followers(follower))))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                yield _popped(stack, node)


def _lower(low: dict[Node, int], node: Node, follower: Node, index: dict[Node, int], stack: dict[Node, None]) -> bool:
    if follower in stack:
        low[node] = min(low[node], index[follower])
    return False


def _popped(stack: dict[Node, None], node: Node) -> set[Node]:
    members: set[Node] = set()
    while node not in members:
        members.add(stack.popitem()[0])
    return members


def fair_components(
    found: Explored, allowed: Iterable[int], may_take: Callable[[int, int], bool] = lambda _source, _target: True
) -> Iterator[set[int]]:
    """Yield the sets of states in which a fair run may stay for ever, on the edges that it may take."""
    inside = set(allowed)

    def followers(number: int) -> list[int]:
        return [target for _, target in _edges(found, number) if target in inside and may_take(number, target)]

    for members in components(sorted(inside), followers):
        yield from _fair(found, members, may_take)


def _fair(found: Explored, members: set[int], may_take: Callable[[int, int], bool]) -> Iterator[set[int]]:
    taken = {
        (move, number)
        for number in members
        for move, target in _edges(found, number)
        if target in members and may_take(number, target)
    }
    if not taken:
        return
    unserved = {number for number in members if _is_one_sided(found, number, taken)}
    if unserved:
        yield from fair_components(found, members - unserved, may_take)
    elif all(_is_served(found, members, taken, number) for number in range(len(found.states[0].threads))):
        yield members


def _give_up(found: Explored, number: int, thread: int) -> Place | None:
    """Return where a thread may give up a bounded wait in a state, if it may."""
    own = found.states[number].threads[thread]
    place = own.frames[-1].place if own.frames else None
    return place if place is not None and found.machine.code.at(place).op == "give_up" else None


def _is_one_sided(found: Explored, number: int, taken: set[tuple[Move, int]]) -> bool:
    """Return whether a thread may give up in a state, but among the edges always or never does."""
    for thread in range(len(found.states[number].threads)):
        place = _give_up(found, number, thread)
        if place is not None:
            choices = {
                move.choice
                for move, source in taken
                if move.thread == thread and not move.flush and _give_up(found, source, thread) == place
            }
            if choices != {0, 1}:
                return True
    return False


def _is_served(found: Explored, members: set[int], taken: set[tuple[Move, int]], thread: int) -> bool:
    for flush in (False, True):
        if any(move.thread == thread and move.flush == flush and (not flush or move.choice == 0) for move, _ in taken):
            continue
        if all(_could(found, number, thread, flush=flush) for number in members):
            return False
    return True


def _could(found: Explored, number: int, thread: int, *, flush: bool) -> bool:
    return any(
        move.thread == thread and move.flush == flush and (not flush or move.choice == 0)
        for move, _ in _edges(found, number)
    )


def _edges(found: Explored, number: int) -> list[tuple[Move, int]]:
    """Return the moves from a state without those that read an old message, or write before one."""
    if not found.machine.model.startswith("c11"):
        return found.edges[number]
    return [edge for edge in found.edges[number] if not _is_old(found, number, edge[0])]


def _is_old(found: Explored, number: int, move: Move) -> bool:
    if move.flush or move.choice == 0:
        return False
    place = found.states[number].threads[move.thread].frames[-1].place
    return found.machine.code.at(place).entry.effect in (Effect.READ, Effect.WRITE, Effect.UPDATE)


def starves(found: Explored, thread: int) -> bool:
    """Return whether a thread may want the lock for ever and not get it, in a fair run that goes on."""
    return any(True for _ in fair_components(found, _wanting(found, thread)))


def stands_still(found: Explored, thread: int) -> bool:
    """Return whether a thread may want the lock for ever in a fair run that goes on, and nobody enters."""

    def may_take(source: int, target: int) -> bool:
        before, after = found.states[source].threads, found.states[target].threads
        return not any(_is_inside(new) and not _is_inside(old) for old, new in zip(before, after, strict=True))

    return any(True for _ in fair_components(found, _wanting(found, thread), may_take))


def _wanting(found: Explored, thread: int) -> list[int]:
    """Return the states in which a thread wants the lock."""
    return [
        number
        for number, state in enumerate(found.states)
        if any(frame.phase in (DOORWAY, WAITING) for frame in state.threads[thread].frames)
    ]


def _is_inside(thread: Thread) -> bool:
    return any(frame.phase == INSIDE for frame in thread.frames)


def only_awaits(found: Explored, members: set[int]) -> bool:
    """Return whether all that happens in a set of states is that threads go round their awaits."""
    machine = found.machine
    inside = {(one.function, label) for several in machine.awaits.values() for one in several for label in one.blocks}
    for number in members:
        for move, target in _edges(found, number):
            if target in members:
                own = found.states[number].threads[move.thread]
                if move.flush or not own.frames or own.frames[-1].place[:2] not in inside:
                    return False
    return True
