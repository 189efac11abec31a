"""What was found, before it is put into words, and what of it is worth one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.comparing import base
from lockwright.profiles.comparing.results import ALL_LOCKS, LOCK, SYMBOL
from lockwright.profiles.comparing.waiting import per_second
from lockwright.profiles.symbols import SCHEDULE, WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.comparing.results import Change, SideSummary, WaitChange
    from lockwright.profiles.model import Sample

_LEAST = 0.3  # points: a difference worth a word, however sure it is
_LEAST_UNSURE = 1.0  # points, where nothing says what chance does
_HALF = 0.5
_WAITS_DIFFER = 1.5  # times as long, where nothing says what chance does
_WAITS_MATTER = 0.05  # of all waiting
_LEAST_TASKS = 0.02  # that wait at any moment
_LEAST_WAIT_NS = 1e6
_OFTEN = 10  # waits of one run, below which their sum is an accident


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, to be put into words.

    Args:
        changes: All rows, the largest difference first.
        waits: Waits for locks, the longest total first.
        before: What is known of one side.
        after: What is known of the other one.
        cost_unit: Of costs; empty if unknown.
        samples_before: Of all runs.
        samples_after: Of all runs.
    """

    changes: Sequence[Change]
    waits: Sequence[WaitChange]
    before: SideSummary
    after: SideSummary
    cost_unit: str
    samples_before: Sequence[Sample]
    samples_after: Sequence[Sample]

    @property
    def has_callers(self) -> bool:
        """Whether locks are named by who wants them: both sides have stacks."""
        return self.before.has_stacks and self.after.has_stacks

    @property
    def locks(self) -> list[Change]:
        """Locks, by their callers where those are known, else by the function that waits."""
        kind = LOCK if self.has_callers else SYMBOL
        return [one for one in self.changes if one.kind == kind and one.role in WAITING]

    @property
    def functions(self) -> list[Change]:
        """Functions that do not wait for locks; what releases one may show the time for which interrupts were off."""
        return [one for one in self.changes if one.kind == SYMBOL and one.role not in WAITING | {SCHEDULE}]

    @property
    def all_locks(self) -> Change | None:
        """All waiting together."""
        return next((one for one in self.changes if one.kind == ALL_LOCKS), None)


def has_moved(change: Change) -> bool:
    """Return whether a row changed by more than chance and by enough to be worth a word."""
    size = abs(change.difference.value)
    if change.q is not None:
        return change.is_significant and size >= _LEAST
    return size >= _LEAST_UNSURE


def counterpart(function: Change | None, found: Told) -> Change | None:
    """Return the function that went the other way by about as much; None if there is none."""
    if function is None:
        return None
    rows = [one for one in found.functions if has_moved(one) and one.difference.value * function.difference.value < 0]
    other = max(rows, key=lambda one: abs(one.difference.value), default=None)
    return (
        other if other is not None and abs(other.difference.value) >= _HALF * abs(function.difference.value) else None
    )


def moved_to(lock: Change | None, found: Told) -> Change | None:
    """Return the lock to which waiting went, or from which it came; None if there is none."""
    if lock is None:
        return None
    rows = (
        one
        for one in found.locks
        if has_moved(one) and one.difference.value * lock.difference.value < 0 and not base.is_explained(one)
    )
    other = next(rows, None)
    return other if other is not None and abs(other.difference.value) >= _HALF * abs(lock.difference.value) else None


def is_larger(one: Change, other: Change) -> bool:
    """Return whether the first of two rows changed at least as much as the second."""
    return abs(one.difference.value) >= abs(other.difference.value)


def heaviest_wait(found: Told) -> WaitChange | None:
    """Return the lock that was waited for longest on either side."""
    return next((one for one in found.waits if not one.is_all), None)


def moved_wait(found: Told) -> WaitChange | None:
    """Return the lock whose waits changed most, if by more than chance, or by much where nothing tells chance."""
    every = next((one for one in found.waits if one.is_all), None)
    if every is None:
        return None
    whole = max(_waited(every, found))
    rows = [one for one in found.waits if not one.is_all and _has_moved(one, found, whole)]
    return max(rows, key=lambda one: abs(_waited(one, found)[1] - _waited(one, found)[0]), default=None)


def _has_moved(one: WaitChange, found: Told, whole: float) -> bool:
    before, after = _waited(one, found)
    if not whole or abs(after - before) < max(_WAITS_MATTER * whole, _least_wait(found)):
        return False
    if one.is_significant is not None:
        return one.is_significant
    is_often = max(one.before.contended, one.after.contended) >= _OFTEN
    return is_often and max(before, after) >= _WAITS_DIFFER * min(before, after)


def _least_wait(found: Told) -> float:
    """Return from which difference on waiting matters: in tasks, or in nanoseconds where lengths are unknown."""
    return _LEAST_TASKS if found.before.seconds and found.after.seconds else _LEAST_WAIT_NS


def _waited(one: WaitChange, found: Told) -> tuple[float, float]:
    """Return waiting by side, in a second of the run where lengths are known."""
    rates = per_second(one, found.before.seconds, found.after.seconds)
    return rates or (one.before.total_ns, one.after.total_ns)
