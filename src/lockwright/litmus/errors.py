"""A mistake in a litmus file, with the place where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.errors import LockwrightError

if TYPE_CHECKING:
    from lockwright.diagnostics.span import Span

MISTAKE = "U010"
NOT_SUPPORTED = "U011"


class LitmusError(LockwrightError):
    """What is wrong, where, and what to write instead; `str` of it shows the line with a caret."""

    def __init__(self, message: str, span: Span, text: str, *, label: str = "", help: str = "") -> None:  # noqa: A002 - as in the message
        code = NOT_SUPPORTED if "not supported" in message else MISTAKE
        diagnostic = Diagnostic(code, message, Label(span, label), helps=(help,) if help else ())
        super().__init__([diagnostic], {span.file: text})
