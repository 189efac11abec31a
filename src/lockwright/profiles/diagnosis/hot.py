"""Functions that are hot by themselves, and what their names suggest: a guess, and always said to be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis.base import role
from lockwright.profiles.diagnosis.names import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.base import View

LOOK_UP, ALLOCATE, FREE, POLL, PROFILER, PAGE = "look-up", "allocation", "freeing", "polling", "profiler", "page lock"


def suggests(symbol: str) -> str:
    """Return what the name of a function suggests that it does; empty if nothing, or if the table of roles knows it."""
    return "" if role(symbol) else suggestion(symbol)[0]


@dataclass(frozen=True, slots=True)
class Hot:
    """A function that is no part of locking.

    Args:
        symbol: Its plain name.
        share_percent: Of busy time.
        kind: What its name suggests; empty if nothing.
    """

    symbol: str
    share_percent: float
    kind: str


def hot_functions(view: View) -> list[Hot]:
    """Return the functions that are no part of locking, the heaviest first."""
    weights = folding.by_symbol(view.samples)
    return [Hot(symbol, view.busy(weight), suggests(symbol)) for symbol, weight in weights.items() if not role(symbol)]


def share_of(hot: Iterable[Hot], kind: str) -> float:
    """Return the share of functions whose names suggest one thing."""
    return sum(one.share_percent for one in hot if one.kind == kind)
