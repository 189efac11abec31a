"""A simulation as one page that needs no network: the answer, why, pictures, profiles, and what it all rests on."""

from __future__ import annotations

import re
from html import escape
from math import isnan
from typing import TYPE_CHECKING

from lockwright.profiles.folding import without_idle
from lockwright.profiles.writers.series import of_samples
from lockwright.report import flame_graph
from lockwright.report.drawing import scripts
from lockwright.report.figures import all_figures
from lockwright.report.html import document
from lockwright.report.icicle import layout
from lockwright.report.profile_tables import quantity
from lockwright.report.simulation import amount, begun, change, heading, locks_of, scale, throughput, whole_runs
from lockwright.report.simulation_numbers import asked_of, meaning, moved, telling, unmoved, weak_first
from lockwright.report.simulation_profile import EVENT, point_profile
from lockwright.report.simulation_story import PARTS, handoffs, opening, parts, section, story, told_points
from lockwright.results import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.points import Point, SimulationResult

_STYLE = """<style>
.figure, .figure.vega-embed { display: block; overflow-x: auto; margin: .5rem 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.answer { font-size: 1.1rem; } section.lock { border-left: 3px solid var(--line); padding-left: 1rem; }
table.split { width: auto; } table.split tr:last-child td { font-weight: 600; }
table.profile, table.points { font-size: .85rem; }
p, li { max-width: 62rem; } code { background: var(--soft); padding: 0 .2em; }
</style>"""

_CAPTIONS = {
    "throughput": "Sections run per second, all CPUs together. Lines are means over the seeds, bars their 95 % "
    "interval.",
    "cycles": "Cycles from the begin of one section to the begin of the next, and what they go to: compare the section "
    "with the price of handing the lock on.",
    "fairness": "Jain's index of the acquisitions of each thread: 1 if all got the same, 1/n if one got everything.",
    "latency": "How long it takes to get the lock, from the begin of `lock` to its end; the scale is logarithmic.",
}


_WORDS = (
    "A <em>section</em> is what a thread does while it holds the lock. A <em>hand-off</em> goes from the moment at "
    "which a holder begins to release it until the next thread has it. Caches pass memory around in <em>lines</em>: "
    "many may have a copy to read, but who writes must have the only one."
)
_BRANCHES = " Diamonds are branches, where some seeds end on one throughput and some on another."
_BYPASS = " The longest bypass: how often one waiter was overtaken by threads that came later, at most."
_NO_BYPASS = " Nobody was ever overtaken by a thread that came later."
_PROFILE = (
    "As `perf report` would count it, with most CPUs; shares are of all busy cycles, everything else is per "
    "acquisition."
)
_CALLS = (
    "The same by calls: each box is a function, below it what it calls, as wide as the cycles of all CPUs in it and "
    "below it. What takes a lock is striped. Click a box, or press Enter on it, to see it alone; Escape shows all."
)
_POINTS = (
    "Hand-off: the mean over those to a thread that had waited when the lock was released; `-` where there was none. "
    "Median, 99 % and longest: how long it takes to get the lock. Free: nobody waits, the lock is free or being taken."
)
_MOST_WIDE = 3
_ROUND = 100  # of an acquisition: from there on without a digit behind the point
_WIDE_INTERVAL = 0.02  # of the mean: worth a word


def simulation_page(result: SimulationResult) -> str:
    """Return the page of a simulation."""
    charts = dict(all_figures(result)) if result.points else {}
    body = [*_body(result, set(charts))]
    if charts:
        body.append(scripts(charts))
    if any(one.stacks for one in result.points):
        body = [flame_graph.style(), *body, flame_graph.script()]
    return document(f"{', '.join(locks_of(result)) or 'nothing'} on {result.machine}", body)


