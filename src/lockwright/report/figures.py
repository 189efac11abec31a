"""Simulations as pictures: altair charts, which are JSON until somebody draws them."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import altair as alt

from lockwright.report.simulation import locks_of, scale
from lockwright.report.simulation_records import distances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.points import Point, SimulationResult

PARTS = ("in the section", "waiters read the line again", "rest of the hand-off", "nobody waits: free, or being taken")
PART_COLOURS = ("#2f9e44", "#e03131", "#f08c00", "#adb5bd")
LOCK_COLOURS = ("#1971c2", "#e8590c", "#2f9e44", "#9c36b5", "#c92a2a", "#0c8599", "#846358", "#e64980")
_WIDTH, _HEIGHT = 660, 300
_BAR = 0.8  # of the room between two neighbouring counts

Chart = alt.LayerChart | alt.FacetChart | alt.Chart | alt.VConcatChart | alt.HConcatChart


def throughput(result: SimulationResult) -> Chart:
    """Return throughput over CPUs: the mean over seeds with its 95 % interval, or the branches in which seeds end."""
    by, unit = scale(result)
    means = [_row(one) | {"value": one.throughput_per_s / by, "what limits it": one.limits} for one in result.points]
    ends = [
        _row(one) | {"low": one.throughput_per_s_low / by, "high": one.throughput_per_s_high / by}
        for one in result.points
        if len(one.branches) == 1 and len(one.runs) > 1
    ]
    apart = [
        _row(one) | {"value": value / by, "seeds": seeds}
        for one in result.points
        for value, seeds in one.branches
        if len(one.branches) > 1
    ]
    x = alt.X("cpus:Q", title="CPUs", scale=alt.Scale(domainMin=0, nice=True))
    y = alt.Y("value:Q", title=f"throughput, {unit}", scale=alt.Scale(zero=True))
    colour = _colour(result)
    line = _chart(means).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    agreed = [row for row, one in zip(means, result.points, strict=True) if len(one.branches) == 1]
    points = (
        _chart(agreed)
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=_tips("value", unit, "what limits it"))
    )
    layers = [line, points]
    if ends:
        layers.append(_chart(ends).mark_rule(strokeWidth=1.5).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour))
    if apart:
        tips = [*_tips("value", unit), alt.Tooltip("seeds:Q")]
        layers.append(_chart(apart).mark_point(shape="diamond", size=80).encode(x=x, y=y, color=colour, tooltip=tips))
    return alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT)


def cycles(result: SimulationResult) -> Chart | None:
    """Return where the cycles from one section to the next go, over CPUs, for each lock; None without a lock."""
    rows = [
        _row(one) | {"part": name, "cycles": value, "order": number}
        for one in result.points
        if one.split is not None
        for number, (name, value) in enumerate(
            zip(PARTS, (one.split.section, one.split.rereads, one.split.handoff, one.split.free), strict=True)
        )
    ]
    if not rows:
        return None
    colour = alt.Color("part:N", scale=alt.Scale(domain=PARTS, range=PART_COLOURS), title=None, sort=PARTS)
    bars = (
        _chart(rows)
        .mark_bar(size=_bar_size(result), orient="vertical")
        .encode(
            x=_counts(result),
            y=alt.Y("cycles:Q", title="cycles from one section to the next", stack="zero"),
            color=colour.legend(orient="top", labelLimit=0),
            order=alt.Order("order:Q"),
            tooltip=["lock:N", "cpus:Q", "part:N", alt.Tooltip("cycles:Q", format=",.0f")],
        )
    )
    return _facets(bars, result)


def fairness(result: SimulationResult) -> Chart:
    """Return Jain's index over CPUs, and beside it, if ever one was, how often one waiter was overtaken at most."""
    rows = [_row(one) | {"jain": _known(one.jain), "bypass": one.longest_bypass} for one in result.points]
    x, colour = alt.X("cpus:Q", title="CPUs"), _colour(result)
    jain = (
        _chart(rows)
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("jain:Q", title="Jain's index", scale=alt.Scale(domain=[0, 1])),
            color=colour,
            tooltip=_tips("jain", "Jain's index"),
        )
    )
    bypass = (
        _chart(rows)
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("bypass:Q", title="longest bypass", scale=alt.Scale(type="symlog")),
            color=colour,
            tooltip=_tips("bypass", "longest bypass"),
        )
    )
    shown = (jain, bypass) if any(one.longest_bypass for one in result.points) else (jain,)
    return alt.hconcat(*(one.properties(width=_WIDTH // 2 - 40, height=220) for one in shown))


def latency(result: SimulationResult) -> Chart:
    """Return how long a lock takes over CPUs: median, 99th percentile and longest."""
    names = {"median": "latency_ns_p50", "99 %": "latency_ns_p99", "longest": "latency_ns_max"}
    rows = [
        _row(one) | {"which": name, "ns": getattr(one, field)}
        for one in result.points
        for name, field in names.items()
        if getattr(one, field) > 0
    ]
    x = alt.X("cpus:Q", title="CPUs")
    y = alt.Y("ns:Q", title="time to get the lock, ns", scale=alt.Scale(type="log"))
    dash = alt.StrokeDash("which:N", title=None, sort=list(names), legend=_dashes())
    tips = ["lock:N", "cpus:Q", "which:N", alt.Tooltip("ns:Q", format=",.0f")]
    colour = _colour(result)
    lines = _chart(rows).mark_line().encode(x=x, y=y, color=colour, strokeDash=dash)
    points = _chart(rows).mark_point(filled=True, size=30, opacity=1).encode(x=x, y=y, color=colour, tooltip=tips)
    return alt.layer(lines, points).properties(width=_WIDTH, height=_HEIGHT)


def handoffs(result: SimulationResult) -> Chart | None:
    """Return how far hand-offs go over CPUs, for each lock; None where nothing was handed on."""
    rows = []
    occurring = {name for one in result.points for name, count in distances(one).items() if count}
    for one in result.points:
        found = {name: count for name, count in distances(one).items() if name in occurring}
        total = sum(found.values())
        rows += [
            _row(one) | {"distance": name, "share": count / total, "order": number}
            for number, (name, count) in enumerate(found.items())
            if total
        ]
    if not rows:
        return None
    names = list(dict.fromkeys(row["distance"] for row in rows))
    bars = (
        _chart(rows)
        .mark_bar(size=_bar_size(result), orient="vertical")
        .encode(
            x=_counts(result),
            y=alt.Y("share:Q", title="share of acquisitions", stack="zero", axis=alt.Axis(format="%")),
            color=alt.Color("distance:N", sort=names, title="from the last holder", scale=alt.Scale(scheme="viridis")),
            order=alt.Order("order:Q"),
            tooltip=["lock:N", "cpus:Q", "distance:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return _facets(bars, result, height=200)


# What they share.


def _dashes() -> alt.Legend:
    """Return a legend that shows how lines are dashed, in a colour that none of the locks has."""
    return alt.Legend(symbolType="stroke", symbolStrokeColor="#868e96", symbolStrokeWidth=2, symbolSize=500)


def _chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def _row(point: Point) -> dict[str, Any]:
    return {"lock": point.lock, "cpus": point.cpus}


def _colour(result: SimulationResult) -> alt.Color:
    locks = locks_of(result)
    colours = [LOCK_COLOURS[number % len(LOCK_COLOURS)] for number in range(len(locks))]
    return alt.Color("lock:N", sort=locks, title=None, scale=alt.Scale(domain=locks, range=colours))


def _counts(result: SimulationResult) -> alt.X:
    """Return the axis of bars: as far apart as their numbers of CPUs are."""
    most, nearest = _spread(result)
    return alt.X("cpus:Q", title="CPUs", scale=alt.Scale(domain=[0, most + nearest], nice=False))


def _bar_size(result: SimulationResult) -> float:
    """Return how wide a bar is, so that the nearest two do not touch."""
    most, nearest = _spread(result)
    return max(1.0, _BAR * _wide(result) * nearest / (most + nearest))


def _spread(result: SimulationResult) -> tuple[int, int]:
    """Return the largest number of CPUs, and how far the nearest two are apart."""
    counts = sorted({point.cpus for point in result.points})
    return counts[-1], min((b - a for a, b in itertools.pairwise([0, *counts])), default=1)


def _wide(result: SimulationResult) -> int:
    """Return how wide the picture of one lock is: two stand in a row."""
    return _WIDTH if len(locks_of(result)) == 1 else _WIDTH // 2 - 30


def _facets(chart: alt.Chart, result: SimulationResult, height: int = 260) -> Chart:
    """Return a picture for each lock, two in a row, each with the same scale."""
    facet = alt.Facet("lock:N", sort=locks_of(result), title=None)
    return chart.properties(width=_wide(result), height=height).facet(facet=facet, columns=2)


def _tips(value: str, title: str, *more: str) -> list[Any]:
    return ["lock:N", "cpus:Q", alt.Tooltip(f"{value}:Q", title=title, format=",.3~f"), *(f"{one}:N" for one in more)]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def all_figures(result: SimulationResult) -> Iterator[tuple[str, Chart]]:
    """Yield every picture of a simulation with its name."""
    yield "throughput", throughput(result)
    for name, chart in (("cycles", cycles(result)), ("handoffs", handoffs(result))):
        if chart is not None:
            yield name, chart
    yield "fairness", fairness(result)
    yield "latency", latency(result)
