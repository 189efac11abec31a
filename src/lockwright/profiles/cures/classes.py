"""Classes of cure: how many published cases each has, what they gained, and why some failed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lockwright.profiles.cures.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterable


_FEWEST = 3  # gains that have quartiles worth the name


@dataclass(frozen=True, slots=True)
class CureClass:
    """A class of cure.

    Args:
        name: Such as `split`.
        do: What to do.
        pattern: What in a profile points to it.
        test: The cheap test that would refute it.
        worked: The cases that gained something, or whose gain nobody measured.
        failed: The cases in which it was tried and failed.
    """

    name: str
    do: str
    pattern: str
    test: str
    worked: tuple[Case, ...]
    failed: tuple[Case, ...]

    @property
    def gains(self) -> tuple[float, ...]:
        """The gains that were published, the smallest first."""
        return gains(self.worked)

    @property
    def quartiles(self) -> tuple[float, float, float] | None:
        """The quartiles of the gains; None if there are fewer than three."""
        return quartiles(self.gains)


def gains(some: Iterable[Case]) -> tuple[float, ...]:
    """Return the gains of cases that worked and have a number, the smallest first."""
    return tuple(sorted(one.gain for one in some if one.gain is not None and not one.failed))


def quartiles(numbers: tuple[float, ...]) -> tuple[float, float, float] | None:
    """Return first quartile, median and third one of numbers in order; None for fewer than three.

    The extremes count as 0 and 100 %, and between two numbers it is straight (the method `inclusive` of Python's
    `statistics`, which is not imported as it takes longer than most files).
    """
    if len(numbers) < _FEWEST:
        return None
    return _at(numbers, 0.25), _at(numbers, 0.5), _at(numbers, 0.75)


def _at(numbers: tuple[float, ...], part: float) -> float:
    place = part * (len(numbers) - 1)
    below = min(int(place), len(numbers) - 2)
    return numbers[below] + (place - below) * (numbers[below + 1] - numbers[below])


NAMES = (
    "split",
    "avoid",
    "lock type",
    "batch",
    "fields apart",
    "waiting policy",
    "lock-free read",
    "shorten hold",
    "move work out",
    "refcount",
    "fewer acquirers",
    "to rwlock",
    "from rwlock",
    "structure",
    "placement",
)
"""All classes, the one with most cases first."""


@cache
def cure_class(name: str) -> CureClass:
    """Return a class of cure, one of `NAMES`; a file each, as most runs need one or two."""
    file = files("lockwright.profiles.cures").joinpath("published", f"{name.replace(' ', '-')}.toml")
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    some = tuple(Case(cure=name, **one) for one in found["case"])
    worked = tuple(one for one in some if not one.failed)
    failed = tuple(one for one in some if one.failed)
    return CureClass(name, found["do"], found["pattern"], found["test"], worked, failed)


def cases() -> tuple[Case, ...]:
    """Return all published cases, the eleven commits last."""
    found = [one for name in NAMES for one in (*cure_class(name).worked, *cure_class(name).failed)]
    return tuple(sorted(found, key=lambda one: (one.is_commit, one.id)))
