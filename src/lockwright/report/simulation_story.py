"""Why a lock does on a machine what it does, in words that come from what its runs counted."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from lockwright.report.simulation import amount, begun, scale
from lockwright.report.simulation_fall import fall_of, why_there
from lockwright.report.simulation_numbers import meaning
from lockwright.report.simulation_records import distances
from lockwright.results import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.points import Point, SimulationResult, Split, Subject

_SEVERAL = 2.0  # waiters: with fewer there is nothing to tell
_OWN_LINE = 3.0  # re-reads for each section: up to here, waiters leave each other alone
_MORE_READS = 1.1  # for each waiter
_SHARE = 0.5  # of the waiters: that many moves are theirs
_KEPT = 0.5
_LONGER = 1.1  # than what was asked for: worth a word
_HIDDEN = 0.01  # of the busy cycles
_NEAR = 0.01
_MANY = 10  # references for each miss
_NEAR_BY = ("same thread", "same core", "same die")


def told_points(lock: str, result: SimulationResult) -> list[Point]:
    """Return the points that the story of a lock compares: the best, those around a fall, the one with most CPUs."""
    points = sorted((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
    together = [one for one in points if one.cpus > 1] or points
    fall = fall_of(lock, result)
    counts = {max(together, key=lambda one: one.throughput_per_s).cpus, points[-1].cpus}
    counts |= {fall.before, fall.there} if fall else set()
    return [one for one in points if one.cpus in counts]


def opening(lock: str, result: SimulationResult) -> list[str]:
    """Return paragraphs on one lock: what it is, and how it does."""
    points = [one for one in result.points if one.lock == lock]
    best, last = _best(told_points(lock, result)), max(points, key=lambda one: one.cpus)
    first = min(points, key=lambda one: one.cpus)
    what = _is(result.subjects[lock]) if lock in result.subjects else ""
    return [text for text in (what, _what(lock, best, last, result) + _alone(first, best, result)) if text]


def story(lock: str, result: SimulationResult) -> list[str]:
    """Return paragraphs on one lock: why it does what it does."""
    points = told_points(lock, result)
    best, last, fall = _best(points), points[-1], fall_of(lock, result)
    told: list[str] = []
    if last.split is not None and best.split is not None and last.cpus > 1:
        told += _why(points, last.split, result)
    elif last.limits:
        told.append(f"What limits it at {_cpus(last)}: {last.limits}.")
    if fall is not None:
        around = {one.cpus: one for one in points}
        told += why_there(fall, around[fall.before], around[fall.there])
    if len(last.profile) and last.cpus > 1:
        told.append(_profile(last))
    return [text for text in told if text]


def _best(points: Sequence[Point]) -> Point:
    return max((one for one in points if one.cpus > 1), key=lambda one: one.throughput_per_s, default=points[-1])


def _is(subject: Subject) -> str:
    """Return what a lock is, and which of its fields a write takes from all who read."""
    texts = [subject.summary] if subject.summary else []
    if subject.is_fifo:
        texts.append("It serves first come, first served.")
    if subject.fields:
        names = listed([f"`{name}`" for name in subject.fields])
        several = len(subject.fields) > 1
        texts.append(f"Its fields {names} lie in one cache line." if several else f"The lock is one field, {names}.")
        writes = [
            f"{who} writes {listed([f'`{name}`' for name in fields])}"
            for who, fields in (("taking it", subject.locked), ("releasing it", subject.unlocked))
            if fields
        ]
        told = listed(writes)
        if writes:
            texts.append(f"{told[:1].upper()}{told[1:]}; each such write takes the line from every other cache.")
    if subject.neighbours:
        beside = [f"`{name}`" for name in subject.neighbours]
        texts.append(f"{listed(beside)} {'shares' if len(beside) == 1 else 'share'} that line.")
    return " ".join(texts)


def _what(lock: str, best: Point, last: Point, result: SimulationResult) -> str:
    by, unit = scale(result)
    name = begun(result.named(lock))
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


def _why(points: Sequence[Point], after: Split, result: SimulationResult) -> Iterator[str]:
    last = points[-1]
    if after.is_one_line:
        yield from _shared_line(points, after, result)
    elif after.waiters >= _SEVERAL:
        yield from _no_rereads(last, after)
    if after.free > _KEPT * after.whole and after.trying > _SEVERAL:
        yield (
            f"The lock is free most of the time, though {after.trying:.0f} threads try to get it: they are in each "
            "other's way, and the line on which they try is busy."
        )


PARTS = (
    "the section",
    "a line is busy with waiters that read it again",
    "the rest of the hand-off to a thread that waited",
    "nobody waits: the lock is free, or is being taken",
)


def parts(split: Split) -> tuple[float, float, float, float]:
    """Return the cycles of the `PARTS`."""
    return split.section, split.rereads, split.handoff, split.free


def section(lock: str, result: SimulationResult) -> str:
    """Return what a section's cycles are, beside the time that was asked for; empty where there is nothing to say."""
    last = told_points(lock, result)[-1]
    hold = last.params.get("hold_cycles")
    if last.split is None or not isinstance(hold, int) or last.split.section < _LONGER * hold:
        return ""
    alone = next((one for one in result.points if (one.lock, one.cpus) == (last.lock, 1)), None)
    text = (
        f"Of the {last.split.section:,.0f} cycles of a section, {hold:,} are what was asked for; the rest goes to the "
        f"shared data that it works on ({misses_outside(last):.1f} cache misses a section are in neither `lock` nor "
        "`unlock`)"
    )
    if alone is None or alone.split is None:
        return f"{text}."
    return f"{text}. On 1 CPU, whose cache keeps the data, it takes {alone.split.section:,.0f}."


