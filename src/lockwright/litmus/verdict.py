"""Whether the allowed outcomes of a test are what its condition says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockwright.litmus.syntax import LitmusTest


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcomes of a test under one model, and what they mean for its condition.

    Attributes:
        test: The test.
        model: The memory model.
        outcomes: Each possible final state, sorted: the values of `test.observed` in its order.
        witnesses: How many of them satisfy the proposition of the condition.
    """

    test: LitmusTest
    model: str
    outcomes: tuple[tuple[int, ...], ...]
    witnesses: int

    @property
    def holds(self) -> bool:
        """Whether the condition is met."""
        match self.test.condition.quantifier:
            case "exists":
                return self.witnesses > 0
            case "~exists":
                return self.witnesses == 0
        return self.witnesses == len(self.outcomes)

    @property
    def frequency(self) -> str:
        """`Never`, `Sometimes` or `Always`, as herd says it."""
        if not self.witnesses:
            return "Never"
        return "Always" if self.witnesses == len(self.outcomes) else "Sometimes"

    def __str__(self) -> str:
        """Show the table of outcomes; `*` stands before those that satisfy the proposition."""
        proposition = self.test.condition.proposition
        rows = [f"{self.test.name}, {self.model}: {len(self.outcomes)} outcomes"]
        for outcome in self.outcomes:
            values = dict(zip(self.test.observed, outcome, strict=True))
            shown = "  ".join(f"{name}={value}" for name, value in values.items())
            rows.append(f"{'*' if proposition.holds(values) else ' '} {shown}".rstrip())
        met = "met" if self.holds else "not met"
        rows.append(f"{self.test.condition}: {met} ({self.frequency.lower()})")
        return "\n".join(rows)


def judge(test: LitmusTest, model: str, outcomes: Iterable[Mapping[str, int]]) -> Judgement:
    """Return the judgement on a test.

    Args:
        test: The test.
        model: The memory model under which it was explored, for the table.
        outcomes: Every final state, with a value for each name that the test observes.
    """
    found = {tuple(outcome[name] for name in test.observed) for outcome in outcomes}
    holding = [one for one in found if test.condition.proposition.holds(dict(zip(test.observed, one, strict=True)))]
    return Judgement(test, model, tuple(sorted(found)), len(holding))
