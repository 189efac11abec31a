"""A comparison in a terminal: what changed, then the rows it rests on, then what to mistrust, last how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.choosing import CHOSEN, CHOSEN_SHARE
from lockwright.profiles.comparing.results import GONE, LOCK, NEW, SYMBOL
from lockwright.profiles.comparing.tally import CPU_TIME
from lockwright.profiles.comparing.wording import amount, cost, count, duration, percent, wrapped
from lockwright.profiles.symbols import WAITING
from lockwright.report.profile_tables import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.comparing import Change, Comparison, Estimate, SideSummary, WaitChange
    from lockwright.report.profile import Line

ROWS = 12
WIDTH = 100
_NARROWEST = 40
_NOTE = 36  # columns that a note has at least
_INDENT = 2
CHANCE = "~"
CHANCE_MEANS = f"{CHANCE} may be chance"
CHANCE = "~"
CHANCE_MEANS = f"{CHANCE} may be chance"
_WORDS = {
    "spin": "spins for a {}",
    "sleep": "waits for a {}: its slow path",
    "acquire": "takes a {}",
    "unlock": "releases a {}",
    "schedule": "gives up the CPU",
}


def diff_lines(found: Comparison, rows: int = ROWS, width: int = WIDTH) -> Iterator[Line]:
    """Yield the lines of a comparison, each with the name of its style.

    Args:
        found: The comparison.
        rows: The most rows of a table.
        width: The most columns of a line.
    """
    width = max(_NARROWEST, width)
    yield from ((line, "title") for line in _wrapped("", found.headline, width))
    for finding in found.findings:
        yield from ((line, "") for line in _wrapped("  ", finding, width))
    if found.next_limit:
        yield from ((line, "") for line in _wrapped("  next limit: ", found.next_limit, width))
    if found.unchanged:
        yield from ((line, "") for line in _wrapped("  unchanged: ", ", ".join(found.unchanged), width))
    yield "", ""
    for name, side in (("before", found.before), ("after", found.after)):
        yield from ((line, "dim") for line in _wrapped(f"  {name:<6}  ", about_side(side), width))
    yield from _changes(found, rows, width)
    yield from _waits(found.waits, rows, width)
    if any(map(is_chance, found.changes)) or any(one.is_significant is False for one in found.waits):
        yield "", ""
        yield f"  {CHANCE_MEANS}", "dim"
    yield from _threads(found, width)
    yield "", ""
    for warning in found.warnings:
        yield from ((line, "warning") for line in _wrapped("warning: ", warning, width))
    for one in found.method:
        yield from ((line, "dim") for line in _wrapped("method   ", one, width))


def diff_text(found: Comparison, rows: int = ROWS) -> str:
    """Return a comparison as plain text."""
    return "\n".join(text for text, _ in diff_lines(found, rows)) + "\n"


def about_side(side: SideSummary) -> str:
    """Return what was read of a side."""
    runs = len(side.sources)
    parts = [f"{side.sources[0]}{f' and {runs - 1} more' if runs > 1 else ''}: {', '.join(side.readers)}"]
    if runs > 1:
        parts.append(f"{runs} runs")
        if side.spread is not None:
            parts.append(f"at most {side.spread:.1f} points between two of them")
    if side.samples:
        parts.append(f"{side.samples:,} samples")
    if side.event:
        parts.append(f"of {side.event}")
    if side.samples or side.event:
        parts.append(f"{percent(side.idle)} of it idle" if side.idle else "none of it idle")
    if side.waits:
        parts.append(f"{side.waits:,} waits for locks")
    if side.seconds:
        parts.append(f"{amount(sum(side.seconds) / runs)} s{' each' if runs > 1 else ''}")
    if side.work:
        parts.append(f"{amount(sum(side.work) / runs)} operations{' each' if runs > 1 else ''}")
    if CHOSEN in side.facts:
        parts.append(f"{side.facts[CHOSEN]} alone ({side.facts[CHOSEN_SHARE]} of everybody's)")
    parts.append(f"diagnosed alone: {'likely a ' if side.is_likely else ''}{side.verdict}")
    return ", ".join(parts)


def _changes(found: Comparison, rows: int, width: int) -> Iterator[Line]:
    symbols, locks = ([one for one in surest_first(found) if one.kind == kind] for kind in (SYMBOL, LOCK))
    yield from _table(change_cells(symbols[:rows], "symbol", found.cost_unit), _styles(symbols[:rows]), width)
    yield from _more(len(symbols) - rows, "function")
    if locks:
        some = max(1, rows // 2)
        yield from _table(
            change_cells(locks[:some], "lock, by its caller", found.cost_unit), _styles(locks[:some]), width
        )
        yield from _more(len(locks) - some, "lock")


def surest_first(found: Comparison) -> list[Change]:
    """Return the rows, those last whose difference may be chance."""
    return sorted(found.changes, key=lambda one: one.q is not None and not one.is_significant)


def _styles(changes: Sequence[Change]) -> list[str]:
    return ["" if one.q is None or one.is_significant else "dim" for one in changes]


def change_cells(changes: Sequence[Change], what: str, unit: str) -> list[list[str]]:
    """Return a table of functions or locks, all but its last two columns numbers.

    Args:
        changes: Its rows.
        what: What they are about.
        unit: Of costs.
    """
    if not changes:
        return []
    costs = [_cost(one, unit) for one in changes]
    has_costs = any(costs)
    head = f"{'CPU time' if unit == CPU_TIME else unit}{'/op' if changes[0].per_operation else '/s'}"
    rows = [["before", "after", "difference", *([head] if has_costs else []), what, ""]]
    rows += [
        [
            "-" if one.mark == NEW else share_cell(one.before, unlisted=one.unlisted_before),
            "-" if one.mark == GONE else share_cell(one.after, unlisted=one.unlisted_after),
            difference_cell(one),
            *([cost] if has_costs else []),
            name_cell(one),
            "; ".join(notes(one)),
        ]
        for one, cost in zip(changes, costs, strict=True)
    ]
    return rows


def share_cell(one: Estimate, *, unlisted: bool) -> str:
    """Return a share for a table."""
    return f"< {percent(one.value)}" if unlisted else percent(one.value)


def difference_cell(one: Change) -> str:
    """Return a difference in points, with its interval where there is one."""
    if one.unlisted_before or one.unlisted_after:
        if one.difference.value == 0:
            return "?"
        sign = "-" if one.difference.value < 0 else "+"
        return f"{sign}{abs(one.difference.value):.1f} or more"
    value = _signed(one.difference.value)
    if one.difference.low is None or one.difference.high is None:
        return value
    chance = f"{CHANCE} " if is_chance(one) else ""
    return f"{chance}{value} [{_signed(one.difference.low)} to {_signed(one.difference.high)}]"


def is_chance(one: Change) -> bool:
    """Return whether chance may explain the difference of a row."""
    return one.q is not None and not one.is_significant and not (one.unlisted_before or one.unlisted_after)


def _signed(value: float) -> str:
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}"


def name_cell(one: Change) -> str:
    """Return what a row is about."""
    if one.kind == LOCK:
        return f"{one.lock} by {one.caller or 'a caller unknown'}"
    return one.symbol


def notes(one: Change) -> list[str]:
    """Return what else there is to say of a row, for the end of its line."""
    found = []
    if one.mark:
        found.append(one.mark)
    if one.renamed_from:
        found.append(f"was {one.renamed_from}?")
    what = meaning(one.symbol) if one.kind == SYMBOL else ""
    if what:
        found.append(what)
    if one.expected is not None and one.role in WAITING and one.difference.value > 0:
        found.append(f"{percent(one.expected)} expected")
    return found


def _cost(one: Change, unit: str) -> str:
    pair = one.per_operation or one.per_second
    return f"{cost(pair[0].value, unit)} → {cost(pair[1].value, unit)}" if pair else ""


def _waits(waits: Sequence[WaitChange], rows: int, width: int) -> Iterator[Line]:
    if waits:
        styles = ["dim" if one.is_significant is False else "" for one in waits[:rows]]
        yield from _table(wait_cells(waits, rows), styles, width, right=6)
        yield from _more(len(waits) - rows, "lock")


def wait_cells(waits: Sequence[WaitChange], rows: int) -> list[list[str]]:
    """Return a table of waits, all but its last column numbers; `rows` is the most rows."""
    cells = [["total", "after", "mean", "after", "waits", "after", "lock, by its caller"]]
    for one in waits[:rows]:
        sides = (one.before, one.after)
        cells.append(
            [
                *(duration(side.total_ns) if side.total_ns else "-" for side in sides),
                *(duration(side.mean_ns) if side.mean_ns is not None else "-" for side in sides),
                *(count(side.contended) if side.contended else "-" for side in sides),
                (f"{CHANCE} " if one.is_significant is False else "") + wait_cell(one),
            ]
        )
    return cells


def wait_cell(one: WaitChange) -> str:
    """Return which lock a row is about."""
    if one.is_all:
        return "all locks"
    return (
        f"{one.kind} {one.lock}" if one.lock and not one.caller else f"{one.kind} by {one.caller or 'a caller unknown'}"
    )


def _threads(found: Comparison, width: int) -> Iterator[Line]:
    if found.threads:
        cells = thread_cells(found)
        yield from _table(cells, [""] * len(cells), width, right=4)


def thread_cells(found: Comparison) -> list[list[str]]:
    """Return the table from 1 to N threads."""
    cells = [["threads", "before", "after", "difference"]]
    for row in found.threads:
        difference = "-" if row.difference_percent is None else f"{row.difference_percent:+.1f} %"
        cells.append([f"{row.threads:,}", amount(row.before), amount(row.after), difference])
    return cells


def _more(number: int, word: str) -> Iterator[Line]:
    if number > 0:
        yield f"  and {number:,} more {word}{'s' * (number != 1)}", "dim"


def _table(cells: list[list[str]], styles: Sequence[str], width: int, right: int = 0) -> Iterator[Line]:
    """Yield an empty line and rows, each column as wide as its widest cell, the first ones flush right.

    Without a number of these, all are but the last two: a name, and what there is to say of it.  What does not fit
    behind the last column is left to a line of its own.
    """
    if not cells:
        return
    yield "", ""
    right = right or len(cells[0]) - 2
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row, style in zip(cells, ["", *styles], strict=False):
        made = [
            f"{cell:>{wide}}" if at < right else f"{cell:<{wide}}"
            for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        line = f"  {'  '.join(made)}".rstrip()
        if len(line) <= width or right >= len(row) - 1:
            yield line, style
            continue
        begin = _INDENT + sum(widths[:right]) + 2 * right
        yield f"  {'  '.join(made[:-1])}".rstrip(), style
        indent = " " * min(begin + 4, width - _NOTE)
        yield from ((f"{indent}{part}", style) for part in wrapped(row[-1], width - len(indent)))


def _wrapped(head: str, text: str, width: int) -> list[str]:
    """Return a paragraph behind a head; further lines are indented by four, or by the width of a short head."""
    return wrapped(text, width, head, " " * min(max(len(head), 4), 10))
