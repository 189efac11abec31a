"""The trace to tell: the shortest, and of those the one with the fewest switches between threads.

Under symmetry a move names a position; composing the permutations along the path gives the thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.graph import kernels
from lockwright.check.moves import Move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.graph.graph import Graph

_ROW = 8  # positions per state in the tables of `kernels.fewest_switches`


def path_to(graph: Graph, state: int, then: int | None = None) -> list[int]:
    """Return the edges of the best path from the first state to `state`.

    Args:
        graph: The graph.
        state: Where to go.
        then: The position that moves next; it counts as a switch if it is not the one that moved last.
    """
    if state == 0:
        return []
    cost, last, before = kernels.fewest_switches(
        graph.start, graph.target, graph.move, graph.perm, graph.depth, int(graph.depth[state])
    )
    slots = range(state * _ROW, state * _ROW + graph.threads)
    slot = min(slots, key=lambda one: int(cost[one]) + (then is not None and one % _ROW != then))
    edges: list[int] = []
    while slot >= 0:
        edges.append(int(last[slot]))
        slot = int(before[slot])
    return edges[::-1]


def concrete(graph: Graph, edges: Sequence[int], last: int | None = None) -> list[Move]:
    """Return the moves of a path from the first state, with thread numbers of the first state.

    Args:
        graph: The graph.
        edges: The path.
        last: One more move, encoded as in the graph, that is no edge because it leads to a fault.
    """
    moves = []
    thread_at = _first(graph)
    for edge in edges:
        moves.append(_of(int(graph.move[edge]), thread_at))
        thread_at = permuted(thread_at, int(graph.perm[edge]))
    if last is not None:
        moves.append(_of(last, thread_at))
    return moves


def thread_of(graph: Graph, edges: Sequence[int], position: int) -> int:
    """Return the thread that stands at a position after a path from the first state."""
    return threads_at(graph, edges)[position]


def threads_at(graph: Graph, edges: Sequence[int]) -> list[int]:
    """Return the thread at each position after a path from the first state."""
    thread_at = _first(graph)
    for edge in edges:
        thread_at = permuted(thread_at, int(graph.perm[edge]))
    return thread_at


def _first(graph: Graph) -> list[int]:
    """Return the thread at each position of the first state."""
    threads = list(range(graph.threads))
    return threads if graph.root_perm < 0 else permuted(threads, graph.root_perm)


def _of(move: int, thread_at: Sequence[int]) -> Move:
    decoded = Move.decode(move)
    return Move(thread_at[decoded.thread], decoded.flush, decoded.choice)


def permuted(thread_at: Sequence[int], permutation: int) -> list[int]:
    """Return the thread at each position after one more edge with this permutation."""
    moved = list(thread_at)
    for position, thread in enumerate(thread_at):
        moved[(permutation >> 4 * position) & 15] = thread
    return moved
