"""Bugs of the gallery as one page that needs nothing else: a table that leads to each, then all of them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lockwright.report.explored import COUNTER, claim, explored_table
from lockwright.report.gallery import COLUMNS, row
from lockwright.report.gallery_docs import kind
from lockwright.report.html import document, fault_story, prose, states_table
from lockwright.results import PROVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.bugs import BugResult, CaseResult
    from lockwright.results import CheckResult


def gallery_page(results: Sequence[BugResult]) -> str:
    """Return the page of one bug, or of several."""
    title = results[0].bug.id if len(results) == 1 else "Bugs that locks had"
    return document(f"{title}: Lockwright's gallery", _body(results))


def _body(results: Sequence[BugResult]) -> Iterator[str]:
    if len(results) > 1:
        yield f"<h1>{len(results)} bugs that locks and structures of the Linux kernel had, or could have had</h1>"
        yield from _contents(results)
    for result in results:
        yield from _bug(result)


def _contents(results: Sequence[BugResult]) -> Iterator[str]:
    yield '<div class="scroll"><table class="bugs">'
    yield f"<thead><tr>{''.join(f'<th>{escape(name)}</th>' for name in COLUMNS)}</tr></thead>\n<tbody>"
    for result in results:
        name, *cells = row(result)
        link = f'<a href="#{escape(name)}">{escape(name)}</a>'
        yield f"<tr><td>{link}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _bug(result: BugResult) -> Iterator[str]:
    bug = result.bug
    yield f'<section class="bug" id="{escape(bug.id)}">'
    yield f"<h1>{escape(bug.id)} {escape(bug.title)} <small>{kind(bug)}</small></h1>"
    if bug.background:
        yield f"<p>To know first: {prose(' '.join(bug.background.split()))}</p>"
    yield f"<p>{prose(' '.join(bug.story.split()))}</p>"
    yield f"<p>What should hold: {prose(bug.property)}.</p>"
    yield f"<p><small>{'<br>'.join(escape(one) for one in bug.commits)}</small></p>"
    for case in result.cases:
        yield from _case(case)
    for counter, checked in zip(bug.counter, result.counters, strict=True):
        yield f"<h2>Counter-check: {escape(counter.name)}</h2>"
        yield f"<p>{COUNTER}</p>"
        yield from _verdict(checked, is_same=False)
    if bug.limits:
        yield f"<p>Limits: {prose(bug.limits)}</p>"
    yield f"<p><small>{'<br>'.join(f'Source: {escape(one)}' for one in bug.sources)}</small></p>"
    yield "</section>"


def _case(result: CaseResult) -> Iterator[str]:
    name = f": {escape(result.case.name)}" if result.case.name else ""
    if result.fault is None:
        yield f'<h2 class="fault">Not found{name}</h2>'
    else:
        yield f"<h2>The trace{name}</h2>"
        yield f'<p class="fault">{escape(result.fault.code)} {escape(result.fault.sentence)}</p>'
        yield from fault_story(result.fault, result.broken, result.code)
    yield f"<h2>The fix{name and f' for{name}'}</h2>"
    yield f"<p>{prose(result.case.cure)}</p>"
    yield f'<pre class="difference">{"".join(_changed(line) for line in result.difference.splitlines())}</pre>'
    yield from _verdict(result.fixed, is_same=True)


def _verdict(result: CheckResult, *, is_same: bool) -> Iterator[str]:
    kind = "proved" if result.verdict == PROVED else "doubt"
    yield f'<p class="{kind}">{claim(result, is_same=is_same)}</p>'
    yield from states_table(explored_table(result))


def _changed(line: str) -> str:
    kind = {"-": "fault", "+": "proved", "@": "note", "?": "note"}.get(line[:1], "")
    return f'<span class="{kind}">{escape(line)}</span>\n'
