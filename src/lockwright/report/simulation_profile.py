"""A point of a simulation as a profile, as if a profiler had watched: what reads and writes profiles takes it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Provenance, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.points import Point, SeedRun, StackCycles

EVENT = "cycles"
IDLE = "cpu_idle"
"""What a CPU runs whose thread sleeps in the system, as Linux called it up to 3.x."""


def point_profile(point: Point) -> Profile:
    """Return the cycles of a point by stack, of all CPUs and seeds together; CPUs that idle among them."""
    return _profile(point, point.runs, point.stacks)


def seed_profiles(point: Point) -> tuple[Profile, ...]:
    """Return the same of each seed apart: runs of one side, for a comparison."""
    return tuple(_profile(point, (run,), run.stacks) for run in point.runs)


def _profile(point: Point, runs: Sequence[SeedRun], stacks: Sequence[StackCycles]) -> Profile:
    samples = [Sample(tuple(map(Frame, one.stack)), one.cycles, event=EVENT) for one in stacks]
    idle = sum(run.idle_cycles for run in runs)
    if idle:
        samples.append(Sample((Frame(IDLE),), idle, event=EVENT))
    cpus = f"{point.cpus} CPU{'s' if point.cpus > 1 else ''}"
    return Profile(
        Provenance(f"{point.lock} on {cpus} of {point.machine}", "simulation", 0),
        tuple(samples),
        unit="period",
        has_stacks=True,
        facts={"simulated on": point.machine, "samples of": EVENT, "nrcpus online": str(point.cpus)} | _done(runs),
    )


def _done(runs: Sequence[SeedRun]) -> dict[str, str]:
    """Return how long the measured windows were, and what was done in them."""
    if not all(run.throughput_per_s > 0 for run in runs):
        return {}
    seconds = sum(run.acquisitions / run.throughput_per_s for run in runs)
    return {"seconds": f"{seconds:.9g}", "operations": str(sum(run.acquisitions for run in runs))}
