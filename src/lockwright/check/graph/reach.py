"""Stuck states: nobody can move, and not everybody has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.graph.graph import BUFFERED, FINISHED, HOLDS, RUNS, SLEEPS, WAITS, Array, Graph

if TYPE_CHECKING:
    from collections.abc import Sequence


def stuck(graph: Graph, *, newest: bool = False) -> Array:
    """Return the states (first found first) in which nobody can move any more and somebody has not finished.

    Args:
        graph: The graph.
        newest: Judge by status, not by edges: under `c11` a thread that could go on by reading an old value is stuck
            all the same, since nothing makes it read that.
    """
    can = graph.can
    quiet = (can != RUNS).all(axis=1) & (can != FINISHED).any(axis=1)
    if newest:
        quiet &= ~((graph.status & BUFFERED) > 0).any(axis=1)
    else:
        quiet &= np.diff(graph.start) == 0  # no store drains, no interrupt arrives
    return np.flatnonzero(quiet)


def finished(graph: Graph) -> Array:
    """Return whether everybody has finished, per state."""
    done: Array = (graph.can == FINISHED).all(axis=1)
    return done


def kind_of_stuck(status: Sequence[int]) -> str:
    """Name the fault of a state in which everybody is stuck, from the status of each thread.

    Somebody asleep: nobody is left to wake it.  A waiting thread that holds the lock: a deadlock.
    Otherwise somebody waits for what nobody is left to write.
    """
    if any(one & 15 == SLEEPS for one in status):
        return "lost_wakeup"
    if any(one & 15 == WAITS and one & HOLDS for one in status):
        return "deadlock"
    return "endless_await"
