"""Who overtakes whom: first in, first out, and how often one waiter can be passed at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lockwright.check.graph import kernels, overtakings
from lockwright.check.graph.graph import WAITING, Array, Graph

_MOST_NODES = 1 << 27
"""Room for the (state, victim, set of later ones) nodes that the bypass bound is computed on."""


@dataclass(frozen=True, slots=True)
class Overtaking:
    """The edges from the beginning of `other` to its entry, all while `victim` waits; positions before them."""

    state: int
    edges: tuple[int, ...]
    victim: int
    other: int


@dataclass(frozen=True, slots=True)
class Bypass:
    """How often others that began later enter before a waiter: at most `bound` times (None: without bound).

    `prefix` leads (from `state`, where the `victim` waits) to the `loop` of an unbounded one, or to the overtaking
    that is one more than was allowed.
    """

    bound: int | None
    state: int = -1
    victim: int = -1
    prefix: tuple[int, ...] = ()
    loop: tuple[int, ...] = ()


class TooManyNodesError(Exception):
    """The bypass bound would need more room than is allowed."""


def overtaken(graph: Graph) -> Overtaking | None:
    """Return the shortest run in which first come, first served is broken, or nothing."""
    edges, state, victim, other = overtakings.overtaking(
        graph.start, graph.target, graph.move, graph.perm, graph.phase, graph.depth
    )
    if state < 0:
        return None
    return Overtaking(int(state), tuple(int(edge) for edge in edges), int(victim), int(other))


def bypass(graph: Graph, allowed: int | None = None) -> Bypass:
    """Return the bypass bound; if it is finite and more than is `allowed`, the shortest run that shows it.

    Raises:
        TooManyNodesError: The graph is too large for it.
    """
    number = np.full(graph.states * graph.threads, -1, dtype=np.int32)
    waiting = np.flatnonzero(graph.phase.ravel() == WAITING)
    number[waiting] = np.arange(len(waiting), dtype=np.int32)
    if len(waiting) << graph.threads > _MOST_NODES:
        raise TooManyNodesError
    codes, total = overtakings.bypass_nodes(graph.start, graph.target, graph.move, graph.perm, graph.phase, number)
    codes = np.sort(codes)
    rows, targets, weight, edges = overtakings.bypass_edges(
        graph.start, graph.target, graph.move, graph.perm, graph.phase, number, codes, total
    )
    component, count = kernels.components(rows, targets, np.zeros(len(targets), dtype=np.uint8))
    bound, _ = overtakings.longest(rows, targets, weight, component, count)
    nodes = _Nodes(codes, waiting[codes >> graph.threads], rows, targets, weight, edges, component)
    if bound < 0:
        return _unbounded(graph, nodes)
    if allowed is None or bound <= allowed:
        return Bypass(int(bound))
    return _exceeded(graph, nodes, int(bound), allowed + 1)


@dataclass(frozen=True, slots=True)
class _Nodes:
    codes: Array
    pairs: Array  # state * threads + victim
    rows: Array
    targets: Array
    weight: Array
    edges: Array
    component: Array

    def source(self, at: int) -> int:
        return int(np.searchsorted(self.rows, at, side="right")) - 1

    def path(self, begin: list[int], goal: int, within: int | None = None) -> tuple[int, list[int]]:
        """Return where a shortest path from one of `begin` to `goal` begins, and its edges (breadth first)."""
        came: dict[int, tuple[int, int]] = dict.fromkeys(begin, (-1, -1))
        queue = list(begin)
        for node in queue:
            if node == goal:
                break
            for at in range(int(self.rows[node]), int(self.rows[node + 1])):
                other = int(self.targets[at])
                if other not in came and (within is None or int(self.component[other]) == within):
                    came[other] = (node, at)
                    queue.append(other)
        edges: list[int] = []
        node = goal
        while came[node][0] >= 0:
            node, at = came[node]
            edges.append(int(self.edges[at]))
        return node, edges[::-1]


def _exceeded(graph: Graph, nodes: _Nodes, bound: int, times: int) -> Bypass:
    """Return the shortest run in which a waiter is overtaken so many times.

    Raises:
        TooManyNodesError: The search for it would need more room than is allowed.
    """
    if len(nodes.codes) * times > _MOST_NODES // 4:
        raise TooManyNodesError
    starts = np.flatnonzero(nodes.codes % (1 << graph.threads) == 0)
    depth = graph.depth[nodes.pairs[starts] // graph.threads]
    order = np.argsort(depth, kind="stable")
    first, path = overtakings.so_often(
        nodes.rows, nodes.targets, nodes.weight, starts[order], depth[order].astype(np.int32), times
    )
    pair = int(nodes.pairs[int(first)])
    return Bypass(bound, pair // graph.threads, pair % graph.threads, tuple(nodes.edges[path].tolist()))


def _unbounded(graph: Graph, nodes: _Nodes) -> Bypass:
    """Return a cycle on which the victim is overtaken, and a way from the beginning of its wait to it."""
    sources = np.repeat(np.arange(len(nodes.rows) - 1), np.diff(nodes.rows))
    on_cycle = (nodes.component[sources] == nodes.component[nodes.targets]) & (nodes.weight > 0)
    candidates = np.flatnonzero(on_cycle)
    states = nodes.pairs[sources[candidates]] // graph.threads
    at = int(candidates[np.argmin(states)])
    node, after = int(sources[at]), int(nodes.targets[at])
    starts = [int(one) for one in np.flatnonzero(nodes.codes % (1 << graph.threads) == 0)]
    first, prefix = nodes.path(_by_depth(graph, nodes, starts), node)
    _, back = nodes.path([after], node, within=int(nodes.component[node]))
    pair = int(nodes.pairs[first])
    return Bypass(
        bound=None,
        state=pair // graph.threads,
        victim=pair % graph.threads,
        prefix=tuple(prefix),
        loop=(int(nodes.edges[at]), *back),
    )


def _by_depth(graph: Graph, nodes: _Nodes, starts: list[int]) -> list[int]:
    return sorted(starts, key=lambda node: int(graph.depth[nodes.pairs[node] // graph.threads]))
