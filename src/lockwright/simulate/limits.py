"""What limits a point, and where a lock collapses: sentences made from what a run counted, from nothing else.

The time from one section to the next, per lock, is split into four parts that add up to it:

1. the section, from the end of a lock to the begin of its unlock;
2. re-reads: for how long a line was occupied by loads of waiters that a write had woken;
3. the rest of the hand-off, from the begin of an unlock to the end of the lock of one that had waited;
4. what is left: nobody waited when it was released; it was free until a thread came, and that one took it.

Re-reads that fall into the section (the holder works while waiters still read) count as hand-off only as far as the
hand-off goes; a part is never longer than the whole.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

from lockwright.points import Fall, Split
from lockwright.simulate.aggregate import mean_of
from lockwright.simulate.sustaining import sustained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.points import Point, SeedRun

MOST = 0.5  # of the whole: what limits
TRYING = 2.0  # threads inside `lock`: with fewer, a free lock is one that nobody needs
COLLAPSED = 0.5  # of the best: fallen by half


def split(runs: Sequence[SeedRun], ghz: float, locks: int = 1) -> Split | None:
    """Return where the time of a point goes; None where no lock was under test or nobody took it.

    Args:
        runs: The runs of the point.
        ghz: The clock of the machine.
        locks: Over how many locks the acquisitions spread.
    """
    taken = sum(run.acquisitions for run in runs)
    section = mean_of([run.section_ns for run in runs]) * ghz
    if not taken or isnan(section):
        return None
    whole = sum(run.simulated_cycles for run in runs) * locks / taken
    passed = sum(run.handoffs * run.handoff_ns for run in runs if not isnan(run.handoff_ns)) * ghz / taken
    section = min(section, whole)
    handoff = min(passed, whole - section)
    rereads = min(sum(run.reread_cycles for run in runs) / taken, handoff)
    reading = sum(run.rereads for run in runs) / taken
    waiters = mean_of([run.waiters for run in runs])
    waiters = 0.0 if isnan(waiters) else waiters
    trying = mean_of([run.latency_ns_mean * 1e-9 * run.throughput_per_s + run.starved for run in runs])
    trying = 0.0 if isnan(trying) else trying
    return Split(section, rereads, handoff - rereads, whole - section - handoff, trying, waiters, reading)


def explained(point: Point, ghz: float, locks: int = 1) -> Point:
    """Return a point with the split of its time, and what limits it in words; `locks` is 0 where none is under test."""
    parts = split(point.runs, ghz, locks) if locks else None
    return replace(point, split=parts, limits=limit(point, parts) if parts else _without_lock(point, ghz))


def limit(point: Point, parts: Split) -> str:
    """Return in words what limits a point with a lock under test."""
    whole = parts.whole
    if point.cpus > 1 and parts.free > MOST * whole and parts.trying > TRYING:
        nobody = (
            f"the lock is free {parts.free / whole:.0%} of the time, though {parts.trying:.0f} threads try to get it"
        )
        return f"{nobody}{_moves(point)}"
    if point.cpus == 1 or parts.free > MOST * whole:
        free = f": the lock is free {parts.free / whole:.0%} of the time" if point.cpus > 1 else ""
        return f"the work itself{free}{_fetched(point)}"
    if parts.section > MOST * whole:
        return f"the section: {_of(parts.section, whole)}"
    if parts.rereads >= parts.handoff and parts.is_one_line:
        return f"{_readers(parts)}: {_of(parts.rereads, whole)}"
    return f"the hand-off: {_of(parts.handoff + parts.rereads, whole)}{_moves(point)}"


def _readers(parts: Split) -> str:
    return f"{parts.waiters:.0f} waiters re-read one line {parts.waiters_reading:.0f} times a section"


def _of(part: float, whole: float) -> str:
    return f"{part:,.0f} of {whole:,.0f} cycles from section to section"


def _moves(point: Point) -> str:
    moved = mean_of([run.transfers_per_acquisition for run in point.runs])
    return "" if isnan(moved) else f", {moved:.1f} lines moved each"


def _fetched(point: Point) -> str:
    """Return how many lines come from no other core for each round, where it is one or more."""
    taken = sum(run.acquisitions for run in point.runs)
    misses = sum(row.cache_misses for row in point.profile) / taken if taken else 0.0
    moved = mean_of([run.transfers_per_acquisition for run in point.runs])
    fetched = misses - (0.0 if isnan(moved) else moved)
    return f", {fetched:,.1f} lines fetched from memory each round" if fetched >= 1 else ""


def _without_lock(point: Point, ghz: float) -> str:
    """Return in words what limits a program that has no lock, several, or one whose sections may overlap."""
    waiting = mean_of([_inside(run) * ghz / run.simulated_cycles + run.starved for run in point.runs])
    told = f"; {waiting:.0f} of {point.cpus} threads wait for a lock" if waiting >= TRYING else ""
    return f"{_shared(point)}{told}"


def _inside(run: SeedRun) -> float:
    """Return for how many ns threads were on their way into a lock, in all; nan where there is none."""
    return run.latency_ns_mean * run.acquisitions


def _shared(point: Point) -> str:
    moved = mean_of([run.transfers_per_acquisition for run in point.runs])
    if point.cpus > 1 and moved > MOST:
        each = "round" if all(isnan(run.section_ns) for run in point.runs) else "section"
        return f"sharing: {moved:,.1f} lines move between cores for each {each}{_fetched(point)}"
    return f"the work itself{_fetched(point)}"


# Collapses.


def fall(points: Sequence[Point]) -> Fall | None:
    """Return where a lock collapses; None if it does not.

    A collapse is a fall to less than half of the best among the points with two CPUs or more: that one CPU alone,
    which never waits for a line, is faster than two says nothing about scaling.
    """
    together = sorted((one for one in points if one.cpus > 1), key=lambda one: one.cpus)
    if not together:
        return None
    best = max(together, key=lambda one: one.throughput_per_s)
    after = [one for one in together if one.cpus >= best.cpus]
    for before, there in itertools.pairwise(after):
        if there.throughput_per_s < COLLAPSED * best.throughput_per_s:
            last = after[-1]
            kept = last.throughput_per_s / best.throughput_per_s
            return Fall(best.lock, best.cpus, before.cpus, there.cpus, last.cpus, kept, sustained(points))
    return None


def collapse(points: Sequence[Point]) -> str:
    """Return in a sentence where a lock collapses; empty if it does not."""
    found = fall(points)
    if found is None:
        return ""
    alone = next((one.throughput_per_s for one in points if one.cpus == 1), 0.0)
    best = next(one.throughput_per_s for one in points if one.cpus == found.best)
    fastest, its_best = f"at {found.best} CPUs", "its best"
    if alone > best:
        fastest, its_best = f"at 1 CPU, and of several at {found.best},", f"what it does at {found.best}"
    return (
        f"{points[0].named} is fastest {fastest} and falls by half between {found.before} and {found.there}; "
        f"at {found.last} it does {found.kept:.0%} of {its_best}"
    )
