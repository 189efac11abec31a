"""Why a lock does on a machine what it does, in words that come from what its runs counted."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from lockwright.report.simulation import amount, scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.points import Point, SimulationResult, Split

_SEVERAL = 2.0  # waiters: with fewer there is nothing to tell
_OWN_LINE = 3.0  # re-reads for each section: up to here, waiters leave each other alone
_MORE_READS = 1.1  # for each waiter
_SHARE = 0.5  # of the waiters: that many moves are theirs
_KEPT = 0.5


def story(lock: str, result: SimulationResult) -> list[str]:
    """Return paragraphs on one lock: what happens, and why."""
    points = sorted((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
    together = [one for one in points if one.cpus > 1] or points
    best, last = max(together, key=lambda one: one.throughput_per_s), points[-1]
    told = [_what(lock, best, last, result) + _alone(points[0], best, result)]
    if last.split is not None and best.split is not None and last.cpus > 1:
        told += _why(best, best.split, last, last.split)
    elif last.limits:
        told.append(f"What limits it at {_cpus(last)}: {last.limits}.")
    if len(last.profile) and last.cpus > 1:
        told.append(_profile(last))
    return told


def _what(lock: str, best: Point, last: Point, result: SimulationResult) -> str:
    by, unit = scale(result)
    name = result.named(lock)
    name = name[:1].upper() + name[1:]
    most = f"{amount(best.throughput_per_s / by)} {unit} at {_cpus(best)}"
    if last is best:
        return f"{name} does {most}{', where most CPUs take part' if last.cpus > 1 else ''}."
    kept = last.throughput_per_s / best.throughput_per_s if best.throughput_per_s else 1.0
    rest = f"{amount(last.throughput_per_s / by)} {unit}"
    if kept < _KEPT:
        return f"{name} does most, {most}, and collapses: at {_cpus(last)} it does {rest}, {kept:.0%} of that."
    return f"{name} does most, {most}; at {_cpus(last)} it still does {rest}, {kept:.0%} of that."


def _alone(first: Point, best: Point, result: SimulationResult) -> str:
    """Return that one CPU alone does more than several, where it does."""
    if first.cpus > 1 or first.throughput_per_s <= best.throughput_per_s:
        return ""
    by, unit = scale(result)
    return f" One CPU alone, which never waits for a line, does {amount(first.throughput_per_s / by)} {unit}."


def _why(best: Point, before: Split, last: Point, after: Split) -> Iterator[str]:
    if best is not last:
        yield f"At {_cpus(best)}, {_parts(before)}"
    yield f"At {_cpus(last)}, {_parts(after)}"
    if after.is_one_line:
        yield from _shared_line(best, before, last, after)
    elif after.waiters >= _SEVERAL:
        yield from _no_rereads(last, after)
    if after.free > _KEPT * after.whole and after.trying > _SEVERAL:
        yield (
            f"The lock is free most of the time, though {after.trying:.0f} threads try to get it: they are in each "
            "other's way, and the line on which they try is busy."
        )


def _parts(split: Split) -> str:
    parts = (
        (split.section, "the section itself"),
        (split.rereads, "a line is busy with waiters that read it again"),
        (split.handoff, "the rest of the hand-off from one holder to the next"),
        (split.free, "the lock is free"),
    )
    shown = "; ".join(f"{value:,.0f}: {what}" for value, what in parts if value >= 0.5)
    return f"{split.whole:,.0f} cycles pass from one section to the next. Of these, {shown}."


def _shared_line(best: Point, before: Split, last: Point, after: Split) -> Iterator[str]:
    each = after.rereads / after.waiters_reading
    more = after.waiters_reading > _MORE_READS * after.waiters
    yield (
        f"Its waiters spin on one cache line: {after.waiters:.0f} threads wait at {_cpus(last)}, and for each section "
        f"that line is read again {after.waiters_reading:.0f} times. A release writes the line, and a write takes it "
        "away from every cache that has a copy; so every waiter must fetch it again, and only one of them is next."
        + (
            " That there are more reads than waiters means that threads which arrive write the line too."
            if more
            else ""
        )
    )
    yield (
        f"A line serves one request after another: {after.waiters_reading:.0f} reads of about {each:,.0f} cycles make "
        f"{after.rereads:,.0f} cycles. The next holder's own read, and its own write when it releases, stand in this "
        "queue. Nobody does anything useful meanwhile."
    )
    if best is not last and after.rereads > 2 * before.rereads:
        yield (
            f"This is why it falls: a hand-off takes longer the more threads wait, and the longer it takes, the more "
            f"threads wait. At {_cpus(best)} {_readings(before)}; at {_cpus(last)} it is {after.waiters_reading:.0f} "
            f"reads and {after.rereads:,.0f} cycles. Each CPU that joins makes every hand-off "
            "longer, and the section is what it was."
        )


def _readings(split: Split) -> str:
    """Return how often the line is read again for each section, where that is seldom."""
    if split.waiters_reading < 0.05:
        return "hardly ever a waiter reads the line again"
    return f"the line is read again {split.waiters_reading:.1f} times for each section, {split.rereads:,.0f} cycles"


def _no_rereads(last: Point, after: Split) -> Iterator[str]:
    moved = fmean(run.transfers_per_acquisition for run in last.runs)
    if moved > _SHARE * after.waiters + _OWN_LINE:
        yield (
            f"{after.waiters:.0f} threads wait, and lines move between caches {moved:.0f} times for each section: "
            "waiters write while they wait, and every write takes the line from whoever had it, the holder too."
        )
    elif after.waiters_reading <= _OWN_LINE:
        yield (
            f"{after.waiters:.0f} threads wait, but for each section only {after.waiters_reading:.1f} reads are made "
            "by waiters whose line was taken away: they leave each other alone, so a hand-off costs the same however "
            f"many wait ({moved:.1f} lines move for each section)."
        )


def _profile(point: Point) -> str:
    top = point.profile[0]
    share = f"`{top.name}` has {top.share:.0%} of all busy cycles"
    if point.split is not None and point.split.waiters >= 1 and point.split.section < _KEPT * point.split.whole:
        return f"In a profile this looks like work: {share}, for a processor that spins is busy."
    return f"In the profile {share}."


def _cpus(point: Point) -> str:
    return f"{point.cpus} CPU" + ("s" if point.cpus != 1 else "")
