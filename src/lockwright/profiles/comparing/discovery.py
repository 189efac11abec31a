"""Many rows are looked at: how many of those called changed are so by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 0.05
"""Of the rows that are called changed, the share that chance may have made so."""


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return, for each row, the smallest false discovery rate at which it is called changed.

    Source: Benjamini and Hochberg, Controlling the false discovery rate, J. R. Statist. Soc. B 57 (1995); rows of one
    profile depend on each other through their common base, which raises one share as it lowers another.
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at], reverse=True)
    found, least = [1.0] * len(p_values), 1.0
    for place, at in enumerate(order):
        least = min(least, p_values[at] * len(p_values) / (len(p_values) - place))
        found[at] = least
    return found
