"""A profile as one page that needs no network: the verdict, what it rests on, pictures of stacks, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis.result import CONTENDED, LINE, NO_LOCK
from lockwright.profiles.diagnosis.words import duration
from lockwright.profiles.off_cpu import OFF_CPU
from lockwright.profiles.standing import SESSIONS, THREADS
from lockwright.profiles.writers.series import (
    NANOSECONDS,
    PERCENT,
    SAMPLES,
    WAITING_TIME,
    WAITS,
    of_samples,
    of_waits,
)
from lockwright.report.diagnosis import BEHIND, BEWARE, CURE, GAIN, LOCK, NOT_COVERED, RECORD, TEST, sections
from lockwright.report.flame_graph import flame_graph, legend, script, shortened, style
from lockwright.report.html import document
from lockwright.report.icicle import layout
from lockwright.report.profile_parts import HOW, HOW_MANY, KEYS, STYLE, capital, html_table, sentence, text
from lockwright.report.profile_tables import ALL, Table, about, quantity, tables, whole_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockwright.profiles import Profile, Sample
    from lockwright.profiles.diagnosis.result import Diagnosis
    from lockwright.profiles.writers.series import Series

ROWS = 25  # of a table
_HARDLY = 0.1  # of what the heaviest caller has
_MISSING = 0.005  # of everything: worth a word
SIMULATED_ON = "simulated on"
"""The fact that names the machine of a profile that no machine made."""
_TITLES = {
    LOCK: "The lock",
    BEHIND: "Behind it",
    GAIN: "What there is to gain",
    CURE: "What usually cures it",
    RECORD: "Record next",
    NOT_COVERED: "What this profile cannot tell",
}
_LISTS = frozenset({BEHIND, BEWARE, RECORD})
_INVERTED = (
    "The other way round: at the top the functions that wait or take a lock, below each one its callers, so that one "
    "lock is one tower from wherever it is taken."
)
_WAITED = "The same for the time in which tasks waited for locks, asleep or not; the innermost box is the lock."
_BLAMED = "The time of waits by the calls of those who held the lock: as wide as what they made others wait."
_NUMBERED = "How often tasks waited for locks, by their stacks; the innermost box is the lock. No time is known."


def profile_page(profile: Profile, diagnosis: Diagnosis) -> str:
    """Return the page of a profile.

    Args:
        profile: What was read, or simulated.
        diagnosis: What it says about locks.
    """
    return document(f"{shortened(profile.provenance.source)}: {diagnosis.told}", _body(profile, diagnosis))


def _body(profile: Profile, diagnosis: Diagnosis) -> Iterator[str]:
    events = folding.by_event(profile.samples)
    samples = next(iter(events.values()), ())
    yield STYLE
    yield style()
    yield f'<h1 class="{_class(diagnosis)}">{text(capital(diagnosis.headline))}</h1>'
    machine = profile.facts.get(SIMULATED_ON)
    if machine:
        yield f'<p class="simulated">Simulated on {text(machine)}: no such machine was run.</p>'
    yield f"<p>{'<br>'.join(text(line) for line in about(profile, events))}</p>"
    if profile.provenance.cut:
        yield f'<p class="doubt">The file breaks off: {text(profile.provenance.cut)}</p>'
    if profile.provenance.mixed:
        yield f'<p class="doubt">{text(sentence(profile.provenance.mixed))}</p>'
    yield from _diagnosis(diagnosis, samples)
    yield from _pictures(profile, diagnosis, samples)
    found = list(tables(profile, samples, ROWS))
    if found:
        yield "<h2>Tables</h2>"
        for one in found:
            yield from html_table(one)
    yield script()


def is_counted(samples: Sequence[Sample]) -> bool:
    """Return whether samples are tasks that were seen somewhere, and no time."""
    return bool(samples) and samples[0].event in {THREADS, SESSIONS}


def _class(diagnosis: Diagnosis) -> str:
    if diagnosis.verdict in {CONTENDED, LINE} and not diagnosis.is_likely:
        return "fault"
    return "proved" if diagnosis.verdict == NO_LOCK else "doubt"


# What the diagnosis says.


def _diagnosis(diagnosis: Diagnosis, samples: Sequence[Sample]) -> Iterator[str]:
    """Yield the sections that a terminal shows, and the functions that the verdict rests on."""
    told = set()
    for name, sentences in sections(diagnosis):
        if name == TEST:
            yield f"<p>The test: {text(' '.join(sentences))}.</p>"
            continue
        if name not in told:
            yield f"<h2>{_TITLES.get(name, capital(name))}</h2>"
        told.add(name)
        if name == CURE:
            yield f"<h3>{text(capital(sentences[0]))}</h3>"
        rest = [text(sentence(one)) for one in sentences[name == CURE :]]
        is_list = name in _LISTS and len(rest) > 1
        yield f"<ul><li>{'</li><li>'.join(rest)}</li></ul>" if is_list else f"<p>{'</p><p>'.join(rest)}</p>"
    if diagnosis.evidence:
        rows = [[f"{one.share_percent:.1f} %", one.symbol, one.meaning] for one in diagnosis.evidence]
        yield "<h2>What the verdict rests on</h2>"
        of = f"of the {samples[0].event}" if is_counted(samples) else "of busy time"
        head = [of, "function", "what it is"]
        yield from html_table(Table([head, *rows[:ROWS]], 1, len(rows) - ROWS, "row"))


# Pictures.


def _pictures(profile: Profile, diagnosis: Diagnosis, samples: Sequence[Sample]) -> Iterator[str]:
    callers = _callers(diagnosis)
    busy = folding.without_idle(samples)
    if sum(one.weight for one in busy) > 0:
        title = "Where threads are off the CPU" if samples[0].event == OFF_CPU else "Where the time goes"
        title = f"Where {samples[0].event} stand" if is_counted(samples) else title
        how = HOW_MANY.format(samples[0].event) if is_counted(samples) else HOW
        yield f"<h2>{title}</h2>\n<p>{how} {KEYS}</p>"
        yield from _left_out(profile, samples, busy)
        yield legend()
        yield from _picture("stacks", _of_event(busy, profile), callers)
        waiting = folding.in_locks(busy)
        if waiting and profile.has_stacks:
            yield f"<h2>Locks by their callers</h2>\n<p>{_INVERTED}</p>"
            yield from _inverted(_of_event(waiting, profile), callers)
    if profile.waits:
        timed = any(one.total_ns for one in profile.waits)
        if not busy:
            yield f"<h2>Waits for locks</h2>\n<p>{HOW} {KEYS}</p>"
            yield legend()
        else:
            yield "<h2>Waits for locks</h2>"
        yield f"<p>{_WAITED if timed else _NUMBERED}</p>"
        yield from _picture("waits", of_waits(profile.waits, WAITING_TIME if timed else WAITS), callers)
    if any(one.total_ns for one in profile.blamed):
        yield f"<h2>Who held the locks meanwhile</h2>\n<p>{_BLAMED}</p>"
        yield from _picture("holders", of_waits(profile.blamed, WAITING_TIME), callers)


def _callers(diagnosis: Diagnosis) -> frozenset[str]:
    """Return who wants the lock that the page is about, without those who hardly do."""
    sites = [one for one in diagnosis.lock.sites if one.caller] if diagnosis.lock else []
    least = _HARDLY * max((one.share_percent for one in sites), default=0.0)
    return frozenset(one.caller for one in sites if one.share_percent >= least)


def _of_event(samples: Sequence[Sample], profile: Profile) -> Series:
    return of_samples(samples[0].event if samples else "", samples, profile.unit)


def _left_out(profile: Profile, samples: Sequence[Sample], busy: Sequence[Sample]) -> Iterator[str]:
    """Yield what the picture does not show: idle time, and what a table of shares has no row for."""
    whole, told = whole_of(profile, samples), sum(one.weight for one in samples)
    idle, missing = told - sum(one.weight for one in busy), whole - told
    parts = [f"idle time, {ALL * idle / whole:.1f} % of everything"] if idle > 0 else []
    if missing >= _MISSING * whole:
        parts.append(f"{ALL * missing / whole:.1f} % of everything, for which the file has no row")
    if parts:
        yield f"<p>Left out: {'; '.join(parts)}. Shares in the picture are of the rest.</p>"


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
    return lambda weight: f"{quantity(weight)} {word}"
