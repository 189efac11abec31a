"""One number of a machine: its value, its unit, where it comes from, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span

CONFIDENCES = {"A": "measured", "B": "secondary", "C": "recalled", "D": "estimated"}
"""What the letters mean: read where it was measured; read somewhere else; remembered; made from other numbers."""

ORIGINS = ("measured", "protocol", "chosen")
"""How a number came to be: measured; known of the protocol; chosen by looking at a published curve."""

CYCLES, NANOSECONDS = "cycles", "ns"

Value = bool | float | str


@dataclass(frozen=True, slots=True)
class Number:
    """One number.

    Args:
        name: `load.M.one_hop`, `hold`, `l1.kib`.
        value: As stated; a word or a truth for the few properties that are no numbers.
        unit: `cycles`, `ns`, `GHz`, `KiB`, `%`, or empty.
        confidence: `A` to `D`.
        source: The id of a source.
        origin: One of `ORIGINS`.
        why: A remark: what it was made from, or which curve chose it.
        span: Where it is stated.
        derived_from: The machine and rule that it comes from; empty if it is stated.
    """

    name: str
    value: Value
    unit: str
    confidence: str
    source: str
    origin: str = "measured"
    why: str = ""
    span: Span = NOWHERE
    derived_from: str = ""

    @property
    def amount(self) -> float:
        """Return the value of what is a number."""
        assert not isinstance(self.value, str)
        return float(self.value)

    @property
    def is_weak(self) -> bool:
        """Whether a result that rests on it should say so."""
        return self.confidence in "CD" or self.origin == "chosen"

    @property
    def standing(self) -> str:
        """Return in a word how far it can be trusted: `measured`, `secondary`, `recalled`, `estimated`, `chosen`."""
        return "chosen" if self.origin == "chosen" else CONFIDENCES[self.confidence]

    @property
    def reason(self) -> str:
        """Return what it rests on, in a few words."""
        return self.why or self.derived_from or self.source

    def in_cycles(self, ghz: float) -> Number:
        """Return it in cycles of a clock."""
        if self.unit != NANOSECONDS:
            return self
        return replace(self, value=self.amount * ghz, unit=CYCLES)


def shown(number: Number) -> str:
    """Return the value with its unit, as a person writes it."""
    if isinstance(number.value, bool):
        return "yes" if number.value else "no"
    if isinstance(number.value, str):
        return number.value
    unit = "" if not number.unit else "%" if number.unit == "%" else f" {number.unit}"
    if number.value == 1 and number.unit == CYCLES:
        return "1 cycle"
    return f"{plain(number.value)}{unit}"


def plain(value: float) -> str:
    """Return a number without digits that say nothing."""
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.4g}"


def sentence(number: Number) -> str:
    """Return `min_transfer = 420 cycles (chosen: slope of the published tails)`."""
    return f"{number.name} = {shown(number)} ({number.standing}: {number.reason})"
