"""Recordings made for a purpose: stacks and how many samples they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles import Frame, Profile, Provenance, Sample, Wait, comparing
from lockwright.profiles.comparing import Comparison, Side, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOW = "native_queued_spin_lock_slowpath < _raw_spin_lock"


def recording(
    stacks: Mapping[str, float],
    *,
    unit: str = "samples",
    per_sample: float = 1.0,
    cpu: int | None = None,
    event: str = "cycles",
    command: str = "bench",
    facts: Mapping[str, str] | None = None,
    name: str = "made",
) -> Profile:
    """Return a recording: the innermost function first, `f < g`, and its number of samples, or its percent."""
    samples = tuple(
        Sample(
            tuple(map(Frame, stack.split(" < "))),
            weight * per_sample,
            0 if unit == "percent" else round(weight),
            command,
            cpu,
            event,
        )
        for stack, weight in stacks.items()
    )
    has_stacks = any(" < " in one for one in stacks)
    return Profile(Provenance(name, "made", 1), samples, (), unit, has_stacks, dict(facts or {}))


def together(*runs: Profile) -> Profile:
    """Return one recording with the samples of several."""
    first = runs[0]
    samples = tuple(sample for run in runs for sample in run.samples)
    return Profile(first.provenance, samples, (), first.unit, first.has_stacks, first.facts)


def waiting(*waits: tuple[str, str, int, float], name: str = "made") -> Profile:
    """Return a recording of waits: the kind of lock, its caller, how many, and nanoseconds in all."""
    made = tuple(Wait("", kind, (Frame(caller),), count, count, total, total) for kind, caller, count, total in waits)
    return Profile(Provenance(name, "made", 1), (), made, "samples", has_stacks=True)


def side(*runs: Profile, seconds: tuple[float, ...] = (), work: tuple[float, ...] = ()) -> Side:
    return comparing.side(runs, seconds, work, "before")


def compared(before: Mapping[str, float], after: Mapping[str, float]) -> Comparison:
    return compare(side(recording(before)), side(recording(after)))
