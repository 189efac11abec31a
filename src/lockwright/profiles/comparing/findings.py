"""What changed, in words: the verdict, what it rests on, what is next, and what stayed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.comparing import base, limits, speed
from lockwright.profiles.comparing.headline import headline
from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.comparing.sides import SIMULATED
from lockwright.profiles.comparing.told import counterpart, has_moved, heaviest_wait, is_larger, moved_to
from lockwright.profiles.comparing.waiting import per_second
from lockwright.profiles.comparing.wording import (
    amount,
    duration,
    listed,
    named,
    named_wait,
    percent,
    share,
    times,
    times_waited,
)
from lockwright.profiles.diagnosis.base import is_masked
from lockwright.profiles.symbols import UNLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.comparing.results import Change, WaitChange, Waited
    from lockwright.profiles.comparing.told import Told

_FIGURE = re.compile(r"[a-z][\w-]*(?:\.[\w%-]+)+")
_FIGURES = 3
_SIMILAR = 4.0  # times as many samples: runs that may have been equally long
_TOGETHER = 3  # names told as having fallen together
_STAYED = 5  # names told as unchanged
_STAYED_SHARE = 1.0  # percent: what weighs less and stays is not worth a word
_IDLE = 0.5  # percent


@dataclass(frozen=True, slots=True)
class Words:
    """See `results.Comparison`."""

    headline: str
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    unchanged: tuple[str, ...]
    next_limit: str


def _main(rows: Sequence[Change]) -> Change | None:
    """Return the row that moved most; what only the base has raised comes last."""
    moving = [one for one in rows if has_moved(one)]
    return next((one for one in moving if not base.is_explained(one)), moving[0] if moving else None)


def tell(found: Told) -> Words:
    """Return what there is to say."""
    lock, function = _main(found.locks), _main(found.functions)
    main = max((one for one in (lock, function) if one), key=lambda one: abs(one.difference.value), default=None)
    findings = [
        *_figures(found),
        *speed.sentences(found, lock or found.all_locks),
        *_all_locks(found, lock),
        *_base(lock, found),
        *_released(function, found),
        *_samples(lock, function, found),
        *(_together(lock, found) if main is lock else ()),
        *_also(lock, function, found),
        *_waits(lock, found),
        *_of_all_samples(main, found),
        *_renamed(found),
    ]
    return Words(
        headline=f"{speed.prefix(found)}{headline(lock, function, found)}{_hedge(main, found)}",
        findings=tuple(findings),
        warnings=tuple(speed.warnings(found, lock, main)),
        unchanged=tuple(_unchanged(found)),
        next_limit=limits.next_limit(found, lock),
    )


def _hedge(main: Change | None, found: Told) -> str:
    """Return what the first line must add where nothing says how far shares may be off; simulations are exact."""
    is_exact = all(SIMULATED in side.facts for side in (found.before, found.after))
    if main is None or main.q is not None or is_exact:
        return ""
    return " (of how many samples is not known: it may be chance)"


def _figures(found: Told) -> Iterator[str]:
    """Tell what else was measured on both sides: the first figures of a test, such as `will-it-scale.workload`."""
    told = 0
    for name, text in found.before.facts.items():
        other = found.after.facts.get(name)
        values = [_number(one) for one in (text, other)]
        if told < _FIGURES and _FIGURE.fullmatch(name) and values[0] and values[1] is not None:
            told += 1
            change = 100 * (values[1] / values[0] - 1)
            yield f"{name}: {amount(values[0])} before, {amount(values[1])} after ({change:+.1f} %)"


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


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


def _released(function: Change | None, found: Told) -> Iterator[str]:
    """Tell what the share of a function that releases a lock can be; where the clock is known, a warning says it."""
    is_told = is_masked(found.before.event) or is_masked(found.after.event)
    if function is not None and function.role == UNLOCK and not is_told:
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
    is_told = lock is not None and lock.difference.value < 0 and (function is None or is_larger(lock, function))
    other = counterpart(function, found) if lock is None else moved_to(lock, found)
    rest = [
        one for one in _others(lock, function, found) if one is not other and (one.difference.value > 0 or not is_told)
    ][:_TOGETHER]
    if rest:
        yield f"also changed: {listed([f'{named(one)} ({_short(one)}{_expected(one)})' for one in rest])}"


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
            and not (one.expected is not None and base.is_as_expected(one))
            and not base.is_explained(one)
        ),
        key=lambda one: -abs(one.difference.value),
    )


def _short(one: Change) -> str:
    after = f"below {percent(one.after.value)}" if one.unlisted_after else percent(one.after.value)
    before = f"below {percent(one.before.value)}" if one.unlisted_before else percent(one.before.value)
    return f"{before} → {after}"


def _waits(lock: Change | None, found: Told) -> Iterator[str]:
    """Tell how long the lock was waited for, and how many tasks wait at any moment."""
    every = next((one for one in found.waits if one.is_all), None)
    mine = [one for one in found.waits if lock is not None and lock.caller and one.caller == lock.caller]
    first = next(iter(mine), None) or heaviest_wait(found)
    for one in dict.fromkeys(filter(None, (first, every))):
        before, after = times_waited(one.before, one.total_before), times_waited(one.after, one.total_after)
        yield f"waits for {named_wait(one)}: {before} before; {after} after{_at_once(one, found)}"
        held = [_held(side) for side in (one.before, one.after)]
        if any(held):
            yield f"{named_wait(one)} itself: {held[0] or 'not taken'} before; {held[1] or 'not taken'} after"


def _held(side: Waited) -> str:
    """Return how often a lock was taken and for how long it was held; empty if that is not known."""
    if not side.acquired:
        return ""
    each = f", held for {duration(side.mean_held_ns)} each time" if side.mean_held_ns is not None else ""
    return f"taken {amount(side.acquired)} times{each}"


def _at_once(one: WaitChange, found: Told) -> str:
    rates = per_second(one, found.before.seconds, found.after.seconds)
    return f" ({rates[0]:.2f} and {rates[1]:.2f} tasks wait at any moment)" if rates and max(rates) >= 0.01 else ""


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
        and base.is_known_to_stay(one)
        and (one.expected is not None or not has_moved(one))
    ]
    rows.sort(key=lambda one: (-one.after.value, one.symbol))
    return [f"{named(one)} ({_short(one)}{_expected(one)})" for one in rows[:_STAYED]]


def _expected(one: Change) -> str:
    return f", {percent(one.expected)} expected" if one.expected is not None else ""
