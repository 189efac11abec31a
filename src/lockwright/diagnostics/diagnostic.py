"""A message as data: what is wrong, where, why, and what to write instead.  `render` makes text of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of source with what there is to say about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message.

    Args:
        code: `L012`; `lockwright explain L012` tells more.
        title: What is wrong, in one line: lower case, no full stop, code in backticks.
        primary: The place, with what was found and what was expected there.
        secondary: Earlier causes, each with its place.
        notes: Sentences without a place.
        helps: What to write instead.
        level: `error` or `warning`.
    """

    code: str
    title: str
    primary: Label
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    level: str = "error"

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Return the key that sorts messages as they stand in the source."""
        span = self.primary.span
        return span.file, span.line, span.column, self.code
