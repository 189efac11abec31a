"""Cycles that fair scheduling allows: somebody waits for ever though everybody gets its turn.

Weak fairness: a thread whose next step stays possible takes it, a store in a buffer reaches memory, and a bounded
wait that goes on and on gives up.  A strongly connected component is fair if a walk that takes all its edges for ever
is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lockwright.check.graph import kernels
from lockwright.check.graph.graph import DOORWAY, INSIDE, SLEEPS, WAITING, WAITS, Array, Graph


@dataclass(frozen=True, slots=True)
class Trap:
    """A fair component: its states, its edges, and where its victim stands in the state that was found first."""

    states: Array  # ascending
    edges: Array  # ascending, without repetition
    entry: int  # the state of it that was found first
    victim: int  # position of the victim in `entry`; -1 where everybody is one
    progress: bool  # somebody else enters in it


@dataclass(frozen=True, slots=True)
class _Product:
    node: Array
    width: int
    rows: Array
    targets: Array
    edges: Array
    blocked: Array


def livelock(graph: Graph) -> Trap | None:
    """Return a fair cycle (the first found), or nothing: in a run that should end, it never does."""
    return _trap(graph, np.ones((graph.states, 1), dtype=np.uint8), still=False)


def starvation(graph: Graph, *, subject: bool = True) -> Trap | None:
    """Return a fair cycle in which one thread waits all the time, or nothing.

    Args:
        graph: The graph of a run in which threads acquire for ever.
        subject: Whether there is a lock under test; then who asks for it waits.  Otherwise who waits at an await or
            sleeps does.
    """
    if subject:
        return _trap(graph, _asks(graph), still=False)
    alive = (graph.can == WAITS) | (graph.can == SLEEPS)
    return _trap(graph, alive.astype(np.uint8), still=True)


def standstill(graph: Graph) -> Trap | None:
    """Return a fair cycle in which one thread asks for the lock under test and nobody enters, or nothing.

    In a run in which threads acquire for ever.  Nobody promises that each waiter gets in, but always somebody must.
    """
    enters = _enters(graph, np.arange(graph.transitions, dtype=np.int64))
    return _trap(graph, _asks(graph), still=False, without=enters)


def _asks(graph: Graph) -> Array:
    asks: Array = ((graph.phase == DOORWAY) | (graph.phase == WAITING)).astype(np.uint8)
    return asks


def _trap(graph: Graph, alive: Array, *, still: bool, without: Array | None = None) -> Trap | None:
    """Return the first fair component, on edges that are not to be left out."""
    node, rows, targets, edges = kernels.product(graph.start, graph.target, graph.move, graph.perm, alive, still)
    blocked = np.zeros(len(edges), dtype=np.uint8) if without is None else without[edges].astype(np.uint8)
    product = _Product(node, alive.shape[1], rows, targets, edges, blocked)
    while True:
        component, count = kernels.components(rows, targets, product.blocked)
        verdict = _judge(graph, product, component, count)
        if (verdict == kernels.FAIR).any():
            return _first(graph, product, component, verdict)
        if not (verdict == kernels.STUBBORN).any():
            return None


def _judge(graph: Graph, product: _Product, component: Array, count: int) -> Array:
    verdict: Array = kernels.judge(
        product.node,
        product.width,
        product.rows,
        product.targets,
        product.edges,
        product.blocked,
        component,
        count,
        graph.move,
        graph.perm,
        graph.status,
        graph.gives_up,
    )
    return verdict


def _first(graph: Graph, product: _Product, component: Array, verdict: Array) -> Trap:
    """Return the fair component that holds the state found first."""
    fair = np.flatnonzero(verdict[component] == kernels.FAIR)
    node = int(fair[0])  # nodes are in the order of states
    members = np.flatnonzero(component == component[node])
    inner = _inner(product, component, int(component[node]))
    edges = np.unique(product.edges[inner])
    return Trap(
        states=np.unique(product.node[members] // product.width),
        edges=edges,
        entry=int(product.node[node] // product.width),
        victim=int(product.node[node] % product.width) if product.width > 1 else -1,
        progress=bool(_enters(graph, edges).any()),
    )


def _inner(product: _Product, component: Array, which: int) -> Array:
    sources = np.repeat(component, np.diff(product.rows))
    inner: Array = (sources == which) & (component[product.targets] == which) & (product.blocked == 0)
    return inner


def _enters(graph: Graph, edges: Array) -> Array:
    """Return of each edge whether the moving thread comes to be inside."""
    sources = np.searchsorted(graph.start, edges, side="right") - 1
    mover = graph.move[edges] & 15
    after = (graph.perm[edges] >> (4 * mover)) & 15
    enters: Array = (graph.phase[graph.target[edges], after] == INSIDE) & (graph.phase[sources, mover] != INSIDE)
    return enters
