"""TOML to tables, and the errors for what is wrong with a whole file, or stands in none."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.errors import LockwrightError


def toml(file: str, text: str) -> dict[str, Any]:
    """Parse a text as TOML.

    Raises:
        LockwrightError: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LockwrightError([_not_toml(file, text, str(error))], {file: text}) from None


def _not_toml(file: str, text: str, message: str) -> Diagnostic:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    what = found[1] if found else message
    line, column = (int(found[2]), int(found[3])) if found and found[2] else (max(1, len(text.splitlines())), 1)
    span = Span(file, line, column, line, column + 1)
    return Diagnostic("M002", "this is not TOML", Label(span, what[:1].lower() + what[1:]))


def refuse(code: str, title: str, *helps: str, notes: tuple[str, ...] = ()) -> LockwrightError:
    """Return the error for something wrong that stands in no file."""
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), notes=notes, helps=helps)])
