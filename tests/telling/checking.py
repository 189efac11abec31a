"""Checks with the slow search, so that what comes after it is tested alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.telling.plain_search import explore

from lockwright.check.search import Settings, check

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.results import CheckResult


def checked(program: Program, **settings: Any) -> CheckResult:
    chosen = {"threads": 2, "acquisitions": (1,), "models": ("sc", "tso"), "cures": False, **settings}
    return check(program, Settings(**chosen), explorer=explore)
