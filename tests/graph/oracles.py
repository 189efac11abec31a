"""The same questions answered slowly and obviously, on concrete threads."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.graph.systems import State, System

    from lockwright.check.moves import Move


def edges_of(system: System) -> dict[State, list[tuple[Move, State]]]:
    found: dict[State, list[tuple[Move, State]]] = {}
    todo = [system.first()]
    while todo:
        state = todo.pop()
        if state not in found:
            found[state] = system.moves(state)
            todo += [after for _, after in found[state]]
    return found


def strong(nodes: set[State], after: dict[State, set[State]]) -> list[set[State]]:
    """Strongly connected components with a cycle: sets of nodes that reach each other."""
    reach: dict[State, set[State]] = {}
    for node in nodes:
        seen: set[State] = set()
        todo = list(after.get(node, ()))
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += after.get(one, ())
        reach[node] = seen
    parts = {frozenset(other for other in reach[node] if node in reach[other]) for node in nodes if node in reach[node]}
    return [set(part) for part in parts]


def fair(system: System, part: set[State], inner: list[tuple[State, Move, State]]) -> bool:
    for thread in range(system.threads):
        statuses = [system.status(state, thread) for state in part]
        steps = [move for _, move, _ in inner if move.thread == thread and not move.flush]
        drains = [move for _, move, _ in inner if move.thread == thread and move.flush]
        if not steps and all(status & 15 == 0 for status in statuses):
            return False
        if not drains and all(status & 32 for status in statuses):
            return False
    return True


def stubborn(system: System, inner: list[tuple[State, Move, State]]) -> list[tuple[State, Move, State]]:
    """The edges that a bounded wait would have to take for ever, never giving up, or always."""
    bad = []
    for thread in range(system.threads):
        mine = [
            edge
            for edge in inner
            if edge[1].thread == thread and not edge[1].flush and edge[0][1][thread][0] in system.give_up_places
        ]
        if mine and len({bool(edge[1].choice) for edge in mine}) == 1:
            bad += mine
    return bad


def has_fair_cycle(system: System, edges: list[tuple[State, Move, State]]) -> bool:
    after: dict[State, set[State]] = {}
    for source, _, then in edges:
        after.setdefault(source, set()).add(then)
    nodes = {edge[0] for edge in edges} | {edge[2] for edge in edges}
    for part in strong(nodes, after):
        inner = [edge for edge in edges if edge[0] in part and edge[2] in part]
        if not fair(system, part, inner):
            continue
        bad = stubborn(system, inner)
        if not bad or has_fair_cycle(system, [edge for edge in inner if edge not in bad]):
            return True
    return False


def livelock(system: System) -> bool:
    return has_fair_cycle(system, [(s, move, t) for s, moves in edges_of(system).items() for move, t in moves])


def starvation(system: System) -> bool:
    graph = edges_of(system)
    for victim in range(system.threads):
        asks = {state for state in graph if state[1][victim][0] in (1, 2)}
        edges = [(s, move, t) for s in asks for move, t in graph[s] if t in asks]
        if has_fair_cycle(system, edges):
            return True
    return False


def stuck(system: System) -> set[State]:
    graph = edges_of(system)
    return {s for s, moves in graph.items() if not moves and any(place != 5 for place, _ in s[1])}


Late = tuple[frozenset[int], int]


def overtakings(system: System, most: int) -> tuple[int, int | None]:
    """The most overtakings of one waiter (`most` stands for no bound), and the fewest moves to the first one."""
    graph = edges_of(system)
    best, earliest = 0, None
    for victim in range(system.threads):
        first: tuple[State, Late | None] = (system.first(), None)
        depth: dict[tuple[State, Late | None], int] = {first: 0}
        todo: deque[tuple[State, Late | None]] = deque([first])
        while todo:
            node = todo.popleft()
            state, late = node
            for move, then in graph[state]:
                following = _late(state, then, move, late, victim)
                if following is not None and following[1]:
                    best = max(best, following[1])
                    if earliest is None or depth[node] + 1 < earliest:
                        earliest = depth[node] + 1
                    if best >= most:
                        return best, earliest
                if (then, following) not in depth:
                    depth[(then, following)] = depth[node] + 1
                    todo.append((then, following))
    return best, earliest


def times_overtaken(system: System, moves: list[Move], state: State, victim: int) -> int:
    """How often others that begin in these moves enter while the victim waits all the time."""
    late: Late | None = (frozenset(), 0)
    assert state[1][victim][0] == 2
    for move in moves:
        then = {one.code: after for one, after in system.moves(state)}[move.code]
        late = _late(state, then, move, late, victim)
        assert late is not None
        state = then
    assert late is not None
    return late[1]


def _late(state: State, then: State, move: Move, late: Late | None, victim: int) -> Late | None:
    """Who began after the victim had come to wait, and how many of those have entered."""
    if then[1][victim][0] != 2:
        return None
    if state[1][victim][0] != 2 or late is None:
        return (frozenset(), 0)
    who, count = late
    mover = move.thread
    before, after = state[1][mover][0], then[1][mover][0]
    if mover in who and after == 3:
        return (who - {mover}, count + 1)
    if mover != victim and before in (0, 3, 4) and after in (1, 2):
        return (who | {mover}, count)
    if mover != victim and before in (0, 4) and after == 3:
        return (who, count + 1)
    return late
