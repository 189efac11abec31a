"""Checks of small locks: the compiled search where it is quick to compile, the plain one under `c11`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.telling import plain_search

from lockwright.check.engine import run
from lockwright.check.search import Settings, check

if TYPE_CHECKING:
    from lockwright.check.engine.exploration import Exploration
    from lockwright.ir.program import Program, Shape
    from lockwright.ir.waiting import Waiting
    from lockwright.results import CheckResult


def checked(program: Program, **settings: Any) -> CheckResult:
    chosen = {"threads": 2, "acquisitions": (1,), "models": ("sc", "tso"), "cures": False, **settings}
    return check(program, Settings(**chosen), explorer=_explore)


def _explore(
    waiting: Waiting, shape: Shape, model: str, acquisitions: int | None, options: Any = None, **budget: Any
) -> Exploration:
    if model == "c11":
        return plain_search.explore(waiting, shape, model, acquisitions, options, **budget)
    return run.explore(waiting, shape, model, acquisitions, options, **budget)
