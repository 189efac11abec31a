"""A profile in a terminal and as data: which lock, through which caller, and what to do."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockwright.profiles import folding
from lockwright.profiles.diagnosis import diagnose
from lockwright.profiles.diagnosis.groups import by_caller
from lockwright.report.diagnosis import diagnosis_lines
from lockwright.report.profile_tables import ALL, about, counted, tables, whole_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles import Profile, Sample
    from lockwright.profiles.diagnosis import Diagnosis
    from lockwright.report.profile_tables import Table

Line = tuple[str, str]  # a text, and the name of its style
SCHEMA = "lockwright.profile/1"
ROWS = 12  # of a table, unless asked for more
COLUMNS = 100  # of a terminal that says nothing else


def profile_lines(
    profile: Profile, rows: int = ROWS, columns: int = COLUMNS, diagnosis: Diagnosis | None = None
) -> Iterator[Line]:
    """Yield the lines of a profile, each with the name of its style: the verdict first.

    Args:
        profile: What was read.
        rows: The most rows of a table.
        columns: How wide the terminal is.
        diagnosis: What it says about locks, if that is known already.
    """
    events = folding.by_event(profile.samples)
    samples = next(iter(events.values()), ())
    found = diagnosis or diagnose(profile)
    yield from ((line, "title") for line in textwrap.wrap(found.headline, columns, subsequent_indent="  "))
    for text in about(profile, events):
        yield from ((f"  {line}", "") for line in textwrap.wrap(text, columns - 2, break_long_words=False))
    if profile.provenance.cut:
        yield f"warning: the file breaks off: {profile.provenance.cut}", "warning"
    if profile.provenance.mixed:
        yield f"warning: {profile.provenance.mixed}", "warning"
    for one in tables(profile, samples, rows):
        yield from _table(one)
    yield "", ""
    yield from diagnosis_lines(found, columns)


def profile_text(profile: Profile, rows: int = ROWS, columns: int = COLUMNS) -> str:
    """Return a profile as plain text."""
    return "\n".join(text for text, _ in profile_lines(profile, rows, columns)) + "\n"


def profile_json(profile: Profile, diagnosis: Diagnosis | None = None) -> dict[str, Any]:
    """Return a profile as what `json` can write: flat records, shares in percent of all samples of an event.

    Args:
        profile: What was read.
        diagnosis: What it says about locks, if that is known already.
    """
    warnings = [one for one in (profile.provenance.cut, profile.provenance.mixed) if one]
    return {
        "schema": SCHEMA,
        "command": "profile",
        "params": {"file": profile.provenance.source},
        "seeds": [],
        "warnings": warnings,
        "provenance": asdict(profile.provenance),
        "facts": dict(profile.facts),
        "symbols": [
            one for event, some in folding.by_event(profile.samples).items() for one in _records(profile, event, some)
        ],
        "lock_callers": [
            {
                "event": event,
                "symbol": symbol,
                "caller": caller or None,
                "share_percent": ALL * weight / whole_of(profile, some),
            }
            for event, some in folding.by_event(profile.samples).items()
            for (symbol, caller), weight in by_caller(some).items()
        ],
        "waits": [asdict(one) for one in folding.waits_by_caller(profile.waits)],
        "shared_lines": [asdict(one) for one in profile.shared_lines],
        "loops": [asdict(one) for one in profile.loops],
        "diagnosis": asdict(diagnosis or diagnose(profile)),
    }


def _records(profile: Profile, event: str, samples: Sequence[Sample]) -> Iterator[dict[str, Any]]:
    whole = whole_of(profile, samples)
    for symbol, weight in folding.by_symbol(samples).items():
        family = folding.family(symbol)
        yield {
            "event": event,
            "symbol": symbol,
            "share_percent": ALL * weight / whole,
            "role": family.role if family else None,
            "lock": (family.lock or None) if family else None,
        }


def _table(table: Table) -> Iterator[Line]:
    """Yield an empty line and rows, each column as wide as its widest cell, the first ones flush right."""
    yield "", ""
    widths = [max(map(len, column)) for column in zip(*table.cells, strict=True)]
    for row in table.cells:
        made = [
            f"{cell:>{width}}" if at < table.right else f"{cell:<{width}}"
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(made)}".rstrip(), ""
    if table.more > 0:
        yield f"  and {counted(table.more, f'more {table.word}')}", "dim"
