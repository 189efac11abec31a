"""Programs whose threads end by themselves: a run is all of the program, and its time that until the last has ended.

Such a program goes round nowhere (`running`), so there is no window in the middle to measure.  What one thread does
from its begin to its end counts as its one round; caches are cold when it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockwright.simulate import places as at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.ir.program import Program
    from lockwright.simulate.arrays import State


def ends_by_itself(program: Program) -> bool:
    """Return whether no thread of a program goes round until it is told to stop."""
    return not any(
        one.op == "running" for function in program.functions.values() for block in function.blocks
        for one in block.instructions
    )  # fmt: skip


def own_threads(program: Program) -> int | None:
    """Return how many threads a program has; None if it has as many as there are CPUs."""
    counts = [worker.count for worker in program.workers]
    known = [one for one in counts if one is not None]
    return sum(known) if len(known) == len(counts) else None


def account(state: State, begins: NDArray[Any]) -> int:
    """Count a run that is over as one round of each thread; return its ticks, from the first begin to the last end.

    Until it begins, and when it has ended, a thread leaves its CPU idle.
    """
    ends = state.threads[:, at.TIME]
    first, last = int(begins.min()), int(ends.max())
    state.cfg[at.IDLE] += int((begins - first).sum() + (last - ends).sum())
    state.threads[:, at.ROUNDS] = 1
    state.cfg[at.TOTAL_ROUNDS] = len(ends)
    return last - first
