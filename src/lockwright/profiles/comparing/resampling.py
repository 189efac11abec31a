"""How far shares may be off: bootstrap over samples, over CPUs, or over runs.

Each side is resampled by itself, and the errors of a difference are put together from those of its two sides (Zou and
Donner, Construction of confidence limits about effect measures, Statist. Med. 27 (2008); for two shares it is method 10
of Newcombe, Statist. Med. 17 (1998)): so a comparison that is turned round gives the same interval with its sign
turned, whatever the random numbers were.

One run: its samples are drawn anew by Rubin's Bayesian bootstrap (Ann. Statist. 9 (1981)), with half a sample added to
what is in a row and half to what is not: for one share that is Jeffreys' interval, which also holds where a row has no
sample at all (Brown, Cai and DasGupta, Statist. Sci. 16 (2001)).  Samples of different weight count as fewer of equal
weight.  Where CPUs differ by more than chance, they are drawn instead of samples.  Several runs: runs are drawn.  Few
CPUs or runs are answered by Student's t.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.profiles.comparing.student import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lockwright.profiles.comparing.tally import Key, Tally

    Numbers = NDArray[np.float64]

DRAWS = 2000
LEAST_CPUS = 8
"""With fewer, how CPUs differ cannot be told from chance."""
OVERDISPERSED = 1.5
"""Variance between CPUs against what independent samples would have, above which samples are not independent."""
_MANY = 12  # units from which on the quantiles of draws are believed, not only their variance
_LEAST_COUNT = 5.0  # samples expected on a CPU for the comparison of CPUs
_QUANTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the values of one side may be off; arrays have an element for each row.

    Args:
        values: The rows.
        below: How far the truth may lie below, with 95 %, if the variance were known.
        above: Likewise above.
        variance: Of the values.
        freedom: Degrees of freedom of the variance.
        grain: Half of the step in which a value can change: half a sample; 0 for means of runs.
        basis: `samples`, `CPUs` or `runs`.
    """

    values: Numbers
    below: Numbers
    above: Numbers
    variance: Numbers
    freedom: float
    grain: float
    basis: str


def side_spread(tallies: Sequence[Tally], keys: Sequence[Key], seed: int) -> Spread | None:
    """Return how far the shares of one side may be off, in percent; None where nothing says how many samples they are.

    Args:
        tallies: The runs of the side.
        keys: The rows.
        seed: Of the random numbers; they also depend on what is in the runs.
    """
    chance = np.random.default_rng([seed, _content(tallies, keys)])
    if len(tallies) > 1:
        sampled = [_over_samples(one, keys, chance) if one.samples > 0 else None for one in tallies]
        return _over_runs(shares(tallies, keys), [one for one in sampled if one is not None], chance)
    run = tallies[0]
    if run.samples <= 0:
        return None
    plain = _over_samples(run, keys, chance)
    return _over_cpus(run, keys, plain, chance) if _differ_by_cpu(run, keys) else plain


def shares(tallies: Sequence[Tally], keys: Sequence[Key]) -> Numbers:
    """Return the shares in percent: a line for each run, a column for each row; unlisted ones as their floor."""
    return np.array([[one.shares.get(key, one.floor) for key in keys] for one in tallies], dtype=np.float64)


def of_runs(values: Numbers, seed: int) -> Spread:
    """Return how far the means of any measurements may be off.

    Args:
        values: A line for each run, a column for each row.
        seed: Of the random numbers; they also depend on the values.
    """
    content = zlib.crc32(np.ascontiguousarray(np.sort(values, axis=0)).tobytes())
    return _over_runs(values, [], np.random.default_rng([seed, content]))


def _content(tallies: Sequence[Tally], keys: Sequence[Key]) -> int:
    """Return a number made of what is in the runs, so that two sides have random numbers of their own."""
    text = sorted(f"{one.samples} {[one.shares.get(key, 0.0) for key in keys]}" for one in tallies)
    return zlib.crc32("\n".join(text).encode())


def _over_samples(run: Tally, keys: Sequence[Key], chance: np.random.Generator) -> Spread:
    share = np.array([run.shares.get(key, run.floor) for key in keys]) / 100
    total = run.samples
    count, rest = _effective(run, keys, share)
    heavy = np.where(count > 0, share / np.maximum(count, 1e-12), 1 / total)  # the share that one sample makes
    light = np.where(rest > 1e-9, (1 - share).clip(0) / np.maximum(rest, 1e-9), 1 / total)
    inside = chance.gamma(count + 0.5, size=(DRAWS, len(keys))) * heavy
    outside = chance.gamma(rest + 0.5, size=(DRAWS, len(keys))) * light
    drawn = 100 * inside / (inside + outside)
    return _spread(100 * share, drawn, math.inf, 50.0 / total, "samples")


