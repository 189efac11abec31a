"""What an exploration leaves behind: counts, faults, the tree of first arrivals, and the graph if it was kept.

A move is one int32: thread | (flush << 4) | (choice << 5).  States are numbered in breadth-first order.
Under symmetry a stored state stands for all its permutations: `perm` says where each position of the source went.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.flat.program import Flat, Int32s, Int64s, UInt8s
    from lockwright.ir.cells import Cells

FLUSH = 1 << 4
CHOICE = 5
"""Bits by which a choice is shifted."""

OUTSIDE, DOORWAY, WAITING, INSIDE, LEAVING = range(5)
"""Phases of a thread with regard to the lock under test."""

RUNS, WAITS, ASLEEP, FINISHED = range(4)
"""What a thread can do."""

HOLDS = 16
"""Flag in a status: the thread holds the lock under test."""

INTERRUPTED = "interrupted"
"""Why a search ended that Ctrl-C ended."""

BUFFERED = 32
"""Flag in a status: the thread's store buffer is not empty."""


def thread_of(move: int) -> int:
    """Return the position that moved."""
    return move & 15


def is_flush(move: int) -> bool:
    """Return whether a move is the arrival of a buffered store."""
    return bool(move & FLUSH)


@dataclass(frozen=True, slots=True)
class Found:
    """The first fault of a kind: the state in which it is about to happen, and the move that makes it happen."""

    kind: str
    state: int
    move: int  # -1: the state itself


@dataclass(frozen=True, slots=True)
class Graph:
    """The edges out of each state (`start[i]` to `start[i + 1]`), and what each state says of its threads."""

    start: Int64s
    target: Int32s
    move: Int32s
    perm: Int32s  # 4 bits for each position of the source: its position in the target
    phase: UInt8s
    status: UInt8s
    pc: Int32s


@dataclass(slots=True)
class Exploration:
    """The result of one exploration of one instance under one memory model."""

    model: str
    threads: int
    acquisitions: int | None  # None: for ever
    states: int
    transitions: int
    exhausted: bool
    reason: str  # what stopped it, if not exhausted: states, seconds, memory, interrupted; or why it was not begun
    seconds: float
    faults: list[Found]
    parent: Int32s
    via: Int32s
    flat: Flat
    cells: Cells
    graph: Graph | None = None
    bound: str = ""  # a bound of the search itself, such as `lag 3`
    notes: list[str] = field(default_factory=list)  # seq_cst_mixed, fence_and_access, ...
    outcomes: set[tuple[int, ...]] | None = None  # values of plain cells in final states, if asked for
    root_perm: int = -1  # permutation that made the initial state canonical; -1: none
    cpu_seconds: float = 0.0
