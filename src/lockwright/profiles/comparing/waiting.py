"""Waits for locks on both sides: how long in all, how long each, and whether runs differ as much among themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from lockwright.profiles import folding
from lockwright.profiles.comparing.discovery import RATE, adjusted
from lockwright.profiles.comparing.results import Estimate, WaitChange, Waited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.profiles.comparing.sides import Side
    from lockwright.profiles.model import Holding, Profile, Wait


class WaitKey(NamedTuple):
    """Whose waits are told together.

    Args:
        kind: Of lock, such as `rwsem:W`.
        caller: Who wanted it; empty where no stack tells.
        lock: Its name where there is no stack; else empty: all locks that the caller wants are told together.
    """

    kind: str
    caller: str
    lock: str


EVERY_WAIT = WaitKey("", "", "")


def wait_changes(before: Side, after: Side, names: Mapping[str, str], seed: int) -> tuple[WaitChange, ...]:
    """Return the waits of each lock, all together first, then the longest total of either side.

    Args:
        before: One side.
        after: The other one.
        names: Callers that have another name after.
        seed: Of the random numbers.
    """
    here, there = ([_of_run(run, used) for run in side.runs] for side, used in ((before, names), (after, {})))
    keys = list(dict.fromkeys(key for run in (*here, *there) for key in run))
    if not keys:
        return ()
    pairs = [WaitChange(key.kind, key.caller, key.lock, _mean(here, key), _mean(there, key)) for key in keys]
    if min(len(here), len(there)) > 1:
        pairs = _judged(pairs, [_totals(runs, keys) for runs in (here, there)], seed)
    return tuple(sorted(pairs, key=_order))


def _order(one: WaitChange) -> tuple[object, ...]:
    totals = [max(getattr(side, what) for side in (one.before, one.after)) for what in ("total_ns", "contended")]
    return not one.is_all, -totals[0], -totals[1], one.kind, one.caller, one.lock


def _of_run(run: Profile, names: Mapping[str, str]) -> dict[WaitKey, Waited]:
    found: dict[WaitKey, Waited] = defaultdict(Waited)
    for one in run.waits:
        waited = Waited(one.contended, one.ended, one.total_ns, one.longest_ns)
        for key in (_key(one, names), EVERY_WAIT):
            found[key] = _sum(found[key], waited)
    for held in run.holdings:
        key = _key(held, names)
        if key in found:  # of locks that nobody waited for there are thousands
            found[key] = _sum(found[key], Waited(acquired=held.acquired, held_ns=held.total_ns))
    return dict(found)


def _key(one: Wait | Holding, names: Mapping[str, str]) -> WaitKey:
    who = folding.outermost(one.stack)
    caller = folding.plain(who.symbol) if who else ""
    return WaitKey(one.kind, names.get(caller, caller), "" if one.stack else one.lock)


def _sum(one: Waited, other: Waited) -> Waited:
    return Waited(
        one.contended + other.contended,
        one.ended + other.ended,
        one.total_ns + other.total_ns,
        max(one.longest_ns, other.longest_ns),
        one.acquired + other.acquired,
        one.held_ns + other.held_ns,
    )


def _mean(runs: Sequence[Mapping[WaitKey, Waited]], key: WaitKey) -> Waited:
    """Return what a run has on average; the longest wait is that of all."""
    found = [run.get(key, Waited()) for run in runs]
    return Waited(
        sum(one.contended for one in found) / len(found),
        sum(one.ended for one in found) / len(found),
        sum(one.total_ns for one in found) / len(found),
        max(one.longest_ns for one in found),
        sum(one.acquired for one in found) / len(found),
        sum(one.held_ns for one in found) / len(found),
    )


def _totals(runs: Sequence[Mapping[WaitKey, Waited]], keys: Sequence[WaitKey]) -> list[list[float]]:
    return [[run.get(key, Waited()).total_ns for key in keys] for run in runs]


def _judged(pairs: Sequence[WaitChange], totals: Sequence[list[list[float]]], seed: int) -> list[WaitChange]:
    """Add intervals of the totals of a run, and whether they differ by more than runs of a side do."""
    import numpy as np

    from lockwright.profiles.comparing.estimating import difference, estimates
    from lockwright.profiles.comparing.resampling import of_runs

    before, after = (of_runs(np.array(one, dtype=np.float64), seed) for one in totals)
    p_values = [difference(before, after, row)[1] for row in range(len(pairs))]
    return [
        replace(one, total_before=here, total_after=there, is_significant=q <= RATE)
        for one, here, there, q in zip(pairs, estimates(before), estimates(after), adjusted(p_values), strict=True)
    ]


def per_second(one: WaitChange, before: Sequence[float], after: Sequence[float]) -> tuple[float, float] | None:
    """Return how many tasks wait at any moment on average, None where lengths of runs are not known.

    Args:
        one: The waits.
        before: Seconds of each run.
        after: Likewise.
    """
    if not before or not after:
        return None
    lengths = [sum(side) / len(side) for side in (before, after)]
    return one.before.total_ns / 1e9 / lengths[0], one.after.total_ns / 1e9 / lengths[1]


def total(one: Estimate | None, of: Waited) -> Estimate:
    """Return the total of a run with its interval where there is one."""
    return one or Estimate(of.total_ns)
