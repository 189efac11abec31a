"""A comparison as one page that needs no network: what changed, the rows it rests on, and both sides as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.comparing.results import LOCK, SYMBOL
from lockwright.profiles.model import Sample
from lockwright.profiles.writers.series import PERCENT, of_samples
from lockwright.report.diff import (
    CHANCE_MEANS,
    about_side,
    change_cells,
    is_chance,
    surest_first,
    thread_cells,
    wait_cells,
)
from lockwright.report.flame_graph import DIFF_LEGEND, Other, flame_graph, legend, script, style
from lockwright.report.html import document
from lockwright.report.icicle import layout, shares_along
from lockwright.report.profile_parts import HOW, KEYS, STYLE, capital, html_table, sentence, text
from lockwright.report.profile_tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles import Profile
    from lockwright.profiles.comparing import Comparison
    from lockwright.profiles.writers.series import Series

ROWS = 25  # of a table
_COLOURS = (
    "Colours and signs tell what a function, called in this way, weighs on the other side, in points of percent of "
    "busy time. They do not ask whether chance did it: the table above does."
)


def diff_page(found: Comparison, before: Sequence[Profile], after: Sequence[Profile]) -> str:
    """Return the page of a comparison.

    Args:
        found: What changed.
        before: The runs of one side.
        after: The runs of the other.
    """
    return document(f"{found.before.sources[0]} and {found.after.sources[0]}", _body(found, before, after))


def _body(found: Comparison, before: Sequence[Profile], after: Sequence[Profile]) -> Iterator[str]:
    yield STYLE
    yield style()
    yield f"<h1>{text(capital(found.headline))}</h1>"
    yield from (f"<p>{text(sentence(one))}</p>" for one in found.findings)
    if found.next_limit:
        yield f"<p>Next limit: {text(found.next_limit)}.</p>"
    if found.unchanged:
        yield f"<p>Unchanged: {text(', '.join(found.unchanged))}.</p>"
    yield f"<p>Before: {text(about_side(found.before))}<br>After: {text(about_side(found.after))}</p>"
    yield from (f'<p class="doubt">{text(sentence(one))}</p>' for one in found.warnings)
    yield from _tables(found)
    yield from _pictures(found, before, after)
    yield "<h2>How it was made</h2>"
    yield f"<ul>{''.join(f'<li>{text(sentence(one))}</li>' for one in found.method)}</ul>"
    yield script()


def _tables(found: Comparison) -> Iterator[str]:
    for kind, what, title in ((SYMBOL, "symbol", "Functions"), (LOCK, "lock, by its caller", "Locks")):
        rows = [one for one in surest_first(found) if one.kind == kind]
        if rows:
            cells = change_cells(rows[:ROWS], what, found.cost_unit)
            yield f"<h2>{title}</h2>"
            yield from html_table(Table(cells, len(cells[0]) - 2, len(rows) - ROWS, "row"))
            if any(map(is_chance, rows)):
                yield f"<p>{text(CHANCE_MEANS)}.</p>"
    if found.waits:
        yield "<h2>Waits for locks</h2>"
        yield from html_table(Table(wait_cells(found.waits, ROWS), 6, len(found.waits) - ROWS, "row"))
    if found.threads:
        yield "<h2>By threads</h2>"
        yield from html_table(Table(thread_cells(found), 4))


def _pictures(found: Comparison, before: Sequence[Profile], after: Sequence[Profile]) -> Iterator[str]:
    """Yield both sides, each coloured by the other one: what is new has no box before, and what is gone none after."""
    sides = [_busy(before, found.before.event), _busy(after, found.after.event)]
    if not all(one.total > 0 for one in sides):
        return
    yield f"<h2>Where the time goes</h2>\n<p>{HOW} {KEYS}</p>\n<p>{_COLOURS}</p>"
    yield legend(DIFF_LEGEND)
    for at, name in ((1, "after"), (0, "before")):
        drawn = layout(f"{name}: all busy time", sides[at])
        other = Other(shares_along(drawn, sides[1 - at]), is_after=at == 0)
        yield f"<h3>{capital(name)}</h3>"
        yield from flame_graph(name, f"Stacks {name}", drawn, lambda _: "", other=other)


def _busy(runs: Sequence[Profile], event: str) -> Series:
    """Return the busy time of a side, commands put together; each run counts the same, however long it was."""
    samples: list[Sample] = []
    for run in runs:
        events = folding.by_event(run.samples)
        busy = folding.without_idle(events.get(event) or next(iter(events.values()), ()))
        total = sum(one.weight for one in busy)
        if total > 0:
            samples += [Sample(one.stack, 100 * one.weight / total) for one in busy]
    return of_samples("busy time", samples, PERCENT)
