"""A share is a part of a whole: where one function falls, all others rise although nothing happened to them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.comparing.tally import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.comparing.results import Change

_LEAST_FALL = 3.0  # points: a fall that is seen in all other rows
_LEAST_REST = 1.0  # percent: what all other rows must have to tell anything
_MOSTLY = 0.75  # of the rise, as a ratio, that the base explains
_WIDE, _WIDELY = 0.5, 0.25  # points, and as a part of the share: how uncertain a share may be that is said to stay
_CLOSE = 0.1  # how far a share may be off what was expected, as a part of it


def largest_fall(changes: Sequence[Change]) -> Change | None:
    """Return the function whose share fell most, if so much that all other shares rise by it."""
    fell = [
        one
        for one in changes
        if one.kind == SYMBOL and one.difference.value <= -_LEAST_FALL and (one.q is None or one.is_significant)
    ]
    return min(fell, key=lambda one: (one.difference.value, one.symbol), default=None)


def factor(fall: Change) -> float:
    """Return by what all other shares rise when one function falls and nothing else happens."""
    return (WHOLE - fall.after.value) / max(WHOLE - fall.before.value, 1e-9)


def with_expected(changes: Sequence[Change]) -> list[Change]:
    """Add what each share would be, had nothing but the largest fall happened.

    That the base shrank, everything else shows: it rises, too. Where it falls, the row itself has grown.
    """
    fall = largest_fall(changes)
    if fall is None or fall.before.value >= WHOLE:
        return list(changes)
    rise = factor(fall)
    return [
        replace(one, expected=one.before.value * rise) if one is not fall and _has_smaller_base(one, fall) else one
        for one in changes
    ]


def _has_smaller_base(one: Change, fall: Change) -> bool:
    if one.unlisted_before or one.before.value <= 0:
        return False
    rest_before = WHOLE - fall.before.value - one.before.value
    rest_after = WHOLE - fall.after.value - one.after.value
    return rest_before >= _LEAST_REST and rest_after > rest_before


def is_explained(change: Change) -> bool:
    """Return whether a share rose mostly, or only, because the base shrank."""
    if change.expected is None or change.before.value <= 0 or change.difference.value <= 0:
        return False
    return math.log(change.expected / change.before.value) >= _MOSTLY * math.log(
        change.after.value / change.before.value
    )


def is_as_expected(change: Change) -> bool:
    """Return whether a share is what it was, or what the smaller base makes of it."""
    wanted = change.before.value if change.expected is None else change.expected
    return abs(change.after.value - wanted) <= _CLOSE * wanted


def is_known_to_stay(change: Change) -> bool:
    """Return whether a share is as expected, and known so well that it cannot be far off."""
    if not is_as_expected(change):
        return False
    if change.difference.low is None or change.difference.high is None:
        return True
    width = (change.difference.high - change.difference.low) / 2
    return width <= max(_WIDE, _WIDELY * change.after.value)
