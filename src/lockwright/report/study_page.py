"""A study as one page that needs no network: the comparison first, then what it rests on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import altair as alt

from lockwright.report.drawing import scripts
from lockwright.report.html import document
from lockwright.report.study import decides, errors, extent, number, ours, published, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.report.figures import Chart
    from lockwright.study import Figure, StudyResult

_SHAPES = {"published": "circle", "ours": "diamond"}


def study_page(result: StudyResult) -> str:
    """Return the page of a study."""
    charts = pictures(result)
    return document(result.title, [*_body(result, list(charts)), scripts(charts)])


def pictures(result: StudyResult) -> dict[str, Chart]:
    """Return a picture for each group of figures: published and ours, with its band, side by side."""
    groups = dict.fromkeys(one.group for one in result.figures if one.role == "predicted")
    return {f"group{at}": _picture(result, group) for at, group in enumerate(groups)}


def _picture(result: StudyResult, group: str) -> Chart:
    figures = [one for one in result.figures if one.group == group and one.role == "predicted"]
    rows = [
        {"row": f"{one.what}, {one.at}", "which": which, "value": value, "low": low, "high": high}
        for one in figures
        for which, value, low, high in (
            ("published", one.published, one.published, one.published),
            ("ours", one.ours.value, one.ours.low, one.ours.high),
        )
        if 0 < value < float("inf")
    ]
    unit = next((one.unit for one in figures if one.unit), "")
    names = [f"{one.what}, {one.at}" for one in figures]
    x = alt.X("value:Q", title=", ".join(filter(None, (group, unit))), scale=alt.Scale(type="log"))
    y = alt.Y("row:N", sort=names, title=None, axis=alt.Axis(labelLimit=240))
    shape = alt.Shape("which:N", title=None, scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())))
    colour = alt.Color("which:N", title=None, scale=alt.Scale(domain=list(_SHAPES), range=["#1971c2", "#e8590c"]))
    base = alt.Chart(alt.InlineData(values=rows))
    points = base.mark_point(filled=True, size=70).encode(
        x=x, y=y, shape=shape, color=colour, tooltip=["row:N", "which:N", alt.Tooltip("value:Q", format=",.3~g")]
    )
    bands = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour)
    return alt.layer(bands, points).properties(width=620, height=max(60, 22 * len(names)))


def _body(result: StudyResult, charts: Sequence[str]) -> Iterator[str]:
    yield f"<h1>{escape(result.title)}</h1>"
    if text := decides(result):
        yield f'<p class="doubt">{escape(text)}.</p>'
    yield f"<p>{escape(result.machine)}. What is called ours is a simulation: no such machine was run.</p>"
    yield from (f"<p>{escape(verdict(one, result.nulls))}.</p>" for one in result.scores)
    yield from (f'<div class="scroll" id="figure-{name}"></div>' for name in charts)
    guesses = f"guesses: {' / '.join(result.nulls)}"
    yield from _table(
        ("part", "figure", "", "published", "ours", "error", guesses),
        [
            (one.group, one.what, one.at, one.shown or f"{published(one)} {one.unit}", _ours(one), *errors(one))
            for one in result.figures
        ],
    )
    yield "<h2>Missed</h2>"
    yield from _list(result.missed or ["nothing"])
    if result.sensitivity:
        yield f"<h2>What moves {escape(result.moved)}</h2>"
        yield from _table(
            ("assumption", "at the low end of its range", "at the high end"),
            [(one.key, number(one.at_low), number(one.at_high)) for one in result.sensitivity],
        )
    yield "<h2>Given</h2>"
    yield from _list([f"{one.what} ({one.source})" for one in result.given])
    yield "<h2>Assumed</h2>"
    yield from _table(
        ("", "value", "range", "why", "source"),
        [(one.what, f"{one.value:g} {one.unit}", extent(one), one.why, one.source) for one in result.assumed],
    )
    yield "<h2>Fitted</h2>"
    yield from _list([f"{one.what}: {f'{one.value:,.0f} {one.unit}'.rstrip()}, to {one.to}" for one in result.fitted])
    for name, rows in result.profiles.items():
        yield f"<h2>The profile {escape(name)}</h2>"
        yield from _table(("share", "symbol"), [(f"{100 * share:.1f} %", symbol) for symbol, share in rows])
    yield "<h2>What it rests on</h2>"
    yield from _list([*result.notes, *result.weak])


def _ours(figure: Figure) -> str:
    return ours(figure).replace("*", "(fitted)")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f'<div class="scroll"><table><thead><tr>{"".join(f"<th>{escape(one)}</th>" for one in head)}</tr></thead>'
    yield "<tbody>"
    yield from (f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    yield "</tbody></table></div>"


def _list(texts: Sequence[str]) -> Iterator[str]:
    yield f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in texts)}</ul>"