def _body(result: SimulationResult, charts: set[str]) -> Iterator[str]:
    yield _STYLE
    yield f"<h1>{escape(_headline(result))}</h1>"
    yield f"<p>{escape(heading(result))}. A simulation: no such machine was run.</p>"
    yield from (f'<p class="doubt">Fault: {_prose(one)}.</p>' for one in result.faults)
    if result.is_interrupted:
        yield '<p class="doubt">Interrupted: what follows is what was finished by then.</p>'
    if not result.points:
        return
    yield from (f'<p class="answer">{_prose(text)}.</p>' for text in map(begun, result.collapses))
    yield from (f"<p>{_prose(text)}.</p>" for text in whole_runs(result))
    yield from _figure("throughput", charts, _throughput_caption(result))
    yield f"<h2>Why</h2>\n<p>{_WORDS}</p>"
    for lock in locks_of(result):
        yield f'<section class="lock"><h3>{escape(result.named(lock))}</h3>'
        yield from (f"<p>{_prose(text)}</p>" for text in opening(lock, result))
        yield from _split_table(told_points(lock, result))
        yield f"<p><small>{_prose(section(lock, result))}</small></p>"
        yield from (f"<p>{_prose(text)}</p>" for text in story(lock, result))
        yield "</section>"
    yield from _figure("cycles", charts)
    yield f"<h2>The profile</h2>\n<p><small>{_prose(_PROFILE)}</small></p>"
    yield from _profiles(result)
    for name, title in (("fairness", "Fairness"), ("latency", "Latency"), ("handoffs", "Distance of hand-offs")):
        if name in charts:
            yield f"<h2>{title}</h2>"
            passed = _BYPASS if any(one.longest_bypass for one in result.points) else _NO_BYPASS
            said = handoffs(result) if name == "handoffs" else _CAPTIONS[name] + (passed if name == "fairness" else "")
            yield from _figure(name, charts, said)
    yield f"<h2>All points</h2>\n<p><small>{_prose(_POINTS)}</small></p>"
    yield from _points(result)
    yield from _foundations(result)


def _headline(result: SimulationResult) -> str:
    if result.collapses:
        fallen = [
            lock
            for lock in locks_of(result)
            if any(text.startswith(f"{result.named(lock)} ") for text in result.collapses)
        ]
        verb = "collapses" if len(fallen) == 1 else "collapse"
        return f"{begun(listed(list(map(result.named, fallen))))} {verb} on {result.machine}"
    return f"{begun(', '.join(map(result.named, locks_of(result)))) or 'Nothing'} on {result.machine}"


