"""A study in a terminal: published beside ours, then what it rests on, in the order in which it must be read."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from lockwright.report.console import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.study import Assumption, Band, Figure, Score, StudyResult

_MOST_WEAK = 4
_MATTERS = 0.1  # less than that moves nothing
_DECIDES = 0.5  # of what all assumptions move, each alone: then one decides


def study_lines(result: StudyResult, width: int = WIDTH) -> Iterator[tuple[str, str]]:
    """Yield the lines of a study, each with the name of its style."""
    yield result.title, "title"
    if decisive := decides(result):
        yield from _wrapped("", decisive, width)
    yield "", ""
    whens = dict.fromkeys(one.at for one in result.figures)
    table = before_after(result) if set(whens) == {"before", "after"} else None
    if table is not None:
        yield from _aligned(table, width)
    else:
        for group in dict.fromkeys(one.group for one in result.figures):
            yield from _panel(group, [one for one in result.figures if one.group == group], width)
    if table is not None:
        yield "* fitted", "dim"
    yield "", ""
    yield from ((line, "") for one in result.scores for line in _wrap("score     ", verdict(one, result.nulls), width))
    yield from _rest(result, width)


def before_after(result: StudyResult) -> list[list[str]]:
    """Return the table of a study with a before and an after, its head first."""
    head = ["", "published", "", "ours", "", "error", "guesses:"]
    second = ["", "before", "after", "before", "after", "", "/".join(result.nulls)]
    rows = []
    for what in dict.fromkeys(one.what for one in result.figures):
        named = {one.at: one for one in result.figures if one.what == what}
        before, after = named.get("before"), named.get("after")
        unit = "" if before is not None and before.shown else f", {next(iter(named.values())).unit}"
        rows.append([
            f"{what}{unit}", published(before), published(after), ours(before), ours(after), *errors(after or before),
        ])  # fmt: skip
    return [head, second, *rows]


def published(figure: Figure | None) -> str:
    """Return a published figure as it was printed."""
    return "-" if figure is None else figure.shown or f"{figure.published:g}"


def ours(figure: Figure | None) -> str:
    """Return our figure with its band; a fitted one has a mark, for it could not be anything else."""
    if figure is None:
        return "-"
    if figure.role == "fitted":
        return f"{number(figure.ours.value)} *"
    if figure.unit == "%":
        return f"{figure.ours.value:.0f} [{figure.ours.low:.0f} to {figure.ours.high:.0f}] %"
    return band(figure.ours)


def errors(figure: Figure | None) -> tuple[str, str]:
    """Return the error of a prediction, and those of the guesses."""
    if figure is None or figure.role == "fitted":
        return "", ""
    guesses = " / ".join(percent(one / figure.published - 1).removesuffix(" %") for one in figure.nulls)
    return percent(figure.error), f"{guesses} %" if guesses else ""


def band(value: Band) -> str:
    """Return `1.94 [1.2 to 3.1]`."""
    return f"{number(value.value)} [{number(value.low)} to {number(value.high)}]"


def number(value: float) -> str:
    """Return a number with three digits, or all that stand before the point."""
    if not math.isfinite(value):
        return "none"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percent(part: float) -> str:
    """Return a part as `+12 %`."""
    return f"{100 * part:+,.0f} %".replace("-0 %", "+0 %")


def verdict(score: Score, nulls: Sequence[str]) -> str:
    """Return in words how good a part is, and whether a guess would have done as well."""
    text = f"{score.name}: off by a factor of {score.error:.2f} in the geometric mean"
    if score.target is not None:
        text += f", {'within' if score.error <= score.target else 'MISSES'} its target of {score.target:.2f}"
    if score.nulls:
        guesses = ", ".join(f"{name} {value:,.2f}" for name, value in zip(nulls, score.nulls, strict=True))
        beaten = "beats every guess" if score.beats_all else "does NOT beat every guess"
        text += f"; {beaten} ({guesses})"
    return text


def decides(result: StudyResult) -> str:
    """Return the sentence for an assumption that moves the result more than all others; empty if none does."""
    if not result.sensitivity:
        return ""
    widths = [abs(one.at_high - one.at_low) for one in result.sensitivity]
    strongest = result.sensitivity[0]
    if widths[0] < max(_DECIDES * sum(widths), _MATTERS * abs(strongest.at_low)):
        return ""
    assumption = next(one for one in result.assumed if one.key == strongest.key)
    return (
        f"one assumption decides: {assumption.what}, {extent(assumption)}, takes {result.moved} from "
        f"{number(strongest.at_low)} to {number(strongest.at_high)}"
    )


def extent(assumption: Assumption) -> str:
    """Return the range of an assumption with its unit."""
    unit = f" {assumption.unit}" if assumption.unit else ""
    return f"{assumption.low:g} to {assumption.high:g}{unit}"


def _panel(group: str, figures: Sequence[Figure], width: int) -> Iterator[tuple[str, str]]:
    """Yield a panel: a row for each lock, a column for each number of threads, published figures in brackets."""
    columns = list(dict.fromkeys(one.at for one in figures))
    unit = next((one.unit for one in figures if one.unit), "")
    yield f"{group or 'beside'}{f', {unit}' if unit else ''}: ours (published)", "title"
    cells = {(one.what, one.at): f"{number(one.ours.value)} ({one.shown or f'{one.published:g}'})" for one in figures}
    rows = [
        [what, *(cells.get((what, at), "") for at in columns)] for what in dict.fromkeys(one.what for one in figures)
    ]
    yield from _aligned([["", *columns], *rows], width)
    yield "", ""


def _aligned(rows: Sequence[Sequence[str]], width: int) -> Iterator[tuple[str, str]]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip()
        yield from (
            (one, "") for one in textwrap.wrap(line, width, subsequent_indent="    ", replace_whitespace=False) or [""]
        )


def _rest(result: StudyResult, width: int) -> Iterator[tuple[str, str]]:
    if result.sensitivity:
        ends = ", ".join(f"{one.key} {number(one.at_low)} to {number(one.at_high)}" for one in result.sensitivity)
        yield from _wrapped("moves     ", f"{result.moved}, each alone over its range: {ends}", width)
    for given in result.given:
        yield from _wrapped("given     ", f"{given.what} ({given.source})", width)
    for one in result.assumed:
        value = f"{one.value:g}{f' {one.unit}' if one.unit else ''} [{extent(one)}]"
        yield from _wrapped("assumed   ", f"{one.what}: {value}; {one.why} ({one.source})", width)
    for fitted in result.fitted:
        unit = f" {fitted.unit}" if fitted.unit else ""
        yield from _wrapped("fitted    ", f"{fitted.what}: {fitted.value:,.0f}{unit}, to {fitted.to}", width)
    for name, rows in result.profiles.items():
        listed = ", ".join(f"{100 * share:.1f} % {symbol}" for symbol, share in rows if share >= 0.001)
        yield from _wrapped("profile   ", f"{name}: {listed}", width)
    yield from (line for text in result.missed or ["nothing"] for line in _wrapped("missed    ", text, width))
    yield from (line for text in result.notes for line in _wrapped("note      ", text, width))
    shown = result.weak[:_MOST_WEAK]
    yield from (line for text in shown for line in _wrapped("rests on  ", text, width))
    if len(result.weak) > len(shown):
        yield f"          and {len(result.weak) - len(shown)} more weak numbers of the machine", ""
    yield f"          {len(result.seeds)} seeds, {result.seconds:.1f} s", "dim"


def _wrapped(head: str, text: str, width: int, style: str = "") -> Iterator[tuple[str, str]]:
    yield from ((line, style) for line in _wrap(head, text, width))


def _wrap(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head))