def misses_outside(point: Point) -> float:
    """Return how many misses for each acquisition are in functions that nothing else of the program calls."""
    names = {row.name for row in point.profile}
    taken = sum(run.acquisitions for run in point.runs)
    return sum(row.cache_misses for row in point.profile if row.caller not in names) / max(1, taken)


def _shared_line(points: Sequence[Point], after: Split, result: SimulationResult) -> Iterator[str]:
    last, each = points[-1], after.rereads / after.waiters_reading
    yield (
        f"At {_cpus(last)}, {after.waiters:.0f} threads wait and spin on one cache line, which is read again "
        f"{after.waiters_reading:.0f} times a section: a release takes it from every cache that has a copy, so every "
        f"waiter must fetch it again, and only one of them is next.{_arrivals(points, result)}"
    )
    yield (
        f"A line serves one request after another: {after.waiters_reading:.0f} reads of {each:,.0f} cycles make "
        f"{after.rereads:,.0f} cycles. The next holder's own read stands in this queue.{_hidden(last)}"
    )
    yield _least(each, result)


def _arrivals(points: Sequence[Point], result: SimulationResult) -> str:
    """Return at which point there are clearly more reads than waiters, and whose writes those follow."""
    more = [(one, one.split) for one in points if one.split is not None and one.split.is_one_line]
    found = [(one, split) for one, split in more if split.waiters_reading > _MORE_READS * split.waiters]
    subject = result.subjects.get(points[0].lock)
    if not found:
        return ""
    one, split = found[0]
    text = f" At {_cpus(one)}, {split.waiters:.1f} waiters read it {split.waiters_reading:.1f} times a section:"
    if subject is None or not subject.fields or not subject.locked:
        return f"{text} others than the holder write it too."
    names = listed([f"`{name}`" for name in subject.locked])
    return f"{text} threads that arrive write {names} in the same line, and so take it from the waiters once more."


def _hidden(point: Point) -> str:
    """Return that the releaser does not wait for its own write, where the profile shows that."""
    taken = sum(run.acquisitions for run in point.runs)
    row = next((row for row in point.profile if row.name.endswith(".unlock")), None)
    if row is None or row.share > _HIDDEN or row.cache_misses < _SHARE * taken:
        return ""
    return (
        " So does the write with which a holder releases; it goes into the store buffer and its thread goes on, which "
        f"is why `unlock` has only {row.share:.2%} of the busy cycles though it misses "
        f"{row.cache_misses / taken:.1f} times each."
    )


def _least(each: float, result: SimulationResult) -> str:
    """Return where the cycles of a read come from, if that is the machine's lower bound on any transfer."""
    least = result.least_transfer
    if least is None or not least.cycles or abs(each - least.cycles) > _NEAR * least.cycles:
        return ""
    text = f"These {least.cycles} cycles are the machine's `min_transfer`, {meaning('min_transfer')}"
    if least.standing == "chosen":
        text += f". It was chosen ({least.reason}): how steeply the tail falls is an input here, not a result"
    if least.longest_cycles <= least.cycles:
        text += f". The longest way to a line takes {least.longest_cycles} without it, so distances have no effect here"
    return f"{text}."


def handoffs(result: SimulationResult) -> str:
    """Return how far the locks went at most CPUs, how fair that was, and whether a line from near comes sooner here."""
    texts = ["How far the next holder is from the last one."]
    for lock in dict.fromkeys(point.lock for point in result.points):
        last = max((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
        count = distances(last)
        total = sum(count.values())
        if last.cpus > 1 and total:
            near = sum(count.get(name, 0) for name in _NEAR_BY) / total
            fair = f"Jain's index is {last.jain:.2f}"
            texts.append(f"At {_cpus(last)} {near:.0%} of those of {result.named(lock)} stay on one die; {fair}.")
    least = result.least_transfer
    if least is not None and least.longest_cycles <= least.cycles:
        texts.append(f"A line takes {least.cycles} cycles from anywhere on this machine: staying near saves nothing.")
    return " ".join(texts)


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
    if point.split is None or point.split.waiters < 1 or point.split.section >= _KEPT * point.split.whole:
        return f"In the profile {share}."
    taken = max(1, sum(run.acquisitions for run in point.runs))
    text = f"In a profile this looks like work: {share}, for a processor that spins is busy."
    if top.cache_references > _MANY * top.cache_misses and top.cache_misses > taken:
        text += (
            f" Its misses look few, {top.cache_misses / taken:,.0f} beside {top.cache_references / taken:,.0f} "
            "references for each acquisition, since a spinner that looks at its own copy hits; the misses are what "
            "it waits for."
        )
    return text


def _cpus(point: Point) -> str:
    return f"{point.cpus} CPU" + ("s" if point.cpus != 1 else "")