def _prose(text: str) -> str:
    """Return a text with what stands in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _figure(name: str, charts: set[str], caption: str = "") -> Iterator[str]:
    if name in charts:
        text = _prose(caption or _CAPTIONS[name])
        yield f'<div class="figure" id="figure-{name}"></div>\n<p><small>{text}</small></p>'


def _throughput_caption(result: SimulationResult) -> str:
    """Return what the picture shows, and at which points seeds differ."""
    by, unit = scale(result)
    text = _CAPTIONS["throughput"] + (_BRANCHES if any(len(one.branches) > 1 for one in result.points) else "")
    wide = [
        one
        for one in result.points
        if one.throughput_per_s_high - one.throughput_per_s > _WIDE_INTERVAL * one.throughput_per_s
    ]
    for one in wide[:_MOST_WIDE]:
        rates = [run.throughput_per_s / by for run in one.runs]
        text += f" Seeds differ at {one.cpus} CPUs, {one.lock}: {amount(min(rates))} to {amount(max(rates))} {unit}."
    return text


def _split_table(points: list[Point]) -> Iterator[str]:
    """Yield where the cycles go at the points of the story, side by side."""
    known = [(one, one.split) for one in points if one.split is not None and one.cpus > 1]
    if known:
        heads = ("cycles", *(f"{one.cpus} CPUs" for one, _ in known))
        columns = [parts(split) for _, split in known]
        rows = [(name, *(f"{one[number]:,.0f}" for one in columns)) for number, name in enumerate(PARTS)]
        total = ("from one section to the next", *(f"{split.whole:,.0f}" for _, split in known))
        yield from _table("split", heads, {0}, [*rows, total])


def _profiles(result: SimulationResult) -> Iterator[str]:
    """Yield of each lock the profile at the largest number of CPUs, as `perf report` would show it."""
    for number, lock in enumerate(locks_of(result)):
        point = max((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
        if point.profile:
            yield f"<h3>{escape(result.named(lock))}, {point.cpus} CPU{'s' if point.cpus != 1 else ''}</h3>"
            heads = ("share", "function", "called by", "cycles", "instructions", "cache refs", "cache misses",
                     "branches", "branch misses")  # fmt: skip
            yield from _table("profile", heads, {1, 2}, (_profile_row(point, n) for n in range(len(point.profile))))
            yield from _calls(point, str(number))


def _calls(point: Point, name: str) -> Iterator[str]:
    """Yield the picture of a profile: which calls led to the cycles."""
    series = of_samples(EVENT, without_idle(point_profile(point).samples), "period")
    found = layout(f"{point.lock}, {point.cpus} CPUs", series)
    if found.boxes:
        yield f"<p><small>{_prose(_CALLS)}</small></p>"
        yield from flame_graph.flame_graph(name, f"Calls in {point.lock}", found, _cycles)


def _cycles(weight: float) -> str:
    return f"{quantity(weight)} cycles"


def _profile_row(point: Point, number: int) -> tuple[str, ...]:
    row, taken = point.profile[number], max(1, sum(run.acquisitions for run in point.runs))
    counts = (
        row.cycles, row.instructions, row.cache_references, row.cache_misses, row.branches, row.branch_misses
    )  # fmt: skip
    each = (f"{count / taken:,.{0 if count > _ROUND * taken else 1}f}" for count in counts)
    return f"{row.share:.2%}", _symbol(row.name), _symbol(row.caller) or "-", *each


def _symbol(name: str) -> str:
    """Return a symbol without the values of `Param`s, which stand among the settings."""
    return re.sub(r"(, )?\b\w+=[^,\]]*", "", name).replace("[]", "")


def _points(result: SimulationResult) -> Iterator[str]:
    by, unit = scale(result)
    heads = ("lock", "CPUs", f"throughput, {unit}", "fairness", "longest bypass", "hand-off, ns", "median, ns",
             "99 %, ns", "longest, ns", "what limits it")  # fmt: skip
    rows = (
        (
            one.lock,
            str(one.cpus),
            throughput(one, by),
            f"{one.jain:.3f}",
            f"{one.longest_bypass:,}",
            *(amount(x) for x in (one.handoff_ns, one.latency_ns_p50, one.latency_ns_p99, one.latency_ns_max)),
            one.limits,
        )
        for one in result.points
    )
    yield from _table("points", heads, {0, 9}, rows)


def _foundations(result: SimulationResult) -> Iterator[str]:
    """Yield what the answer rests on: settings, weak numbers, what they decide, warnings."""
    yield "<h2>What it rests on</h2>\n<ul>"
    yield f"<li>{escape(heading(result))}; seeds {escape(', '.join(map(str, result.seeds)))}.</li>"
    yield (
        "<li>Each memory access takes what the machine's file says for the state of its cache line and the distance; "
        "a line serves one request at a time; everything else follows. The intervals say how far chance carries, not "
        "how far the model is from the machine.</li>"
    )
    yield from (f'<li class="doubt">{escape(one)}</li>' for one in result.warnings)
    yield "</ul>"
    yield from _sensitivity(result)
    if result.weak:
        order = ", those that decide most first" if result.sensitivity else ""
        yield f"<h3>Numbers of the machine that are not measurements{order}</h3>\n<ul>"
        yield from (f"<li>{_prose(one)}</li>" for one in weak_first(result))
        yield "</ul>"


def _sensitivity(result: SimulationResult) -> Iterator[str]:
    """Yield which weak numbers decide, and how many do not."""
    if not result.sensitivity:
        return
    decisive = telling(result)
    yield f"<h3>Which of these numbers decide the {escape(asked_of(result))}</h3>"
    if decisive:
        falls = ("falls at 80 %", "falls at 125 %") if result.moved_falls else ()
        rows = (
            (row[0], meaning(row[0].partition(",")[0]), *map(change, row[1:]), *_falls(result, row[0]))
            for row in decisive
        )
        yield from _table("sensitivity", ("number", "what it is", "at 80 %", "at 125 %", *falls), {0, 1}, rows)
    text = (
        f"{len(result.sensitivity) - len(decisive)} {'others' if decisive else 'numbers'} change it by less than 1 %."
    )
    if any(isnan(one) for row in decisive for one in row[1:]):
        text += " `-`: the number cannot have that value."
    yield f"<p><small>{_prose(f'{text} {unmoved(result)}'.strip())}</small></p>"


def _falls(result: SimulationResult, row: str) -> tuple[str, ...]:
    return tuple(moved(result, row, place) or "-" for place in (0, 1)) if result.moved_falls else ()


def _table(name: str, heads: Iterable[str], texts: set[int], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table; columns not in `texts` are numbers."""

    def cells(tag: str, row: Iterable[str]) -> str:
        kinds = ("" if number in texts else ' class="n"' for number in range(100))
        return "".join(f"<{tag}{kind}>{_breakable(cell)}</{tag}>" for cell, kind in zip(row, kinds, strict=False))

    yield f'<div class="scroll"><table class="{name}">\n<thead><tr>{cells("th", heads)}</tr></thead>\n<tbody>'
    yield from (f"<tr>{cells('td', row)}</tr>" for row in rows)
    yield "</tbody></table></div>"


def _breakable(text: str) -> str:
    """Return a cell's text that may break inside a symbol such as `Contention[TicketLock[u16]].each_thread`."""
    return re.sub(r"([\[.])(?=[^\W\d])", r"\1<wbr>", escape(text))
