"""Mistakes on the command line that the parser cannot see."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from lockwright.cli.status import Status

if TYPE_CHECKING:
    from lockwright.errors import LockwrightError


def mistaken(what: str, instead: str) -> int:
    """Tell a mistake and what to write instead; return the exit status."""
    print(f"error[U001]: {what}\nhelp: {instead}", file=sys.stderr)
    return Status.INPUT


def times(text: str | None) -> int | Literal["forever"] | None:
    """Read the value of `--acquire`."""
    if text is None:
        return None
    if text == "forever":
        return "forever"
    if text.isdecimal() and 1 <= int(text) <= 100:
        return int(text)
    raise _wrong(f"`--acquire {text}` is no number of acquisitions", "`--acquire 2`, or `--acquire forever`")


def node_ids(text: str | None) -> tuple[int, ...]:
    """Read the value of `--nodes`."""
    return _ids(text, f"`--nodes {text}` is no list of node ids", "`--nodes 0,1`, or `--nodes 0,8`")


def cpu_ids(text: str | None) -> tuple[int, ...]:
    """Read the value of `--offline`."""
    return _ids(text, f"`--offline {text}` is no list of CPUs", "`--offline 3`, or `--offline 2,3`")


def _ids(text: str | None, what: str, instead: str) -> tuple[int, ...]:
    pieces = [] if text is None else [one.strip() for one in text.split(",")]
    if all(one.isdecimal() for one in pieces):
        return tuple(map(int, pieces))
    raise _wrong(what, instead)


def _wrong(what: str, instead: str) -> LockwrightError:
    from lockwright.diagnostics.diagnostic import Diagnostic, Label
    from lockwright.diagnostics.span import NOWHERE
    from lockwright.errors import LockwrightError

    return LockwrightError([Diagnostic("U003", what, Label(NOWHERE), helps=(instead,))])
