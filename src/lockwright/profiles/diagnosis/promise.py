"""What removing a lock can gain: never more than its share allows, and than its class of cure gained in practice.

The rule is read off ten published cases whose profile and gain are both known (K13, K32, K40, K49, K50, K54, K60,
K62, K63, K64): with less than about 35 % of the time the bound 1 / (1 - share) was met or beaten by up to 3 %; above
70 % four of six gained 1.2 to 3.5, as the next serial stage took over (K40, K49, K54, K60).  Between the two nothing
is known, and the quartiles of the class hold.
"""

from __future__ import annotations

from lockwright.profiles.diagnosis.result import Promise, Range

SMALL_PERCENT, LARGE_PERCENT = 35.0, 70.0
LARGE_RANGE = (1.2, 3.5)
_ALL = 100.0  # percent
_MOST = 99.9  # percent that a share counts as: nothing is free of all other work
_HALF = 0.5


def bound(share_percent: float) -> float:
    """Return how many times faster it gets if a share of the time is gone, and nothing takes its place."""
    return 1 / (1 - min(max(share_percent, 0.0), _MOST) / _ALL)


def expected(share_percent: float, quartiles: tuple[float, float, float] | None) -> tuple[Range, str]:
    """Return what is to be expected, and why no more.

    Args:
        share_percent: Of busy time.
        quartiles: Of the gains of the class of cure; None if too few are known.
    """
    most = bound(share_percent)
    if share_percent < SMALL_PERCENT:
        why = (
            f"the share: below {SMALL_PERCENT:.0f} % the bound was met where a lock was the limit (K32, K62, K63, K64)"
        )
        return Range(1.0, most), why
    if share_percent > LARGE_PERCENT:
        low, high = LARGE_RANGE
        why = (
            f"practice: above {LARGE_PERCENT:.0f} % four of six published cases gained 1.2 to 3.5, as the next serial "
            "stage took over (K40, K49, K54, K60)"
        )
        return Range(min(low, most), min(high, most)), why
    if quartiles is None:
        return Range(1.0, most), "the share alone: too few cases of this class have a number"
    return Range(min(quartiles[0], most), min(quartiles[2], most)), "the quartiles of its class of cure"


def promise_of(
    share_percent: float,
    quartiles: tuple[float, float, float] | None,
    next_percent: float,
    base: str,
    above: tuple[str, ...] = (),
) -> Promise:
    """Return what there is to gain.

    Args:
        share_percent: Of the lock, of busy time.
        quartiles: Of the class of cure that fits best; None if too few are known, or none fits.
        next_percent: Of the next lock; 0 if there is none.
        base: What the shares are of.
        above: What else would have to be the case for more.
    """
    alone, why = expected(share_percent, quartiles)
    both = expected(share_percent + next_percent, quartiles)[0] if next_percent else None
    if both is not None:
        both = Range(max(both.low, alone.low), max(both.high, alone.high))
    return Promise(share_percent, bound(share_percent), alone, both, base, why, (*_above(share_percent, alone), *above))


RETRIES = "losers do their work again: count tries for each success (K13: 10.3 where the bound was 4.4)"
BYSTANDERS = "its cache line slows others that only pass by (K62: 1.11 where the bound was 1.08)"
SLEEPERS = "tasks also sleep for it, which no sample of a CPU shows (C01: 2 where the bound was 1.2)"
"""The ways above the bound that were seen."""


def _above(share_percent: float, alone: Range) -> tuple[str, ...]:
    """Return what would have to be the case for what the share allows."""
    most = bound(share_percent)
    if most < alone.high + _HALF:
        return ()
    return (f"the program does nothing but take this lock: up to {most:.3g} (K50: 12.7 where the bound was 14.4)",)
