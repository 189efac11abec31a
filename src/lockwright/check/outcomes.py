"""What a program may leave in memory: the final values of all plain cells, over every interleaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.engine.exploration import INTERRUPTED
from lockwright.check.engine.run import Options, explore
from lockwright.ir.program import Shape

if TYPE_CHECKING:
    from lockwright.ir.program import Program


class NotCoveredError(ValueError):
    """A program whose outcomes cannot all be found; the message says why."""


def outcomes(program: Program, model: str, shape: Shape | None = None) -> list[dict[str, int]]:
    """Return all ways in which plain cells may look at the end, after the at-rest functions, sorted.

    Args:
        program: As compiled; each worker runs once.
        model: `sc`, `tso` or `c11`.
        shape: The threads; by default one for each worker.

    Raises:
        NotCoveredError: The explorers refuse the program, or it is too large.
        KeyboardInterrupt: Ctrl-C came.
    """
    threads = sum(worker.count or 1 for worker in program.workers)
    found = explore(program, shape or Shape.plain(threads), model, 1, Options(keep_graph=model == "c11", outcomes=True))
    if found.reason == INTERRUPTED:
        raise KeyboardInterrupt
    if not found.exhausted or found.outcomes is None:
        raise NotCoveredError(found.reason)
    names = [cell.name for address, cell in enumerate(found.cells.cells) if address and not cell.is_atomic]
    return [dict(zip(names, one, strict=True)) for one in sorted(found.outcomes)]
