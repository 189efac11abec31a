"""A simulation as one page that needs no network: the answer, why, pictures, profiles, and what it all rests on."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lockwright.report.drawing import scripts
from lockwright.report.figures import all_figures
from lockwright.report.html import document
from lockwright.report.simulation import amount, change, heading, locks_of, scale, throughput
from lockwright.report.simulation_story import story
from lockwright.results import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.points import Point, SimulationResult

_MOST_ROWS = 12  # of a profile

_STYLE = """<style>
.figure { overflow-x: auto; margin: .5rem 0; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.answer { font-size: 1.1rem; } section.lock { border-left: 3px solid var(--line); padding-left: 1rem; }
table.profile, table.points { font-size: .85rem; }
p, li { max-width: 62rem; } code { background: var(--soft); padding: 0 .2em; }
</style>"""

_CAPTIONS = {
    "throughput": "Sections run per second, all CPUs together. Lines are means over the seeds, bars their 95 % "
    "interval; diamonds are branches, where some seeds end on one throughput and some on another.",
    "cycles": "Cycles from the begin of one section to the begin of the next, and what they go to: compare the section "
    "with the price of handing the lock on.",
    "handoffs": "How far the next holder is from the last one. A lock that stays near moves its lines cheaply, and may "
    "be unfair.",
    "fairness": "Jain's index of the acquisitions of each thread: 1 if all got the same, 1/n if one "
    "got everything. The longest bypass: how often one waiter was overtaken by threads that came later, at most.",
    "latency": "How long it takes to get the lock, from the begin of `lock` to its end; the scale is logarithmic.",
}


_WORDS = (
    "A <em>section</em> is what a thread does while it holds the lock. A <em>hand-off</em> goes from the moment at "
    "which a holder begins to release it until the next thread has it. Caches pass memory around in <em>lines</em>: "
    "many may have a copy to read, but who writes must have the only one."
)


def simulation_page(result: SimulationResult) -> str:
    """Return the page of a simulation."""
    charts = dict(all_figures(result)) if result.points else {}
    body = [*_body(result, set(charts))]
    if charts:
        body.append(scripts(charts))
    return document(f"{', '.join(locks_of(result)) or 'nothing'} on {result.machine}", body)


def _body(result: SimulationResult, charts: set[str]) -> Iterator[str]:
    yield _STYLE
    yield f"<h1>{escape(_headline(result))}</h1>"
    yield f"<p>{escape(heading(result))}. A simulation: no such machine was run.</p>"
    if result.is_interrupted:
        yield '<p class="doubt">Interrupted: what follows is what was finished by then.</p>'
    if not result.points:
        return
    yield from (f'<p class="answer">{_prose(text)}.</p>' for text in map(_sentence, result.collapses))
    yield from _figure("throughput", charts)
    yield f"<h2>Why</h2>\n<p>{_WORDS}</p>"
    for lock in locks_of(result):
        yield f'<section class="lock"><h3>{escape(result.named(lock))}</h3>'
        yield from (f"<p>{_prose(text)}</p>" for text in story(lock, result))
        yield "</section>"
    yield from _figure("cycles", charts)
    yield "<h2>The profile</h2>"
    yield from _profiles(result)
    for name, title in (("fairness", "Fairness"), ("latency", "Latency"), ("handoffs", "Distance of hand-offs")):
        if name in charts:
            yield f"<h2>{title}</h2>"
            yield from _figure(name, charts)
    yield "<h2>All points</h2>"
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
        return f"{_sentence(listed(list(map(result.named, fallen))))} {verb} on {result.machine}"
    return f"{_sentence(', '.join(map(result.named, locks_of(result))) or 'nothing')} on {result.machine}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _prose(text: str) -> str:
    """Return a text with what stands in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _figure(name: str, charts: set[str]) -> Iterator[str]:
    if name in charts:
        yield f'<div class="figure" id="figure-{name}"></div>\n<p><small>{_prose(_CAPTIONS[name])}</small></p>'


def _profiles(result: SimulationResult) -> Iterator[str]:
    """Yield of each lock the profile at the largest number of CPUs, as `perf report` would show it."""
    for lock in locks_of(result):
        point = max((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
        if point.profile:
            yield f"<h3>{escape(result.named(lock))}, {point.cpus} CPU{'s' if point.cpus != 1 else ''}</h3>"
            heads = ("share", "function", "called by", "cycles", "instructions", "cache references", "cache misses",
                     "branches", "branch misses")  # fmt: skip
            yield from _table("profile", heads, {1, 2}, (_profile_row(point, n) for n in range(len(point.profile))))


def _profile_row(point: Point, number: int) -> tuple[str, ...]:
    row = point.profile[number]
    counts = (
        row.cycles, row.instructions, row.cache_references, row.cache_misses, row.branches, row.branch_misses
    )  # fmt: skip
    return f"{row.share:.2%}", _symbol(row.name), _symbol(row.caller) or "-", *(f"{count:,}" for count in counts)


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
    for one in result.weak:
        yield f"<li>A number that is not a measurement: {escape(one)}.</li>"
    yield from (f'<li class="doubt">{escape(one)}</li>' for one in result.warnings)
    yield "</ul>"
    if result.sensitivity:
        yield "<h3>Which of these numbers decide it</h3>"
        rows = ((name, change(low), change(high)) for name, low, high in result.sensitivity)
        yield from _table("sensitivity", ("number", "at 80 %", "at 125 %"), {0}, rows)


def _table(name: str, heads: Iterable[str], texts: set[int], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a table; columns not in `texts` are numbers."""

    def cells(tag: str, row: Iterable[str]) -> str:
        kinds = ("" if number in texts else ' class="n"' for number in range(100))
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(row, kinds, strict=False))

    yield f'<div class="scroll"><table class="{name}">\n<thead><tr>{cells("th", heads)}</tr></thead>\n<tbody>'
    yield from (f"<tr>{cells('td', row)}</tr>" for row in rows)
    yield "</tbody></table></div>"
