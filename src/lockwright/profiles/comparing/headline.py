"""The first line: what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.comparing import base
from lockwright.profiles.comparing.told import counterpart, is_larger, moved_to, moved_wait
from lockwright.profiles.comparing.wording import moved, named, named_wait, percent, share, times_waited
from lockwright.profiles.diagnosis.hot import LOCK, suggests
from lockwright.profiles.hot_loops import from_facts
from lockwright.profiles.model import ATOMIC, RETRIES, TAKES
from lockwright.profiles.symbols import UNLOCK

if TYPE_CHECKING:
    from lockwright.profiles.comparing.results import Change, WaitChange
    from lockwright.profiles.comparing.told import Told

_BESIDE = 0.1  # of the largest difference: what else is told beside it


def headline(lock: Change | None, function: Change | None, found: Told) -> str:
    """Return what changed, in a sentence.

    Args:
        lock: The lock whose share changed most; None if none did.
        function: The function whose share changed most; None if none did.
        found: All that was found.
    """
    waits = moved_wait(found) if lock is None else None
    if waits is not None:
        beside = f"; {named(function)} {moved(function)}" if function is not None else ""
        return f"{_waiting(waits, found)}{beside}"
    if not found.changes:
        return _no_rows(found)
    if lock is None and function is None:
        return _nothing(found)
    if lock is None and function is not None:
        every = found.all_locks
        beside = f"; waiting for locks is {percent(every.after.value)}, {_as_before(every)}" if every else ""
        other = counterpart(function, found)
        also = f"; {named(other)} {moved(other)}" if other is not None and not base.is_explained(other) else ""
        return f"{_lead(function, found)}{named(function)} {moved(function)}{also}{beside}"
    assert lock is not None
    if function is None or is_larger(lock, function):
        return _lock_headline(lock, found)
    return _both(lock, function, found)


def _lock_headline(lock: Change, found: Told) -> str:
    """Tell a lock that changed more than any function; where the waiting went to another lock, both."""
    fell, other = lock.difference.value < 0, moved_to(lock, found)
    if other is not None:
        return f"the wait moved: {named(lock)} {moved(lock)}; {named(other)} {moved(other)}"
    if base.is_explained(lock):
        return f"{named(lock)} {moved(lock)}, as all else did: the base shrank"
    return f"{'less' if fell else 'more'} waiting: {named(lock)} {moved(lock)}"


def _both(lock: Change, function: Change, found: Told) -> str:
    first = f"{named(function)} {moved(function)}"
    if abs(lock.difference.value) < _BESIDE * abs(function.difference.value):
        return f"{_lead(function, found)}{first}"
    if base.is_explained(lock):
        return f"{_lead(function, found)}{first}; {named(lock)} {moved(lock)}, mostly because the base shrank"
    if function.difference.value < 0 < lock.difference.value:
        return f"the wait grew behind it: {first}; {named(lock)} {moved(lock)}"
    return f"{first}; {named(lock)} {moved(lock)}"


def _lead(function: Change, found: Told) -> str:
    """Return what a function is that no table knows as a lock."""
    if function.role == UNLOCK:
        return ""
    sides = (found.before, found.after)
    loops = {one.symbol: one.kind for side in sides for one in from_facts(side.facts)}
    kind = loops.get(function.symbol)
    if kind is not None:
        return f"{_BY_INSTRUCTIONS.get(kind, 'likely a lock')}, by its instructions: "
    return "likely a lock, by its name: " if suggests(function.symbol) == LOCK else "not a lock: "


_BY_INSTRUCTIONS = {
    TAKES: "a lock",
    RETRIES: "likely a shared cache line",
    ATOMIC: "likely a shared cache line",
}


def _nothing(found: Told) -> str:
    every = found.all_locks
    beside = f"; waiting for locks is {share(every.after)}, {share(every.before)} before" if every else ""
    if any(one.q is not None for one in found.changes):
        return f"no change beyond chance in {len(found.changes)} rows{beside}"
    return f"no row changed by as much as a point{beside}"


def _as_before(every: Change) -> str:
    return f"{percent(every.before.value)} before"


def _waiting(one: WaitChange, found: Told) -> str:
    """Tell a lock whose waits changed, where its share of busy time does not show it."""
    fell = one.after.total_ns < one.before.total_ns
    other = "" if found.changes else _all_waits(found)
    return (
        f"{'less' if fell else 'more'} waiting: for {named_wait(one)} {times_waited(one.before)} before, "
        f"{times_waited(one.after)} after{other}"
    )


def _all_waits(found: Told) -> str:
    every = next(one for one in found.waits if one.is_all)
    if len(found.waits) <= 2:
        return ""
    return f"; for all locks {times_waited(every.before)} before, {times_waited(every.after)} after"


def _no_rows(found: Told) -> str:
    if found.waits:
        return f"no change of the waits that matters{_all_waits(found)}"
    if max(found.before.idle, found.after.idle) >= 100:
        return "nothing was busy on either side"
    return f"too few samples to compare: {found.before.samples:,} before, {found.after.samples:,} after"
