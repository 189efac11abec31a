"""A mistake in a litmus file, with the place where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span


class LitmusError(Exception):
    """What is wrong, where, and what to write instead; `str` of it shows the line with a caret.

    Attributes:
        message: What is wrong, in one line.
        span: Where.
        label: What stands beside the caret.
        help: What to write instead, or nothing.
    """

    def __init__(self, message: str, span: Span, line: str, *, label: str = "", help: str = "") -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.span = span
        self.line = line
        self.label = label
        self.help = help

    def __str__(self) -> str:
        number = str(self.span.line)
        gutter = " " * len(number)
        width = max(1, self.span.end_column - self.span.column)
        caret = " " * (self.span.column - 1) + "^" * width
        rows = [
            f"error: {self.message}",
            f"{gutter}--> {self.span}",
            f"{gutter} |",
            f"{number} | {self.line}",
            f"{gutter} | {caret} {self.label}".rstrip(),
        ]
        if self.help:
            rows += [f"{gutter} |", f"help: {self.help}"]
        return "\n".join(rows)
