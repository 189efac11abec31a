"""A profile as one page that needs no network: the verdict, what it rests on, pictures of stacks, tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis.headline import duration
from lockwright.profiles.diagnosis.result import CONTENDED, LINE, NO_LOCK
from lockwright.profiles.writers.series import (
    NANOSECONDS,
    PERCENT,
    SAMPLES,
    WAITING_TIME,
    WAITS,
    of_samples,
    of_waits,
)
from lockwright.report.flame_graph import flame_graph, legend, script, shortened, style
from lockwright.report.html import document, prose
from lockwright.report.icicle import layout
from lockwright.report.profile_tables import ALL, Table, about, tables, whole_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockwright.profiles import Profile, Sample
    from lockwright.profiles.diagnosis.result import Diagnosis
    from lockwright.profiles.writers.series import Series

ROWS = 25  # of a table
_LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SIMULATED_ON = "simulated on"
"""The fact that names the machine of a profile that no machine made."""
_STYLE = """<style>
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } table { font-size: .9rem; width: auto; margin-bottom: 1.2rem; }
p, li { max-width: 62rem; }
h1, p, li { overflow-wrap: anywhere; } code { background: var(--soft); padding: 0 .2em; }
</style>"""
_HOW = (
    "Each box is a function, below it what it calls, the heaviest to the left; it is as wide as the time in it and in "
    "all that it calls."
)
_KEYS = "Click a box, or press Enter on it, to see it alone; Escape shows all again; arrows go from box to box."
_INVERTED = (
    "The other way round: at the top the functions that wait or take a lock, below each one its callers, so that one "
    "lock is one tower from wherever it is taken."
)
_WAITED = "The same for the time in which tasks waited for locks, asleep or not; the innermost box is the lock."
_NUMBERED = "How often tasks waited for locks, by their stacks; the innermost box is the lock. No time is known."


def profile_page(profile: Profile, diagnosis: Diagnosis) -> str:
    """Return the page of a profile.

    Args:
        profile: What was read, or simulated.
        diagnosis: What it says about locks.
    """
    return document(f"{shortened(profile.provenance.source)}: {diagnosis.verdict}", _body(profile, diagnosis))


def _body(profile: Profile, diagnosis: Diagnosis) -> Iterator[str]:
    events = folding.by_event(profile.samples)
    samples = next(iter(events.values()), ())
    yield _STYLE
    yield style()
    yield f'<h1 class="{_class(diagnosis.verdict)}">{_text(_sentence(diagnosis.headline))}</h1>'
    machine = profile.facts.get(SIMULATED_ON)
    if machine:
        yield f'<p class="simulated">Simulated on {_text(machine)}: no such machine was run.</p>'
    yield f"<p>{'<br>'.join(_text(line) for line in about(profile, events))}</p>"
    if profile.provenance.cut:
        yield f'<p class="doubt">The file breaks off: {_text(profile.provenance.cut)}</p>'
    yield from _diagnosis(diagnosis)
    yield from _pictures(profile, diagnosis, samples)
    found = list(tables(profile, samples, ROWS))
    if found:
        yield "<h2>Tables</h2>"
        for one in found:
            yield from _table(one)
    yield script()


def _class(verdict: str) -> str:
    if verdict in {CONTENDED, LINE}:
        return "fault"
    return "proved" if verdict == NO_LOCK else "doubt"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(text: str) -> str:
    """Return a text of the file as HTML."""
    return prose(shortened(text))


# What the diagnosis says.


def _diagnosis(diagnosis: Diagnosis) -> Iterator[str]:
    lock = diagnosis.lock
    if lock is not None and any(one.caller for one in lock.sites):
        rows = [[f"{one.share_percent:.1f} %", one.caller or "unknown", one.within] for one in lock.sites]
        yield f"<h2>Who wants the {escape(lock.kind or 'lock')}</h2>"
        yield from _table(_cells(["share", "caller", "called by"], rows))
    if diagnosis.evidence:
        rows = [[f"{one.share_percent:.1f} %", one.symbol, one.meaning] for one in diagnosis.evidence]
        yield "<h2>What the verdict rests on</h2>"
        yield from _table(_cells(["of busy time", "function", "what it is"], rows))
    yield from _list("Beware", [one.sentence for one in diagnosis.cautions])
    yield from _list("Record next", diagnosis.record)
    yield from _list("What this profile cannot tell", diagnosis.not_covered)


def _list(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield f"<h2>{escape(title)}</h2>\n<ul>"
        yield from (f"<li>{_text(one)}</li>" for one in sentences)
        yield "</ul>"


# Pictures.


def _pictures(profile: Profile, diagnosis: Diagnosis, samples: Sequence[Sample]) -> Iterator[str]:
    lock = diagnosis.lock
    callers = frozenset(one.caller for one in lock.sites if one.caller) if lock else frozenset()
    busy = folding.without_idle(samples)
    if sum(one.weight for one in busy) > 0:
        yield f"<h2>Where the time goes</h2>\n<p>{_HOW} {_KEYS}</p>"
        yield from _without_idle(profile, samples, busy)
        yield legend()
        yield from _picture("stacks", _of_event(busy, profile), callers)
        waiting = folding.in_locks(busy)
        if waiting and profile.has_stacks:
            yield f"<h2>Locks by their callers</h2>\n<p>{_INVERTED}</p>"
            yield from _inverted(_of_event(waiting, profile), callers)
    if profile.waits:
        timed = any(one.total_ns for one in profile.waits)
        if not busy:
            yield f"<h2>Waits for locks</h2>\n<p>{_HOW} {_KEYS}</p>"
            yield legend()
        else:
            yield "<h2>Waits for locks</h2>"
        yield f"<p>{_WAITED if timed else _NUMBERED}</p>"
        yield from _picture("waits", of_waits(profile.waits, WAITING_TIME if timed else WAITS), callers)


def _of_event(samples: Sequence[Sample], profile: Profile) -> Series:
    return of_samples(samples[0].event if samples else "", samples, profile.unit)


def _without_idle(profile: Profile, samples: Sequence[Sample], busy: Sequence[Sample]) -> Iterator[str]:
    left_out = sum(one.weight for one in samples) - sum(one.weight for one in busy)
    if left_out > 0:
        share = ALL * left_out / whole_of(profile, samples)
        yield f"<p>Idle time, {share:.1f} % of everything, is left out; shares in the picture are of the rest.</p>"


def _picture(name: str, series: Series, callers: frozenset[str]) -> Iterator[str]:
    amount = _amount(series)
    found = layout(f"all: {amount(series.total)}", series)
    yield from flame_graph(name, f"Stacks by {shortened(series.name)}", found, amount, callers)


def _inverted(series: Series, callers: frozenset[str]) -> Iterator[str]:
    amount = _amount(series)
    found = layout(f"locks: {amount(series.total)}", series, is_inverted=True)
    yield from flame_graph("callers", "Locks by their callers", found, amount, callers)


def _amount(series: Series) -> Callable[[float], str]:
    """Return what writes a weight with its unit."""
    if series.unit == NANOSECONDS:
        return duration
    if series.unit == PERCENT:
        return lambda weight: f"{weight:.4g} % of {series.name}"
    word = series.name if series.unit != SAMPLES or series.name in {SAMPLES, WAITS} else f"samples of {series.name}"
    return lambda weight: f"{_number(weight)} {word}"


def _number(value: float) -> str:
    """Return a number with all of its digits if they are few, with three otherwise."""
    size, word = next(((size, word) for size, word in _LARGE if value >= size), (1.0, ""))
    if word:
        return f"{value / size:.3g} {word}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


# Tables.


def _cells(head: list[str], rows: list[list[str]]) -> Table:
    return Table([head, *rows[:ROWS]], 1, len(rows) - ROWS, "row")


def _table(table: Table) -> Iterator[str]:
    head, *rows = table.cells if table.has_head else [[], *table.cells]
    yield '<div class="scroll"><table>'
    if head:
        yield f"<thead><tr>{_row('th', head, table)}</tr></thead>"
    yield "<tbody>"
    yield from (f"<tr>{_row('td', row, table)}</tr>" for row in rows)
    yield "</tbody></table></div>"
    if table.more > 0:
        yield f"<p><small>and {table.more:,} more</small></p>"


def _row(tag: str, cells: list[str], table: Table) -> str:
    kinds = (' class="n"' if at < table.right else "" for at in range(len(cells)))
    return "".join(f"<{tag}{kind}>{escape(shortened(cell))}</{tag}>" for cell, kind in zip(cells, kinds, strict=True))
