"""The one call for all explorers: a program, a shape, a memory model, and how often each thread takes the lock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places
from lockwright.check.engine.build import build
from lockwright.check.engine.exploration import Exploration
from lockwright.check.engine.options import MOST_RECORDS, Options
from lockwright.check.engine.store import RECORDS, Search
from lockwright.check.engine.uncovered import uncovered
from lockwright.flat.compiling import clock
from lockwright.flat.flatten import flatten
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.program import Program
from lockwright.ir.waiting import waiting as find_waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.flat.program import Flat
    from lockwright.ir.program import Shape
    from lockwright.ir.storage import Image
    from lockwright.ir.waiting import Waiting

__all__ = ["Exploration", "Options", "explore"]

DEFAULT_STATES = 20_000_000
DEFAULT_SECONDS = 600.0
SPARE_RECORDS = 4
"""Records of each struct that threads may have allocated at once, to begin with: a pool never runs out."""


def explore(
    program: Program | Waiting,
    shape: Shape,
    model: str,
    acquisitions: int | None,
    options: Options | None = None,
    *,
    budget_states: int = DEFAULT_STATES,
    budget_seconds: float = DEFAULT_SECONDS,
    progress: Callable[[int], None] | None = None,
    interrupts: int = 1,
) -> Exploration:
    """Explore every interleaving.

    Args:
        program: As compiled, or already inlined and with its awaits found.
        shape: The threads, and where they are.
        model: `sc`, `tso` or `c11`.
        acquisitions: How often `running` is true for each thread; None: always.
        options: Which reductions to use and what to keep; by default all, and the graph.
        budget_states: Stop at so many states.
        budget_seconds: Stop after so long.
        progress: Called now and then with the number of states.
        interrupts: How often each handler may arrive.

    Returns:
        What was found; `reason` tells why the search is not exhausted, or why it was refused (`not covered: ...`).
    """
    chosen = options or Options()
    if chosen.outcomes:  # final values must be told as they are
        chosen = replace(chosen, symmetry=False, tickets=False)
    began = clock()
    ready = find_waiting(inline(program)) if isinstance(program, Program) else program
    cells, image = prepare(ready.program, shape, SPARE_RECORDS)
    flat = flatten(ready, cells)
    refused = uncovered(ready.program, model, shape)
    if refused:
        return _refused(flat, model, acquisitions, refused)
    if model == "c11":
        return _explore_c11(flat, image, acquisitions, chosen, budget_states, budget_seconds, progress)
    if model not in ("sc", "tso"):
        raise ValueError(model)
    spare = dict.fromkeys(cells.heap, SPARE_RECORDS)
    while True:
        built = build(flat, image, chosen, model, acquisitions, interrupts)
        search = Search(built, chosen, model, acquisitions, began)
        search.run(budget_states, budget_seconds, progress)
        if search.reason != RECORDS:
            return search.exploration()
        short = list(cells.heap)[int(built.cfg[places.SHORT_OF]) - 1]
        if spare[short] >= MOST_RECORDS:
            search.reason = f"not covered: more than {spare[short]} records of `{short}` at once"
            return search.exploration()
        spare[short] *= 2
        cells, image = prepare(ready.program, shape, spare)
        flat = flatten(ready, cells)


def _refused(flat: Flat, model: str, acquisitions: int | None, reasons: list[str]) -> Exploration:
    nothing = np.zeros(0, dtype=np.int32)
    return Exploration(
        model, len(flat.threads), acquisitions, 0, 0, exhausted=False, reason=f"not covered: {'; '.join(reasons)}",
        seconds=0.0, faults=[], parent=nothing, via=nothing, flat=flat, cells=flat.cells,
    )  # fmt: skip


def _explore_c11(
    flat: Flat,
    image: Image,
    acquisitions: int | None,
    options: Options,
    states: int,
    seconds: float,
    progress: Callable[[int], None] | None,
) -> Exploration:
    from lockwright.check.engine import c11

    reductions = replace(c11.Reductions() if options.merge else replace(c11.RAW, collect=True))
    reductions = replace(
        reductions, symmetry=options.symmetry and reductions.symmetry, tickets=options.tickets and reductions.tickets
    )
    out = [is_out for struct in flat.cells.heap for is_out in image.is_out[struct]]
    return c11.explore(
        flat, image.memory, out, acquisitions=acquisitions, reductions=reductions, keep_graph=options.keep_graph,
        states=states, seconds=seconds, stop_at="any" if options.stop_at_fault else "", progress=progress,
        outcomes=options.outcomes,
    )  # fmt: skip
