"""The answer in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.result import CONTENDED, MINOR, NO_LOCK

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision

_UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))
_LEADS = {CONTENDED: "contended lock", MINOR: "visible but minor"}


def headline(facts: Facts, decision: Decision, lock: LockFound | None) -> str:
    """Return the verdict as a person says it."""
    if decision.why == "walk" and decision.walk:
        walk = decision.walk
        rest = f"; waiting for locks has {facts.waiting_percent:.1f} %"
        return f"not a lock: {walk.share_percent:.1f} % of busy time is in {walk.symbol}, a look-up by its name{rest}"
    if lock is None or decision.why == "nothing":
        return _nothing(facts)
    if decision.why == "release":
        share, by = f"{facts.release_percent:.1f} % of busy time", f" by {lock.caller}" if lock.caller else ""
        return f"undecided: {share} where {article(lock.kind)} is released{by}: waiting or work with interrupts off"
    if decision.why == "unnamed":
        return (
            f"undecided: {facts.waiting_percent:.1f} % of busy time waits for {article(lock.kind)}, "
            "and nothing tells which"
        )
    lead = _LEADS.get(decision.verdict, "not a lock" if decision.verdict == NO_LOCK else decision.verdict)
    if decision.why == "waits" and lock.waits:
        waits = lock.waits
        mean = f" of {duration(waits.mean_ns)}" if waits.mean_ns is not None else ""
        return (
            f"{lead}: {article(lock.kind)}{wanted(lock)}, {duration(waits.total_ns)} of waiting in "
            f"{waits.contended:,} wait{'s' * (waits.contended != 1)}{mean}"
        )
    return f"{lead}: {lock.share_busy_percent or 0.0:.1f} % of busy time for {article(lock.kind)}{wanted(lock)}"


def _nothing(facts: Facts) -> str:
    if not facts.view.samples:
        return "no lock: no wait has a time"
    if not facts.lock_percent:
        return "no lock: no sample in a function that takes one or waits for one"
    return f"no lock: {facts.lock_percent:.1f} % of busy time in functions that take one or wait for one"


def wanted(lock: LockFound) -> str:
    """Return who wants a lock: its callers with more than half of what the first one has."""
    named = [one for one in lock.sites if one.caller]
    if not named:
        return ""
    many = [one for one in named if one.share_percent > named[0].share_percent / 2]
    first = named[0]
    if len(many) == 1:
        return f" wanted by {first.caller}" + (
            f" for {first.within}" if first.within and "lock" in first.caller else ""
        )
    return f" wanted by {', '.join(one.caller for one in many[:-1])} and {many[-1].caller}"


def article(kind: str) -> str:
    """Return a kind of lock with `a` or `an`."""
    kind = kind or "lock"
    return f"{'an' if kind[0] in 'aeioAEIO' or kind.startswith('rw') else 'a'} {kind}"


def duration(time_ns: float) -> str:
    """Return a time with three digits and its unit."""
    unit, size = next(((unit, size) for unit, size in _UNITS if time_ns >= size), _UNITS[-1])
    return f"{time_ns / size:.3g} {unit}" if time_ns < 999.5 * size else f"{time_ns / size:,.0f} {unit}"
