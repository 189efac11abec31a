"""A point of a simulation as a profile, as if a profiler had watched: what reads and writes profiles takes it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Provenance, Sample

if TYPE_CHECKING:
    from lockwright.points import Point

EVENT = "cycles"
IDLE = "cpu_idle"
"""What a CPU runs whose thread sleeps in the system, as Linux called it up to 3.x."""


def point_profile(point: Point) -> Profile:
    """Return the cycles of a point by stack, of all CPUs and seeds together; CPUs that idle among them."""
    samples = [Sample(tuple(map(Frame, one.stack)), one.cycles, event=EVENT) for one in point.stacks]
    idle = sum(run.idle_cycles for run in point.runs)
    if idle:
        samples.append(Sample((Frame(IDLE),), idle, event=EVENT))
    cpus = f"{point.cpus} CPU{'s' if point.cpus > 1 else ''}"
    return Profile(
        Provenance(f"{point.lock} on {cpus} of {point.machine}", "simulation", 0),
        tuple(samples),
        unit="period",
        has_stacks=True,
        facts={"simulated on": point.machine, "samples of": EVENT, "nrcpus online": str(point.cpus)},
    )
