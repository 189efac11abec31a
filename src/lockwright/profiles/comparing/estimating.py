"""From spreads to numbers with intervals, and to the question whether chance explains a difference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lockwright.profiles.comparing.results import Estimate
from lockwright.profiles.comparing.student import NORMAL_95, joint_freedom, quantile_95, two_sided_p

if TYPE_CHECKING:
    from lockwright.profiles.comparing.resampling import Spread


def estimates(spread: Spread) -> list[Estimate]:
    """Return the rows of one side with their intervals, none below zero."""
    factor = quantile_95(spread.freedom) / NORMAL_95
    return [
        Estimate(float(value), max(0.0, float(value - factor * below)), float(value + factor * above))
        for value, below, above in zip(spread.values, spread.below, spread.above, strict=True)
    ]


def difference(before: Spread, after: Spread, row: int) -> tuple[Estimate, float]:
    """Return the difference of a row with its interval, and how probable it is by chance.

    Args:
        before: One side.
        after: The other one.
        row: Which row.
    """
    value = float(after.values[row] - before.values[row])
    variances = [float(one.variance[row]) for one in (before, after)]
    freedom = joint_freedom(list(zip(variances, (before.freedom, after.freedom), strict=True)))
    factor = quantile_95(freedom) / NORMAL_95
    down = factor * math.hypot(after.below[row], before.above[row])
    up = factor * math.hypot(after.above[row], before.below[row])
    error = math.sqrt(sum(variances))
    distance = max(0.0, abs(value) - before.grain - after.grain)  # Yates' correction: counts move in steps
    p = 1.0 if distance == 0 else two_sided_p(distance / error, freedom) if error > 0 else 0.0
    return Estimate(value, value - down, value + up), p
