"""What changed, in words: the verdict, what it rests on, what is next, and what stayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.comparing import base, limits, speed
from lockwright.profiles.comparing.results import ALL_LOCKS, LOCK, SYMBOL
from lockwright.profiles.comparing.wording import amount, duration, listed, moved, named, percent, share, times
from lockwright.profiles.symbols import SCHEDULE, UNLOCK, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.comparing.results import Change, SideSummary, WaitChange
    from lockwright.profiles.model import Sample

_LEAST = 0.3  # points: a difference worth a word, however sure it is
_LEAST_UNSURE = 1.0  # points, where nothing says what chance does
_HALF = 0.5
_BESIDE = 0.1  # of the largest difference: what else is told beside it
_SIMILAR = 4.0  # times as many samples: runs that may have been equally long
_TOGETHER = 3  # names told as having fallen together
_STAYED = 5  # names told as unchanged
_STAYED_SHARE = 1.0  # percent: what weighs less and stays is not worth a word
_IDLE = 0.5  # percent


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


@dataclass(frozen=True, slots=True)
class Words:
    """See `results.Comparison`."""

    headline: str
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    unchanged: tuple[str, ...]
    next_limit: str


def has_moved(change: Change) -> bool:
    """Return whether a row changed by more than chance and by enough to be worth a word."""
    size = abs(change.difference.value)
    if change.q is not None:
        return change.is_significant and size >= _LEAST
    return size >= _LEAST_UNSURE


def _main(rows: Sequence[Change]) -> Change | None:
    """Return the row that moved most; what only the base has raised comes last."""
    moving = [one for one in rows if has_moved(one)]
    return next((one for one in moving if not base.is_explained(one)), moving[0] if moving else None)


def tell(found: Told) -> Words:
    """Return what there is to say."""
    lock, function = _main(found.locks), _main(found.functions)
    main = max((one for one in (lock, function) if one), key=lambda one: abs(one.difference.value), default=None)
    findings = [
        *speed.sentences(found, lock or found.all_locks),
        *_all_locks(found, lock),
        *_base(lock, found),
        *_released(function),
        *_samples(lock, function, found),
        *(_together(lock, found) if main is lock else ()),
        *_also(lock, function, found),
        *_waits(found),
        *_of_all_samples(main, found),
        *_renamed(found),
    ]
    return Words(
        headline=_headline(lock, function, found),
        findings=tuple(findings),
        warnings=tuple(speed.warnings(found, lock)),
        unchanged=tuple(_unchanged(found)),
        next_limit=limits.next_limit(found, lock),
    )


def _headline(lock: Change | None, function: Change | None, found: Told) -> str:
    if not found.changes:
        return _waiting_headline(found) if found.waits else "nothing was busy on either side"
    if lock is None and function is None:
        return _nothing(found)
    if lock is None and function is not None:
        every = found.all_locks
        beside = f"; waiting for locks is {percent(every.after.value)}, {_as_before(every)}" if every else ""
        return f"{_not_a_lock(function)}{named(function)} {moved(function)}{beside}"
    assert lock is not None
    if function is None or _is_larger(lock, function):
        return _lock_headline(lock, found)
    return _both(lock, function)


def _lock_headline(lock: Change, found: Told) -> str:
    """Tell a lock that changed more than any function; where the waiting went to another lock, both."""
    fell = lock.difference.value < 0
    other = next(
        (
            one
            for one in found.locks
            if has_moved(one) and (one.difference.value < 0) != fell and not base.is_explained(one)
        ),
        None,
    )
    if other is not None and abs(other.difference.value) >= _HALF * abs(lock.difference.value):
        return f"the wait moved: {named(lock)} {moved(lock)}; {named(other)} {moved(other)}"
    if base.is_explained(lock):
        return f"{named(lock)} {moved(lock)}, as all else did: the base shrank"
    return f"{'less' if fell else 'more'} waiting: {named(lock)} {moved(lock)}"


def _both(lock: Change, function: Change) -> str:
    first = f"{named(function)} {moved(function)}"
    if abs(lock.difference.value) < _BESIDE * abs(function.difference.value):
        return f"{_not_a_lock(function)}{first}"
    if base.is_explained(lock):
        return f"{_not_a_lock(function)}{first}; {named(lock)} {moved(lock)}, mostly because the base shrank"
    if function.difference.value < 0 < lock.difference.value:
        return f"the wait grew behind it: {first}; {named(lock)} {moved(lock)}"
    return f"{first}; {named(lock)} {moved(lock)}"


def _not_a_lock(function: Change) -> str:
    return "" if function.role == UNLOCK else "not a lock: "


def _nothing(found: Told) -> str:
    every = found.all_locks
    beside = f"; waiting for locks is {share(every.after)}, {share(every.before)} before" if every else ""
    if any(one.q is not None for one in found.changes):
        return f"no change beyond chance in {len(found.changes)} rows{beside}"
    return f"no row changed by as much as a point{beside}"


def _as_before(every: Change) -> str:
    return f"{percent(every.before.value)} before"


def _waiting_headline(found: Told) -> str:
    totals = [sum(one.total_ns for one in side) for side in _sides(found.waits)]
    counts = [sum(one.contended for one in side) for side in _sides(found.waits)]
    first = max(found.waits, key=lambda one: abs(one.after.total_ns - one.before.total_ns))
    verb = "rose" if totals[1] > totals[0] else "fell" if totals[1] < totals[0] else "stayed"
    return (
        f"waiting {verb} from {duration(totals[0])} in {counts[0]:,} waits to {duration(totals[1])} in {counts[1]:,}, "
        f"most of the difference for {first.kind} wanted by {first.caller or 'a caller unknown'}"
    )


def _sides(waits: Sequence[WaitChange]) -> tuple[list, list]:  # type: ignore[type-arg]
    return [one.before for one in waits], [one.after for one in waits]


def _all_locks(found: Told, lock: Change | None) -> Iterator[str]:
    every = found.all_locks
    if every is None or lock is None or len(found.locks) < 2:
        return
    yield f"all waiting for locks: {share(every.before)} before, {share(every.after)} after"


def _base(lock: Change | None, found: Told) -> Iterator[str]:
    """Tell what the base did to a lock whose share rose."""
    fall = base.largest_fall(found.changes)
    if lock is None or fall is None or lock.expected is None or lock.difference.value <= 0:
        return
    whole = f"with {fall.symbol} that much smaller, every other share is {times(base.factor(fall))} times what it was"
    alone = f"{named(lock)} would be at {percent(lock.expected)} by that alone"
    own = "so its rise is no sign of more waiting" if base.is_explained(lock) else "the rest of its rise is its own"
    yield f"{whole}: {alone}, {own}"


def _released(function: Change | None) -> Iterator[str]:
    """Tell what the share of a function that releases a lock can be."""
    if function is not None and function.role == UNLOCK:
        yield (
            f"{function.symbol} releases a {function.lock}: where the profiler's clock is an interrupt, as in guests, "
            "its share is the time for which interrupts were off"
        )


def _samples(lock: Change | None, function: Change | None, found: Told) -> Iterator[str]:
    """Tell numbers of samples, where recordings may have been equally long and nothing better is known."""
    many = [found.before.samples, found.after.samples]
    if found.cost_unit or not all(many) or max(many) > _SIMILAR * min(many):
        return
    rows = [one for one in (function, lock) if one is not None and one.samples is not None]
    if not rows or found.before.spread is not None or found.after.spread is not None:
        return
    told = [
        f"{named(one)} {amount(one.samples[0])} before, {amount(one.samples[1])} after" for one in rows if one.samples
    ]
    yield f"in samples: {'; '.join(told)} (comparable only if both recordings are equally long)"


def _together(lock: Change | None, found: Told) -> Iterator[str]:
    """Name functions that fell with a lock: often what its holder did, or what the waiting was for."""
    if lock is None or lock.difference.value >= 0:
        return
    fell = [one for one in _others(lock, None, found) if one.difference.value < 0][:_TOGETHER]
    if fell:
        yield f"fell with it: {listed([f'{named(one)} ({_short(one)})' for one in fell])}: perhaps what its holder did"


def _also(lock: Change | None, function: Change | None, found: Told) -> Iterator[str]:
    """Name what else moved, beyond what the base does to it."""
    is_told = lock is not None and lock.difference.value < 0 and (function is None or _is_larger(lock, function))
    rest = [one for one in _others(lock, function, found) if one.difference.value > 0 or not is_told][:_TOGETHER]
    if rest:
        yield f"also changed: {listed([f'{named(one)} ({_short(one)}{_expected(one)})' for one in rest])}"


def _is_larger(one: Change, other: Change) -> bool:
    return abs(one.difference.value) >= abs(other.difference.value)


def _others(lock: Change | None, function: Change | None, found: Told) -> list[Change]:
    """Return what else moved, the largest difference first; addresses mean nothing to a reader."""
    rows = found.functions if lock is None else [*found.functions, *found.locks]
    return sorted(
        (
            one
            for one in rows
            if one not in (lock, function)
            and has_moved(one)
            and not one.symbol.startswith(("0x", "["))
            and not base.is_as_expected(one)
            and not base.is_explained(one)
        ),
        key=lambda one: -abs(one.difference.value),
    )


def _short(one: Change) -> str:
    after = f"below {percent(one.after.value)}" if one.unlisted_after else percent(one.after.value)
    before = f"below {percent(one.before.value)}" if one.unlisted_before else percent(one.before.value)
    return f"{before} → {after}"


def _waits(found: Told) -> Iterator[str]:
    if not found.waits:
        return
    first = max(found.waits, key=lambda one: max(one.before.total_ns, one.after.total_ns))
    parts = []
    for name, side in (("before", first.before), ("after", first.after)):
        mean = f", {duration(side.mean_ns)} each" if side.mean_ns is not None else ""
        parts.append(f"{duration(side.total_ns)} in {side.contended:,} waits{mean} {name}")
    yield f"waits for {first.kind} wanted by {first.caller or 'a caller unknown'}: {'; '.join(parts)}"


def _of_all_samples(main: Change | None, found: Told) -> Iterator[str]:
    idle = [found.before.idle, found.after.idle]
    if main is None or max(idle) < _IDLE:
        return
    values = [percent(one.value * (1 - part / 100)) for one, part in zip((main.before, main.after), idle, strict=True)]
    yield f"of all samples, idle ones too: {named(main)} {values[0]} before, {values[1]} after"


def _renamed(found: Told) -> Iterator[str]:
    for one in found.changes:
        if one.kind == SYMBOL and one.renamed_from:
            yield f"{one.symbol} is taken for {one.renamed_from} under a new name, a guess: {one.why_renamed}"


def _unchanged(found: Told) -> list[str]:
    """Return the heaviest rows that stayed, or that are what the smaller base makes of them."""
    rows = [
        one
        for one in (*found.functions, *found.locks)
        if min(one.before.value, one.after.value) >= _STAYED_SHARE
        and not (one.unlisted_before or one.unlisted_after)
        and (base.is_as_expected(one) or (one.q is not None and not one.is_significant))
    ]
    rows.sort(key=lambda one: (-one.after.value, one.symbol))
    return [f"{named(one)} ({_short(one)}{_expected(one)})" for one in rows[:_STAYED]]


def _expected(one: Change) -> str:
    return f", {percent(one.expected)} expected" if one.expected is not None else ""
