"""Where in the source a counterexample runs: the lines to show, what is said of them, and how a step names its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from lockwright.report.structure import around
from lockwright.results import HARNESSES

if TYPE_CHECKING:
    from lockwright.bugs import Code
    from lockwright.results import Fault, Remark, Row

CONTEXT_LINES = 2  # above the place of the fault
MOST_LINES = 40  # that steps add to what is shown of one file; longer ones are left to the reader's editor


@dataclass(slots=True)
class Place:
    """What to show of one file."""

    file: str
    remarks: list[Remark] = field(default_factory=list)  # the one about the fault itself first
    lines: set[int] = field(default_factory=set)
    ran: frozenset[int] | None = None  # of whole functions: the lines that steps ran


def places(fault: Fault, sources: dict[str, str], code: Code | None = None) -> list[Place]:
    """Return what to show of each file, the place of the fault first: remarks, and every line that a step ran.

    Args:
        fault: The counterexample.
        sources: The text of each file.
        code: What to show instead of single lines: whole functions.
    """
    found: dict[str, Place] = {}
    for remark in [fault.primary, *fault.secondary]:
        if remark is not None and remark.span.line:
            found.setdefault(remark.span.file, Place(remark.span.file)).remarks.append(remark)
    if code is not None and code.listings:
        found = _listed_whole(found, code)
    else:
        _list_lines(found, fault, sources)
    for place in found.values():
        place.lines |= {line - 1 for line in place.lines if line - 2 in place.lines}  # no longer than its ellipsis
    return [place for place in found.values() if place.file in sources]


def _listed_whole(found: dict[str, Place], code: Code) -> dict[str, Place]:
    """Return the files of a listing in its order: who calls stands above what is called."""
    places = {one.file: found.get(one.file, Place(one.file)) for one in code.listings}
    for one in code.listings:
        places[one.file].lines.update(one.lines)
        places[one.file].ran = one.ran
    for file, place in found.items():
        places.setdefault(file, place).lines.update(remark.span.line for remark in place.remarks)
    return places


def _list_lines(found: dict[str, Place], fault: Fault, sources: dict[str, str]) -> None:
    if fault.primary is not None and fault.primary.span.file in found:
        line = fault.primary.span.line
        found[fault.primary.span.file].lines.update(range(max(1, line - CONTEXT_LINES), line))
    for file in dict.fromkeys(row.span.file for row in fault.rows if row.span.line):
        ran = {row.span.line for row in fault.rows if row.span.file == file}
        if file not in HARNESSES and len(ran) <= MOST_LINES:
            found.setdefault(file, Place(file)).lines.update(ran)
    for place in found.values():
        place.lines.update(remark.span.line for remark in place.remarks)
        place.lines = around(sources.get(place.file, ""), place.lines)


def line_label(row: Row, main: str) -> str:
    """Return how a step names its line: `41`, `hash_table:41` in another file, nothing in the harness."""
    if not row.span.line or row.span.file in HARNESSES or row.kind == "flush":
        return ""
    return str(row.span.line) if row.span.file == main else f"{PurePath(row.span.file).stem}:{row.span.line}"