def _effective(run: Tally, keys: Sequence[Key], share: Numbers) -> tuple[Numbers, Numbers]:
    """Return of how many samples of equal weight each row, and all but it, tell as much (Kish, Survey Sampling, 1965).

    A profiler that keeps its frequency gives samples periods of their own: few heavy ones tell less than many equal.
    """
    count = np.array([run.counts.get(key, 0.0) for key in keys])
    count = np.where((count <= 0) & (share > 0), share * run.samples, count).clip(0, run.samples)
    rest = run.samples - count
    if not run.scatter:
        return count, rest
    inside = np.array([run.scatter.get(key, 0.0) for key in keys])
    outside = (run.scatter[None] - inside).clip(0)
    return _equal(count, share, inside), _equal(rest, (1 - share).clip(0), outside)


def _equal(count: Numbers, share: Numbers, scatter: Numbers) -> Numbers:
    return np.where(scatter > 0, np.minimum(count, share**2 / np.maximum(scatter, 1e-300)), count)


def _over_runs(values: Numbers, sampled: Sequence[Spread], chance: np.random.Generator) -> Spread:
    """Return the spread of means of runs; it is not taken for less than what their samples alone give."""
    runs = len(values)
    mean = values.mean(axis=0)
    drawn = _weighted(values, np.ones_like(values), chance)
    found = _spread(mean, drawn, runs - 1, 0.0, "runs")
    if len(sampled) < runs:
        return found
    least = sum((one.variance for one in sampled), np.zeros_like(mean)) / runs**2
    return _at_least(found, least)


def _over_cpus(run: Tally, keys: Sequence[Key], plain: Spread, chance: np.random.Generator) -> Spread:
    cpus = sorted(run.by_cpu)
    inside = np.array([[run.by_cpu[cpu].get(key, 0.0) for key in keys] for cpu in cpus])
    whole = np.array([run.by_cpu[cpu].get(None, 0.0) for cpu in cpus])[:, None] + np.zeros_like(inside)
    drawn = 100 * _weighted(inside, whole, chance)
    return _at_least(_spread(plain.values, drawn, len(cpus) - 1, plain.grain, "CPUs"), plain.variance)


def _weighted(inside: Numbers, whole: Numbers, chance: np.random.Generator) -> Numbers:
    """Return ratios of sums over units that weigh differently in each draw, spread as the units' own variance asks."""
    units = len(inside)
    weights = chance.exponential(size=(DRAWS, units))
    drawn = (weights @ inside) / np.maximum(weights @ whole, 1e-300)
    centre = inside.sum(axis=0) / np.maximum(whole.sum(axis=0), 1e-300)
    return np.asarray(centre + (drawn - centre) * math.sqrt((units + 1) / (units - 1)))


def _spread(values: Numbers, drawn: Numbers, freedom: float, grain: float, basis: str) -> Spread:
    variance = drawn.var(axis=0)
    if freedom < _MANY:
        wide = NORMAL_95 * np.sqrt(variance)
        return Spread(values, wide, wide, variance, freedom, grain, basis)
    low, high = np.percentile(drawn, _QUANTILES, axis=0)
    return Spread(values, (values - low).clip(0), (high - values).clip(0), variance, freedom, grain, basis)


def _at_least(found: Spread, variance: Numbers) -> Spread:
    """Return a spread, widened where its variance is below another one."""
    factor = np.sqrt(np.maximum(1.0, variance / np.maximum(found.variance, 1e-300)))
    wide = NORMAL_95 * np.sqrt(variance)
    is_small = found.variance < variance
    return Spread(
        found.values,
        np.where(is_small, np.minimum(wide, np.maximum(found.below * factor, wide)), found.below),
        np.where(is_small, np.minimum(wide, np.maximum(found.above * factor, wide)), found.above),
        np.maximum(found.variance, variance),
        found.freedom,
        found.grain,
        found.basis,
    )


def _differ_by_cpu(run: Tally, keys: Sequence[Key]) -> bool:
    """Return whether shares differ between CPUs by more than independent samples would."""
    whole = {cpu: weights.get(None, 0.0) for cpu, weights in run.by_cpu.items()}
    everything = sum(whole.values())
    if len(whole) < LEAST_CPUS or everything <= 0:
        return False
    per_weight = run.samples / everything
    ratios = []
    for key in keys:
        share = run.shares.get(key, 0.0) / 100
        expected = [weight * per_weight * share for weight in whole.values()]
        if not 0 < share < 1 or min(expected) < _LEAST_COUNT:
            continue
        squares = (
            (run.by_cpu[cpu].get(key, 0.0) * per_weight - mean) ** 2 / (mean * (1 - share))
            for cpu, mean in zip(whole, expected, strict=True)
        )
        ratios.append(sum(squares) / (len(whole) - 1))
    return bool(ratios) and sorted(ratios)[len(ratios) // 2] > OVERDISPERSED


def widen(single: Spread, several: Spread, runs: int) -> None:
    """Give a side of one run the variance that single runs of the other side have, in place.

    Args:
        single: The spread of the side with one run.
        several: The spread of the means of the other side.
        runs: How many runs that are.
    """
    added = several.variance * runs
    wide = NORMAL_95 * np.sqrt(single.variance + added)
    np.maximum(single.below, wide, out=single.below)
    np.maximum(single.above, wide, out=single.above)
    np.add(single.variance, added, out=single.variance)
