"""Why a lock falls all at once, and why there: a queue that lasts, in words and numbers that its runs counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.results import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.points import Fall, Point, SimulationResult, Sustained


_NOT_FULL = 0.5  # of the time that nobody waits


def fall_of(lock: str, result: SimulationResult) -> Fall | None:
    """Return the fall of a lock, if it has one."""
    return next((one for one in result.falls if one.lock == lock), None)


def rule(found: Sustained) -> str:
    """Return the inequality with its numbers."""
    line = f"({found.base_cycles:,.0f} + {found.each_cycles:,.0f} m)"
    return f"(N - 1 - m) x {line} >= {found.outside_cycles:,.0f}"


def in_a_line(fall: Fall, result: SimulationResult) -> str:
    """Return for a terminal from how many CPUs on a queue can last; empty where it is not known."""
    found = fall.sustained
    if found is None:
        return ""
    return (
        f"with m waiters a section of {result.named(fall.lock)} takes {found.base_cycles:,.0f} + "
        f"{found.each_cycles:,.0f} m cycles; N threads that stay away for {found.outside_cycles:,.0f} between two "
        f"sections keep such a queue for some m if N is about {found.least_cpus} or more"
    )


def why_there(fall: Fall, before: Point, there: Point) -> Iterator[str]:
    """Yield paragraphs: what the lock has to spare before the fall, when a queue can last, how the first one begins."""
    if fall.sustained is None or before.split is None or there.split is None:
        return
    spare = before.split.free / before.split.whole
    found = fall.sustained
    few, many = found.fitted_waiters[0], found.fitted_waiters[-1]
    yield (
        f"Why at once, and why there: at {before.cpus} CPUs nobody waits {spare:.0%} of the time"
        f"{', so the lock is not full' if spare > _NOT_FULL else ''}. But a queue makes sections longer, and lasts if "
        "they become so long that enough threads come back "
        f"meanwhile. While m threads wait, {found.base_cycles:,.0f} + {found.each_cycles:,.0f} m cycles pass from "
        f"section to section (a straight line through the {len(found.fitted_waiters)} points at which the lock is "
        f"never free, {few:.0f} to {many:.0f} waiters; none is more than {found.farthest:.1%} off). Of N threads, "
        f"one more has the lock, and the other N - 1 - m are away, each for {found.outside_cycles:,.0f} cycles. So a "
        f"queue lasts if for some m `{rule(found)}`."
    )
    yield f"{_sides(found, before.cpus, there.cpus)} {_counted(there)}"
    yield _beginning(before, there)


def _sides(found: Sustained, before: int, there: int) -> str:
    """Return how large the left side gets for the numbers of threads around the fall."""
    counts = sorted({found.least_cpus - 1, before, there})
    parts = [f"{ratio:.2f} times the right for N = {n} (m = {m})" for n in counts for m, ratio in [found.most(n)]]
    tail = "" if found.least_cpus in counts else f"; N = {found.least_cpus} is the least for which it reaches 1"
    beyond = found.most(there)[0] < found.fitted_waiters[0]
    doubt = " (The points of that line have more waiters: these are extrapolations.)" if beyond else ""
    return f"At its largest, the left side is {listed(parts)}{tail}.{doubt}"


def _counted(there: Point) -> str:
    """Return the same with what was counted at a point where the queue stands: the two sides must be equal."""
    if there.split is None:
        return ""
    away = there.cpus - 1 - there.split.waiters
    return (
        f"At {there.cpus} CPUs the queue grows until both are about equal; counted there: "
        f"{there.split.waiters:.1f} wait, {away:.1f} are away, "
        f"{away:.1f} x {there.split.whole:,.0f} = {away * there.split.whole:,.0f} cycles."
    )


def _beginning(before: Point, there: Point) -> str:
    """Return what begins the first queue, and in how many seeds one began."""
    return (
        "What begins the first queue is chance, in which alone seeds differ: threads that happen to come together. "
        f"Threads waited for a holder {_seeds_with_queue(before)}, {_seeds_with_queue(there)}."
    )


def _seeds_with_queue(point: Point) -> str:
    queued = [run for run in point.runs if run.handoffs]
    text = f"at {point.cpus} CPUs in {len(queued)} of {len(point.runs)} seeds"
    if not queued:
        return text
    handed = sum(run.handoffs for run in queued) / max(1, sum(run.acquisitions for run in queued))
    return f"{text} (before {handed:.0%} of the sections there)"
