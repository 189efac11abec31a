"""Bugs of the gallery in a terminal: one row each, or one page with the story, the trace, the fix and its proof."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from lockwright.report.console import WIDTH
from lockwright.report.explored import COUNTER, claim, explored
from lockwright.report.gallery_docs import breaks, kind
from lockwright.report.json import check_json
from lockwright.report.terminal import fault_lines
from lockwright.results import PROVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.bugs import Bug, BugResult, CaseResult, Counter
    from lockwright.results import CheckResult

COLUMNS = ("bug", "kind", "what it is", "what it breaks", "steps", "model", "verdict")


def row(result: BugResult) -> tuple[str, ...]:
    """Return the cells of a bug in the table: the shortest of its traces stands for it."""
    bug = result.bug
    faults = [case.fault for case in result.cases if case.fault]
    shortest = min(faults, key=lambda fault: fault.steps, default=None)
    verdict = "NOT FOUND" if not result.is_found else "found, cured" if result.is_cured else "NOT CURED"
    steps, model = (f"{shortest.steps}", shortest.model) if shortest else ("-", "-")
    return (bug.id, bug.kind, bug.title, breaks(bug), steps, model, verdict)


def summary(results: Sequence[BugResult], seconds: float) -> str:
    """Return the line under the table."""
    found = sum(result.is_found for result in results)
    cured = sum(result.is_cured for result in results)
    return f"{found} of {len(results)} found, {cured} of {len(results)} fixes proved, {seconds:.1f} s"


def page(result: BugResult, width: int = WIDTH) -> Iterator[tuple[str, str]]:
    """Yield the lines of a bug's page, each with the name of its style; nothing on it depends on the machine."""
    bug = result.bug
    yield from _opening(bug, width)
    for case in result.cases:
        yield from _case(case, width)
    for counter, checked in zip(bug.counter, result.counters, strict=True):
        yield from _counter(counter, checked)
    if bug.limits:
        yield from _paragraph("limits: ", bug.limits, width)
    for source in bug.sources:
        yield from _paragraph("source: ", source, width)


def gallery_json(results: Sequence[BugResult]) -> dict[str, Any]:
    """Return the bugs and their checks as what `json` can write."""
    return {"schema": "lockwright.gallery/1", "command": "gallery", "bugs": [_json(result) for result in results]}


def _opening(bug: Bug, width: int) -> Iterator[tuple[str, str]]:
    yield f"{bug.id}  {bug.title}  {kind(bug)}", "title"
    for commit in bug.commits:
        yield from _paragraph("    ", commit, width, style="dim")
    yield "", ""
    if bug.background:
        yield from _paragraph("to know first: ", " ".join(bug.background.split()), width)
        yield "", ""
    yield from _paragraph("", " ".join(bug.story.split()), width)
    yield "", ""
    yield from _paragraph("what should hold: ", bug.property, width)


def _case(result: CaseResult, width: int) -> Iterator[tuple[str, str]]:
    name = f": {result.case.name}" if result.case.name else ""
    yield "", ""
    yield f"-- the trace{name} ".ljust(width, "-"), "dim"
    if result.fault is None:
        yield f"not found: the check says `{result.broken.verdict}`", "fault"
    else:
        yield from fault_lines(result.fault, result.broken, width, code=result.code)
    yield "", ""
    yield f"-- the fix{name and f' for{name}'} ".ljust(width, "-"), "dim"
    yield from _paragraph("", result.case.cure, width)
    yield "", ""
    yield from ((line, _style_of(line)) for line in result.difference.splitlines())
    yield "", ""
    yield from _proof(result.fixed, is_same=True)


def _proof(result: CheckResult, *, is_same: bool) -> Iterator[tuple[str, str]]:
    yield claim(result, is_same=is_same), "proved" if result.verdict == PROVED else "fault"
    yield from ((line, "") for line in explored(result))


def _counter(counter: Counter, result: CheckResult) -> Iterator[tuple[str, str]]:
    yield "", ""
    yield f"-- counter-check: {counter.name}", "dim"
    yield COUNTER, ""
    yield from _proof(result, is_same=False)


def _style_of(line: str) -> str:
    return {"-": "fault", "+": "proved", "@": "dim", "?": "title"}.get(line[:1], "")


def _paragraph(head: str, text: str, width: int, style: str = "") -> Iterator[tuple[str, str]]:
    lines = textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head))
    yield from ((line, style) for line in lines)


def _json(result: BugResult) -> dict[str, Any]:
    bug = result.bug
    return {
        "id": bug.id,
        "title": bug.title,
        "kind": bug.kind,
        "commits": bug.commits,
        "background": bug.background,
        "story": bug.story,
        "found": result.is_found,
        "cured": result.is_cured,
        "cases": [
            {
                "name": one.case.name,
                "expected": one.case.fault,
                "check": one.case.check,
                "broken": check_json(one.broken),
                "fixed": check_json(one.fixed),
                "difference": one.difference,
            }
            for one in result.cases
        ],
        "counters": [check_json(one) for one in result.counters],
        "seconds": round(result.seconds, 3),
    }
