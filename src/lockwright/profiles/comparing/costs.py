"""Shares lie where the base changes: what a function costs in each second and for each operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.profiles.comparing.estimating import estimates
from lockwright.profiles.comparing.resampling import of_runs, shares
from lockwright.profiles.comparing.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.comparing.resampling import Spread
    from lockwright.profiles.comparing.tally import Key, Tally


@dataclass(frozen=True, slots=True)
class Measured:
    """What one side was seen to do.

    Args:
        tallies: Its runs.
        spread: Of their shares; None where nothing is known of it.
        seconds: Of each run; empty if unknown.
        work: Operations of each run; empty if unknown.
        shares: The share of each row in percent, as it is shown.
    """

    tallies: tuple[Tally, ...]
    spread: Spread | None
    seconds: tuple[float, ...]
    work: tuple[float, ...]
    shares: tuple[Estimate, ...]


def cost_unit(*sides: Measured) -> str:
    """Return what costs are counted in, empty where totals or lengths are unknown, or the sides count otherwise."""
    units = {run.unit for one in sides for run in one.tallies}
    known = all(run.total is not None for one in sides for run in one.tallies)
    has_length = all(one.work for one in sides) or all(one.seconds for one in sides)
    return units.pop() if len(units) == 1 and known and has_length else ""


def throughput(side: Measured, seed: int) -> Estimate | None:
    """Return operations a second, None if they are not known."""
    if not side.work or not side.seconds:
        return None
    rates = [done / lasted for done, lasted in zip(side.work, side.seconds, strict=True)]
    if len(rates) == 1:
        return Estimate(rates[0])
    return estimates(of_runs(np.array(rates)[:, None], seed))[0]


def costs(side: Measured, keys: Sequence[Key], lengths: Sequence[float], seed: int) -> list[Estimate]:
    """Return what each row costs, divided by the length of its run in seconds or operations.

    Of one run the interval is that of its share: its total counts as exact.
    """
    busy = [(one.total or 0.0) * (1 - one.idle / 100) / 100 for one in side.tallies]
    factors = [weight / length for weight, length in zip(busy, lengths, strict=True)]
    if len(factors) > 1:
        return estimates(of_runs(shares(side.tallies, keys) * np.array(factors)[:, None], seed))
    return [_times(one, factors[0]) for one in side.shares]


def _times(one: Estimate, factor: float) -> Estimate:
    return Estimate(
        one.value * factor,
        None if one.low is None else one.low * factor,
        None if one.high is None else one.high * factor,
    )
