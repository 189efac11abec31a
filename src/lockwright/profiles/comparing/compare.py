"""Two sides of recordings: which functions and locks changed, by how much, and whether chance explains it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.choosing import CHOSEN
from lockwright.profiles.comparing import renaming, resampling
from lockwright.profiles.comparing.base import with_expected
from lockwright.profiles.comparing.cautions import cautions
from lockwright.profiles.comparing.costs import Measured, cost_unit, costs, throughput
from lockwright.profiles.comparing.discovery import RATE, adjusted
from lockwright.profiles.comparing.estimating import difference, estimates
from lockwright.profiles.comparing.findings import tell
from lockwright.profiles.comparing.method import brief, method
from lockwright.profiles.comparing.results import ALL_LOCKS, GONE, LOCK, NEW, SYMBOL, Change, Comparison, Estimate
from lockwright.profiles.comparing.sides import common_events, refused
from lockwright.profiles.comparing.summary import summary
from lockwright.profiles.comparing.tally import EVERY_LOCK, Key, Tally, tally
from lockwright.profiles.comparing.told import Told
from lockwright.profiles.comparing.waiting import wait_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.comparing.renaming import Renaming
    from lockwright.profiles.comparing.results import ThreadRow
    from lockwright.profiles.comparing.sides import Side
    from lockwright.profiles.model import Profile

LEAST_SHARE = 0.3
"""Percent on either side from which on a row is looked at."""
LEAST_SAMPLES = 6
"""Of both sides together: with fewer no difference can be told from chance, whatever it is (Tarone, Biometrics 46
(1990)), and each row more makes it harder for the others."""
MOST_ROWS = 200
_LEAST_NEW = 0.5  # percent from which on a row without an interval is called new


def compare(before: Side, after: Side, *, seed: int = 1, threads: Sequence[ThreadRow] = ()) -> Comparison:
    """Return what changed from one side to the other.

    Args:
        before: One side.
        after: The other one.
        seed: Of the random numbers of the bootstrap.
        threads: The table of the one who measured, to be passed on.

    Raises:
        LockwrightError: One side has samples alone and the other one waits alone, or the runs of a side have no event
            in common.
    """
    _refuse_mixed(before, after)
    before, after, left_out = _common(before, after)
    events = common_events(before, after)
    pair = [tuple(tally(run, event) for run in side.runs) for side, event in zip((before, after), events, strict=True)]
    guesses = renaming.renamings(*pair)
    names = {one.before: one.after for one in guesses}
    pair[0] = tuple(renaming.renamed(one, names) for one in pair[0])
    has_callers = all(any(run.has_stacks for run in side.runs) for side in (before, after))
    keys = [one for one in _keys(*pair) if has_callers or one.kind != LOCK]
    here, there = (_measured(side, runs, keys, seed) for side, runs in zip((before, after), pair, strict=True))
    _lend_spread(here, there)
    here, there = _estimated(here), _estimated(there)
    unit = cost_unit(here, there)
    changes = _changes(keys, here, there, {one.after: one for one in guesses}, unit, seed)
    waits = wait_changes(before, after, names, seed)
    summaries = [
        summary(side, one, throughput(one, seed)) for side, one in zip((before, after), (here, there), strict=True)
    ]
    stacks = [
        [sample for run in side.runs for sample in folding.by_event(run.samples).get(event, ())]
        for side, event in zip((before, after), events, strict=True)
    ]
    told = tell(Told(changes, waits, summaries[0], summaries[1], unit, stacks[0], stacks[1]))
    commands = summaries[0].facts.get(CHOSEN, "")
    return Comparison(
        headline=f"{commands}: {told.headline}" if commands else told.headline,
        findings=told.findings,
        warnings=(*left_out, *told.warnings, *cautions(before, after, here, there, summaries[0], summaries[1])),
        before=summaries[0],
        after=summaries[1],
        changes=changes,
        waits=waits,
        unchanged=told.unchanged,
        next_limit=told.next_limit,
        method=method(here, there, keys, waits, commands),
        brief=brief(here, there, keys, commands),
        cost_unit=unit,
        threads=tuple(threads),
        seed=seed,
    )


def _refuse_mixed(before: Side, after: Side) -> None:
    has_samples = [any(run.samples for run in side.runs) for side in (before, after)]
    has_waits = [any(run.waits for run in side.runs) for side in (before, after)]
    if all(has_samples) or all(has_waits):
        return
    names = [f"`{side.runs[0].provenance.source}`" for side in (before, after)]
    what = [
        "samples" if samples else "waits for locks" if waits else _other(side)
        for side, samples, waits in zip((before, after), has_samples, has_waits, strict=True)
    ]
    title = f"{names[0]} has {what[0]}, {names[1]} has {what[1]}: there is nothing to compare"
    raise refused("P043", title, "record both with the same command: samples, or waits for locks")


def _common(before: Side, after: Side) -> tuple[Side, Side, tuple[str, ...]]:
    """Return both sides with what both have, samples or waits, and what was left out in a sentence."""
    left_out = []
    for what in ("samples", "waits"):
        has = [any(getattr(run, what) for run in side.runs) for side in (before, after)]
        if has[0] == has[1]:
            continue
        name, words = "after" if has[0] else "before", "samples" if what == "samples" else "waits for locks"
        left_out.append(f"{name} has no {words}: those of the other side are left out")
        before, after = (
            replace(side, runs=tuple(_without(run, what) for run in side.runs)) for side in (before, after)
        )
    return before, after, tuple(left_out)


def _without(run: Profile, what: str) -> Profile:
    return replace(run, samples=()) if what == "samples" else replace(run, waits=(), holdings=())


def _other(side: Side) -> str:
    """Return what a side has that cannot be compared."""
    if any(run.shared_lines for run in side.runs):
        return "cache lines, which are not compared"
    return "neither samples nor waits for locks"


def _keys(before: Sequence[Tally], after: Sequence[Tally]) -> list[Key]:
    """Return the rows to be looked at: the heaviest of either side, always with all locks together."""
    heaviest: dict[Key, float] = {}
    counts: dict[Key, float] = {}
    is_counted = all(run.samples > 0 for run in (*before, *after))
    for run in (*before, *after):
        for key, share in run.shares.items():
            heaviest[key] = max(share, heaviest.get(key, 0.0))
            counts[key] = counts.get(key, 0.0) + run.counts.get(key, 0.0)
    worth = [
        key
        for key, share in heaviest.items()
        if share >= LEAST_SHARE and (not is_counted or counts[key] >= LEAST_SAMPLES)
    ]
    found = sorted(worth, key=lambda key: (-heaviest[key], key))
    has_locks = EVERY_LOCK in heaviest
    return [*([EVERY_LOCK] if has_locks else []), *(key for key in found if key != EVERY_LOCK)][:MOST_ROWS]


def _measured(side: Side, runs: tuple[Tally, ...], keys: Sequence[Key], seed: int) -> Measured:
    spread = resampling.side_spread(runs, keys, seed) if keys else None
    means = resampling.shares(runs, keys).mean(axis=0) if keys else ()
    return Measured(runs, spread, side.seconds, side.work, tuple(Estimate(float(one)) for one in means))


def _lend_spread(before: Measured, after: Measured) -> None:
    """Add the variance between runs of one side to a side that is one run: nothing else tells how runs differ."""
    for one, other in ((before, after), (after, before)):
        if one.spread is not None and other.spread is not None and len(one.tallies) == 1 < len(other.tallies):
            resampling.widen(one.spread, other.spread, len(other.tallies))


def _estimated(side: Measured) -> Measured:
    return side if side.spread is None else replace(side, shares=tuple(estimates(side.spread)))


def _changes(
    keys: Sequence[Key], before: Measured, after: Measured, guesses: dict[str, Renaming], unit: str, seed: int
) -> tuple[Change, ...]:
    tested = [_tested(before, after, row, key) for row, key in enumerate(keys)]
    q_values = _adjusted_apart(keys, [p for _, p in tested if p is not None])
    has_p = bool(tested) and tested[0][1] is not None
    found = [
        _change(key, row, before, after, tested[row], q_values[row] if has_p else None) for row, key in enumerate(keys)
    ]
    found = [_with_name(one, guesses) for one in found]
    if unit:
        found = _with_costs(found, keys, before, after, seed)
    return tuple(sorted(with_expected(found), key=lambda one: -abs(one.difference.value)))


def _adjusted_apart(keys: Sequence[Key], p_values: Sequence[float]) -> list[float]:
    """Return adjusted values, of functions and of locks apart: few locks do not pay for hundreds of functions."""
    found = [1.0] * len(p_values)
    for is_function in (True, False):
        rows = [row for row in range(len(p_values)) if (keys[row].kind == SYMBOL) == is_function]
        for row, q in zip(rows, adjusted([p_values[row] for row in rows]), strict=True):
            found[row] = q
    return found


def _tested(before: Measured, after: Measured, row: int, key: Key) -> tuple[Estimate, float | None]:
    """Return the difference of a row and how probable it is; what a file does not list is as near as it can be."""
    shares = [one.shares[row].value for one in (before, after)]
    missing = [not any(key in run.shares for run in one.tallies) for one in (before, after)]
    if (missing[0] and shares[0] >= shares[1]) or (missing[1] and shares[1] >= shares[0]):
        return Estimate(0.0), 1.0 if before.spread is not None and after.spread is not None else None
    if before.spread is None or after.spread is None:
        return Estimate(shares[1] - shares[0]), None
    return difference(before.spread, after.spread, row)


def _change(
    key: Key, row: int, before: Measured, after: Measured, tested: tuple[Estimate, float | None], q: float | None
) -> Change:
    shares = [one.shares[row] for one in (before, after)]
    missing = [not any(key in run.shares for run in one.tallies) for one in (before, after)]
    unlisted = [absent and one.value > 0 for absent, one in zip(missing, shares, strict=True)]
    symbol = key.name if key.kind == SYMBOL else _most_waiting(key, before, after)
    family = folding.family(symbol) if symbol else None
    is_significant = q is not None and q <= RATE
    is_worth_a_word = is_significant or (q is None and max(one.value for one in shares) >= _LEAST_NEW)
    mark = NEW if missing[0] and not unlisted[0] else GONE if missing[1] and not unlisted[1] else ""
    return Change(
        kind=key.kind,
        symbol=symbol if key.kind != ALL_LOCKS else "",
        caller=key.caller,
        role=family.role if family and key.kind != ALL_LOCKS else "",
        lock=key.name if key.kind == LOCK else family.lock if family and key.kind == SYMBOL else "",
        before=shares[0],
        after=shares[1],
        difference=tested[0],
        p=tested[1],
        q=q,
        is_significant=is_significant,
        unlisted_before=unlisted[0],
        unlisted_after=unlisted[1],
        mark=mark if is_worth_a_word else "",
        samples=_samples(key, before, after),
        called_by=(_called_by(key, before), _called_by(key, after)) if key.kind == SYMBOL else ("", ""),
    )


def _samples(key: Key, before: Measured, after: Measured) -> tuple[float, float] | None:
    """Return how many samples a function has, all runs of a side together; None where the files do not count."""
    if key.kind != SYMBOL or not all(run.is_counted for one in (before, after) for run in one.tallies):
        return None
    here, there = (sum(run.counts.get(key, 0.0) for run in one.tallies) for one in (before, after))
    return here, there


def _called_by(key: Key, side: Measured) -> str:
    """Return who calls a function most on one side; empty if unknown."""
    weights: dict[str, float] = {}
    for run in side.tallies:
        for caller, weight in run.callers.get(key.name, {}).items():
            weights[caller] = weights.get(caller, 0.0) + weight
    return max(weights, key=lambda caller: (weights[caller], caller)) if weights else ""


def _most_waiting(key: Key, before: Measured, after: Measured) -> str:
    """Return the function that waits most for a lock, on both sides together."""
    weights: dict[str, float] = {}
    for run in (*before.tallies, *after.tallies):
        total = sum(run.waiting.get(key, {}).values()) or 1.0
        for symbol, weight in run.waiting.get(key, {}).items():
            weights[symbol] = weights.get(symbol, 0.0) + run.shares.get(key, 0.0) * weight / total
    return max(weights, key=lambda symbol: (weights[symbol], symbol)) if weights else ""


def _with_name(one: Change, guesses: dict[str, Renaming]) -> Change:
    guess = guesses.get(one.symbol) if one.kind == SYMBOL else guesses.get(one.caller) if one.kind == LOCK else None
    return one if guess is None else replace(one, renamed_from=guess.before, why_renamed=guess.why)


def _with_costs(
    found: Sequence[Change], keys: Sequence[Key], before: Measured, after: Measured, seed: int
) -> list[Change]:
    made = list(found)
    if before.work and after.work:
        pairs = zip(costs(before, keys, before.work, seed), costs(after, keys, after.work, seed), strict=True)
        made = [replace(one, per_operation=pair) for one, pair in zip(made, pairs, strict=True)]
    if before.seconds and after.seconds:
        pairs = zip(costs(before, keys, before.seconds, seed), costs(after, keys, after.seconds, seed), strict=True)
        made = [replace(one, per_second=pair) for one, pair in zip(made, pairs, strict=True)]
    return made
