"""Mistakes on the command line that the parser cannot see."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.diagnostics.diagnostic import Diagnostic


def mistaken(what: str, instead: str) -> int:
    """Tell a mistake and what to write instead; return the exit status."""
    print(f"error[U001]: {what}\nhelp: {instead}", file=sys.stderr)
    return Status.INPUT


def times(text: str | None) -> int | Literal["forever"] | None:
    """Read the value of `--acquire`."""
    if text is None or text == "forever":
        return text  # type: ignore[return-value]
    if text.isdecimal() and 1 <= int(text) <= 100:
        return int(text)
    from lockwright.diagnostics.diagnostic import Diagnostic, Label
    from lockwright.diagnostics.span import NOWHERE
    from lockwright.errors import LockwrightError

    wrong: Diagnostic = Diagnostic(
        "U003",
        f"`--acquire {text}` is no number of acquisitions",
        Label(NOWHERE),
        helps=("`--acquire 2`, or `--acquire forever`",),
    )
    raise LockwrightError([wrong])
