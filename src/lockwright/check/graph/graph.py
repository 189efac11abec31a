"""The graph of an exploration, as the questions of this package see it.

A state has one *position* per thread.  With symmetry the threads change places: position i of the source of edge e is
position `(perm[e] >> 4 * i) & 15` of its target, and the thread in `move[e]` is a position of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from lockwright.check.graph import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

Array: TypeAlias = "np.ndarray[Any, Any]"

OUTSIDE, DOORWAY, WAITING, INSIDE, LEAVING = range(5)
"""Phases of a thread with the lock under test."""

RUNS, WAITS, SLEEPS, FINISHED = range(4)
"""What a thread can do: step, look once more and find nothing new, only be woken, nothing."""

HOLDS, BUFFERED = 16, 32
"""Flags beside the status: holds the lock under test; has stores in its buffer."""


class Edges(Protocol):
    """The stored edges of an exploration, and what each state says of its threads."""

    @property
    def start(self) -> Any: ...  # noqa: D102 - this and the others: `exploration.Graph` explains them
    @property
    def target(self) -> Any: ...  # noqa: D102
    @property
    def move(self) -> Any: ...  # noqa: D102
    @property
    def perm(self) -> Any: ...  # noqa: D102
    @property
    def phase(self) -> Any: ...  # noqa: D102
    @property
    def status(self) -> Any: ...  # noqa: D102
    @property
    def pc(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Graph:
    """States in order of discovery (breadth first) and their edges, row by row."""

    threads: int
    start: Array  # int64[n + 1]
    target: Array  # int32[m]
    move: Array  # int32[m]
    perm: Array  # int32[m]
    phase: Array  # uint8[n, threads]
    status: Array  # uint8[n, threads], with flags
    gives_up: Array  # uint8[n, threads]: stands where a bounded wait may give up
    depth: Array  # int32[n]: fewest moves from the first state
    root_perm: int = -1  # what made the first state canonical; -1: nothing

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.start) - 1

    @property
    def transitions(self) -> int:
        """How many edges there are."""
        return len(self.target)

    @property
    def can(self) -> Array:
        """The status of each thread without flags."""
        return self.status & 15

    def source(self, edge: int) -> int:
        """Return the state where an edge begins."""
        return int(np.searchsorted(self.start, edge, side="right")) - 1

    @classmethod
    def of(cls, edges: Edges, parent: Any, give_ups: Sequence[int] = (), root_perm: int = -1) -> Graph:
        """Return the graph of an exploration whose edges were kept.

        Args:
            edges: The edges.
            parent: Of each state the one it was first reached from.
            give_ups: The places in the code (pc) at which a bounded wait may give up.
            root_perm: The permutation that made the first state canonical; -1: none.
        """
        start = np.asarray(edges.start, dtype=np.int64)
        states = len(start) - 1
        status = np.array(edges.status, dtype=np.uint8)[:states]
        return cls(
            threads=status.shape[1],
            start=start,
            target=np.asarray(edges.target, dtype=np.int32),
            move=np.asarray(edges.move, dtype=np.int32),
            perm=np.asarray(edges.perm, dtype=np.int32),
            phase=np.ascontiguousarray(edges.phase, dtype=np.uint8)[:states],
            status=status,
            gives_up=np.isin(np.asarray(edges.pc)[:states], np.asarray(give_ups, dtype=np.int64)).astype(np.uint8),
            depth=kernels.depths(np.asarray(parent)[:states].astype(np.int32)),
            root_perm=root_perm,
        )
