"""What a check of the gallery explored, in words, and how many states that took."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lockwright.report.legend import turns
from lockwright.report.terminal import counts_table
from lockwright.results import PROVED

if TYPE_CHECKING:
    from lockwright.results import CheckResult

COUNTER = "A check that must find nothing, lest the checker be one that finds this bug everywhere."


def claim(result: CheckResult, *, is_same: bool) -> str:
    """Return what a check says.

    Args:
        result: The check.
        is_same: Whether it is the fixed source at the instance at which the broken one fails.
    """
    if result.verdict != PROVED:
        return f"{result.verdict.capitalize()}."
    where = " at the same instance" if is_same else ""
    return f"Proved{where}: every interleaving of these threads was explored, and none fails."


def explored_table(result: CheckResult) -> list[list[str]]:
    """Return the states: a head with the models, then a row for each instance, told in words."""
    (_, *models), *rows = counts_table(result, partial(turns, result))
    return [["states explored under", *models], *rows]


def explored(result: CheckResult) -> list[str]:
    """Return the table as lines."""
    rows = explored_table(result)
    width = max(len(row[0]) for row in rows)
    return [f"{row[0]:<{width}}" + "".join(f"{cell:>14}" for cell in row[1:]) for row in rows]
