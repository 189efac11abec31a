"""A fair cycle to tell: a way to a fair component, and a short walk round it in which everybody has had a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.graph import shortest
from lockwright.check.graph.graph import BUFFERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.check.graph.fairness import Trap
    from lockwright.check.graph.graph import Graph


def lasso(graph: Graph, trap: Trap) -> tuple[list[int], list[int], int]:
    """Return the edges to the component, those of one fair round in it, and the victim (-1: everybody).

    For graphs without symmetry, where a position is a thread.
    """
    walk = _Walk(graph, trap)
    best = min((walk.round(state) for state in walk.begins()), key=lambda one: len(one[1]) + int(graph.depth[one[0]]))
    state, edges = best
    prefix = shortest.path_to(graph, state)
    return prefix, edges, trap.victim


class _Walk:
    """The component as adjacency lists, and what a fair round has to do."""

    def __init__(self, graph: Graph, trap: Trap) -> None:
        self.graph, self.trap = graph, trap
        self.after: dict[int, list[int]] = {}
        for edge in trap.edges.tolist():
            self.after.setdefault(graph.source(edge), []).append(edge)
        self.needs = self._needs()

    def begins(self) -> list[int]:
        """Return some states to begin with, nearest to the first state first."""
        inside = [int(state) for state in self.trap.states if int(state) in self.after]
        return sorted(inside, key=lambda state: int(self.graph.depth[state]))[:24]

    def _needs(self) -> list[Callable[[int], bool]]:
        """Return what a round must meet: predicates on edges, one for each obligation of each position."""
        needs: list[Callable[[int], bool]] = []
        status = self.graph.status[self.trap.states]
        for position in range(self.graph.threads):
            if (status[:, position] & 15 == 0).all():
                needs.append(self._steps(position))
            elif not (status[:, position] & 15).all():
                needs.append(self._steps_or_cannot(position))
            if (status[:, position] & BUFFERED > 0).any():
                needs.append(self._drains(position))
        if self.trap.progress:
            needs.append(self._enters)
        return needs

    def _steps(self, position: int) -> Callable[[int], bool]:
        return lambda edge: int(self.graph.move[edge]) & 31 == position

    def _steps_or_cannot(self, position: int) -> Callable[[int], bool]:
        def meets(edge: int) -> bool:
            return bool(self.graph.status[self.graph.target[edge], position] & 15) or self._steps(position)(edge)

        return meets

    def _drains(self, position: int) -> Callable[[int], bool]:
        def meets(edge: int) -> bool:
            empty = not self.graph.status[self.graph.target[edge], position] & BUFFERED
            return empty or int(self.graph.move[edge]) == position | 16

        return meets

    def _enters(self, edge: int) -> bool:
        mover = int(self.graph.move[edge]) & 15
        after = (int(self.graph.perm[edge]) >> 4 * mover) & 15
        return int(self.graph.phase[self.graph.target[edge], after]) == 3

    def round(self, state: int) -> tuple[int, list[int]]:
        """Return a closed walk from a state that meets every need it can: to the nearest open one, again and again."""
        walk: list[int] = []
        at, todo = state, list(self.needs)
        while todo:
            leg = self._search(at, _any_of(todo))
            if leg is None:
                break
            walk += leg
            at = int(self.graph.target[leg[-1]])
            todo = [need for need in todo if not any(need(edge) for edge in leg)]
        if at != state or not walk:
            walk += self._search(at, lambda edge: int(self.graph.target[edge]) == state) or []
        return state, walk

    def _search(self, state: int, goal: Callable[[int], bool]) -> list[int] | None:
        came: dict[int, int] = {}
        queue, seen = [state], {state}
        for at in queue:
            for edge in self.after.get(at, ()):
                then = int(self.graph.target[edge])
                if goal(edge):
                    return [*self._back(at, state, came), edge]
                if then not in seen:
                    seen.add(then)
                    came[then] = edge
                    queue.append(then)
        return None

    def _back(self, at: int, state: int, came: dict[int, int]) -> list[int]:
        edges = []
        while at != state:
            edges.append(came[at])
            at = self.graph.source(came[at])
        return edges[::-1]


def _any_of(needs: list[Callable[[int], bool]]) -> Callable[[int], bool]:
    return lambda edge: any(need(edge) for need in needs)
