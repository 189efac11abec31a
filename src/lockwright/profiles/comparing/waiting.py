"""Waits for locks on both sides: how long in all, how long each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.comparing.results import WaitChange, Waited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.profiles.comparing.sides import Side


def wait_changes(before: Side, after: Side, names: Mapping[str, str]) -> tuple[WaitChange, ...]:
    """Return the waits by kind of lock and caller, the longest total of either side first.

    Args:
        before: One side.
        after: The other one.
        names: Callers that have another name after.
    """
    here, there = _waited(before, names), _waited(after, {})
    pairs = [
        WaitChange(kind, caller, here.get((kind, caller), Waited()), there.get((kind, caller), Waited()))
        for kind, caller in {**here, **there}
    ]
    return tuple(sorted(pairs, key=lambda one: (-max(one.before.total_ns, one.after.total_ns), one.kind, one.caller)))


def _waited(side: Side, names: Mapping[str, str]) -> dict[tuple[str, str], Waited]:
    found: dict[tuple[str, str], Waited] = defaultdict(Waited)
    for run in side.runs:
        for one in folding.waits_by_caller(run.waits):
            key = (one.kind, names.get(one.caller, one.caller))
            sums = found[key]
            found[key] = replace(
                sums,
                contended=sums.contended + one.contended,
                ended=sums.ended + one.ended,
                total_ns=sums.total_ns + one.total_ns,
                longest_ns=max(sums.longest_ns, one.longest_ns),
            )
    return dict(found)
