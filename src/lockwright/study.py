"""A published experiment beside what a simulation gives: plain data, known to the studies and to reports.

The order is fixed: what was given, what was assumed, what was fitted and to which figure of *before*, what was
predicted, and how far off that is, against two guesses that need no simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "lockwright.study/1"
Role = Literal["fitted", "predicted"]


@dataclass(frozen=True, slots=True)
class Given:
    """What the publication says."""

    what: str
    source: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """What it does not say: a value with its range, a reason, and a source that has nothing to do with its results."""

    key: str
    what: str
    value: float
    low: float
    high: float
    unit: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A parameter that was set so that a figure of before comes out."""

    what: str
    value: float
    unit: str
    to: str  # which figure


@dataclass(frozen=True, slots=True)
class Band:
    """A value, and between what it lies when the assumptions are swept."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure and what became of it."""

    what: str  # `real`, `TICKET`: a row
    at: str  # `after`, `48 threads`: a column
    unit: str
    published: float
    ours: Band
    role: Role
    nulls: tuple[float, ...] = ()  # what each guess of `StudyResult.nulls` says
    shown: str = ""  # as it was published, where that is no bare number
    group: str = ""  # a part of the study that is scored by itself

    @property
    def error(self) -> float:
        """How far off, as a part of what was published: 0.1 is 10 % too large."""
        return self.ours.value / self.published - 1

    @property
    def factor(self) -> float:
        """By which factor off: never below 1."""
        return factor(self.ours.value, self.published)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one assumption alone makes of `StudyResult.moved` at the ends of its range."""

    key: str
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True)
class Score:
    """The geometric mean of the factors of some figures, and the same for each guess; 1 is perfect."""

    name: str
    error: float
    nulls: tuple[float, ...]
    target: float | None = None

    @property
    def beats_all(self) -> bool:
        """Whether it is nearer than every guess."""
        return all(self.error < one for one in self.nulls)


@dataclass(slots=True)
class StudyResult:
    """A study that was run."""

    name: str
    title: str
    machine: str
    nulls: tuple[str, ...]  # the guesses that it is held against
    given: list[Given] = field(default_factory=list)
    assumed: list[Assumption] = field(default_factory=list)
    fitted: list[Fitted] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    moved: str = ""  # what `sensitivity` is about, with its unit
    sensitivity: list[Sensitivity] = field(default_factory=list)  # the strongest first
    profiles: dict[str, list[tuple[str, float]]] = field(default_factory=dict)  # share of busy cycles by symbol
    missed: list[str] = field(default_factory=list)  # what is off, and why we think so
    notes: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)  # numbers of the machine that are recalled, estimated or chosen
    seeds: tuple[int, ...] = ()
    seconds: float = 0.0


def factor(ours: float, published: float) -> float:
    """Return by which factor two values differ; infinite if one is not positive."""
    if ours <= 0 or published <= 0:
        return math.inf
    return max(ours / published, published / ours)


def score(name: str, figures: list[Figure], target: float | None = None) -> Score:
    """Return how far some predicted figures are off as a whole."""
    predicted = [one for one in figures if one.role == "predicted"]
    guesses = zip(*(one.nulls for one in predicted), strict=True)
    nulls = [
        _mean(factor(guess, one.published) for guess, one in zip(column, predicted, strict=True)) for column in guesses
    ]
    return Score(name, _mean(one.factor for one in predicted), tuple(nulls), target)


def _mean(factors: Iterable[float]) -> float:
    """Return the geometric mean."""
    values = list(factors)
    return math.exp(fmean(math.log(one) for one in values)) if values else math.nan
