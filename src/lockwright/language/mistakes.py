"""How the front end reports: raise a `Mistake` where it is found; who can go on catches it and collects it."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.errors import LockwrightError
from lockwright.language.spans import Located, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockwright.diagnostics.span import Span
    from lockwright.language.declarations import Module

MOST_PER_RUN = 10


class Mistake(Exception):  # noqa: N818 - the author's, not ours
    """One mistake of an author, on its way to the collector."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class Follows(Exception):  # noqa: N818 - it only says that another mistake is the cause
    """Something cannot be compiled because of a mistake that has been told already."""


def mistake(
    code: str,
    place: Span | tuple[Module, Located],
    title: str,
    label: str = "",
    *,
    secondary: Iterable[tuple[Span, str]] = (),
    notes: Iterable[str] = (),
    helps: Iterable[str] = (),
) -> Mistake:
    """Return the exception that reports one mistake."""
    span = span_of(*place) if isinstance(place, tuple) else place
    others = tuple(Label(where, text) for where, text in secondary)
    return Mistake(Diagnostic(code, title, Label(span, label), others, tuple(notes), tuple(helps)))


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that is spelled most like `name`, if one is near."""
    found = difflib.get_close_matches(name, sorted(set(candidates)), n=1, cutoff=0.6)
    return found[0] if found else None


def counted(number: int) -> str:
    """Return `1 argument`, `2 arguments`, ..."""
    return f"{number} argument{'' if number == 1 else 's'}"


class Collector:
    """The mistakes of one compilation, each told once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a message, unless the same mistake at the same place is known (from another use of a generic)."""
        self._found.setdefault((diagnostic.code, diagnostic.primary.span), diagnostic)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Collect a mistake that is raised inside, and go on behind the `with`."""
        try:
            yield
        except Mistake as found:
            self.add(found.diagnostic)
        except Follows:
            pass

    def raise_if_any(self, sources: Mapping[str, str]) -> None:
        """Raise all that was found, in the order of the source, at most ten."""
        if self._found:
            ordered = sorted(self._found.values(), key=lambda one: one.order)
            raise LockwrightError(ordered[:MOST_PER_RUN], sources)
