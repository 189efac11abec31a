"""Try a changed program: does it pass in some small instances?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check.engine.exploration import INTERRUPTED
from lockwright.check.verdict import Promised, findings
from lockwright.flat.compiling import clock
from lockwright.ir.inline import inline
from lockwright.ir.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.check.search import Explorer, Settings
    from lockwright.ir.program import Program

PASSES, UNKNOWN = "", "unknown"
"""What a trial says besides the kind of a fault."""


@dataclass(slots=True)
class Trials:
    """A budget for trials, and what is asked of each."""

    explore: Explorer
    settings: Settings
    ends: float

    @classmethod
    def lasting(cls, explore: Explorer, settings: Settings, seconds: float) -> Trials:
        """Return a budget that ends in so many seconds."""
        return cls(explore, settings, clock() + seconds)

    @property
    def left_s(self) -> float:
        """The seconds that are left."""
        return self.ends - clock()

    def try_out(self, program: Program, model: str, sizes: Iterable[tuple[int, int | None]]) -> str:
        """Return PASSES, the kind of the first fault in the first instance that has one, or UNKNOWN.

        Raises:
            KeyboardInterrupt: Ctrl-C came.
        """
        found = waiting(inline(program))
        fifo = program.promises.fifo if self.settings.fifo is None else self.settings.fifo
        promised = Promised(fifo, self.settings.bypass, bool(program.subject))
        for threads, acquisitions in sizes:
            if self.left_s <= 0:
                return UNKNOWN
            shape = self.settings.shape_for(program, threads)
            budget = {
                "budget_states": 500_000, "budget_seconds": self.left_s, "interrupts": self.settings.interrupts
            }  # fmt: skip
            explored = self.explore(found, shape, model, acquisitions, **budget)
            if explored.reason == INTERRUPTED:
                raise KeyboardInterrupt
            problems = findings(explored, promised).problems
            if problems:
                return problems[0].kind
            if not explored.exhausted or explored.notes:
                return UNKNOWN
        return PASSES
