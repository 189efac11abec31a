"""What lockwright raises: a mistake in what the user gave, with its messages, and a mistake of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.render import render_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockwright.diagnostics.diagnostic import Diagnostic


class LockwrightError(Exception):
    """The user's input cannot be used; the messages say why and what to write instead."""

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources or {})
        super().__init__(render_all(self.diagnostics, self.sources))


class InternalError(Exception):
    """Our bug: something that no input may cause."""
