"""From how many CPUs on a queue in front of one lock can last, from what the points of a sweep counted.

Where waiters slow the holder down, a lock has two ways to go on: nobody waits, or a queue that makes every section so
long that enough threads come meanwhile to keep it.  The second exists if for some number m of waiters

    (N - 1 - m) T(m) >= Z

with N threads, T(m) cycles from section to section, and Z cycles that a thread spends outside of lock and section.
T is a straight line through the points at which the lock is never free; Z is Little's law at the point at which the
smallest part of the threads waits.
"""

from __future__ import annotations

from statistics import LinearRegression, linear_regression
from typing import TYPE_CHECKING

from lockwright.points import Sustained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.points import Point, Split

NEVER_FREE = 0.01  # of the time, at most
LEAST_WAITERS = 2.0
APART = 1.0  # waiters: nearer points give no slope
CROOKED = 0.1  # of the cycles of a point: farther from the line, it is none


def sustained(points: Sequence[Point]) -> Sustained | None:
    """Return when a queue can last; None where the points of one lock, with the splits of their time, do not tell."""
    known = [(one.cpus, one.split) for one in points if one.split is not None]
    full = [split for _, split in known if _is_full(split)]
    if len(full) < 2 or points[0].params.get("locks", 1) != 1:
        return None
    waiters = [one.waiters for one in full]
    if max(waiters) - min(waiters) < APART:
        return None
    each, base = line = linear_regression(waiters, [one.whole for one in full])
    cpus, quiet = min(known, key=lambda one: one[1].trying / one[0])
    outside = quiet.whole * (cpus - quiet.trying) - quiet.section
    farthest = max(_distance(line, one) for one in full)
    if each <= 0 or base <= 0 or outside <= 0 or farthest > CROOKED:
        return None
    return Sustained(base, each, outside, tuple(sorted(waiters)), farthest)


def _is_full(split: Split) -> bool:
    return split.free <= NEVER_FREE * split.whole and split.waiters >= LEAST_WAITERS


def _distance(line: LinearRegression, split: Split) -> float:
    return abs(line.intercept + line.slope * split.waiters - split.whole) / split.whole
