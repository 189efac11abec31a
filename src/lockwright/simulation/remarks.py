"""What a simulation has to say of itself: faults of what ran, and why its figures may be poor."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from lockwright.results import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.points import Point, SimulationResult

FEW_EACH = 10
"""Acquisitions of a thread below which its figures are poor."""


def warnings(result: SimulationResult, planned: int, done: int) -> list[str]:
    """Return why the figures may be poor: what was left out, and what is too few."""
    found = []
    if result.is_interrupted:
        found.append(f"interrupted: {done:,} of {planned:,} runs had ended")
    if len(result.seeds) == 1:
        found.append("one seed: there are no intervals, and branches go unseen")
    few = [
        one
        for one in result.points
        if one.run_ns is None and min(run.acquisitions for run in one.runs) < FEW_EACH * one.cpus
    ]
    if few:
        found.append(f"a thread came round less than {FEW_EACH} times at {few[0].cpus} CPUs: `--ops` measures longer")
    else:
        found += (text for lock in dict.fromkeys(one.lock for one in result.points) if (text := _starved(result, lock)))
    return found


def _starved(result: SimulationResult, lock: str) -> str:
    """Return on how many CPUs threads waited for a lock all along; empty if none did."""
    points = [one for one in result.points if one.lock == lock and any(run.starved for run in one.runs)]
    if not points:
        return ""
    last = max(points, key=lambda one: one.cpus)
    most = max(run.starved for run in last.runs)
    waited = f"{counted(most, 'thread')} of {last.cpus} waited in all of the measured time and never had it"
    return f"{lock} starves waiters: on {last.cpus} CPUs {waited}; latencies are those of the others"


def faults(result: SimulationResult) -> list[str]:
    """Return what programs did that makes their figures idle."""
    found = []
    for lock in dict.fromkeys(point.lock for point in result.points):
        failed = sum(run.failed_assertions for one in result.points if one.lock == lock for run in one.runs)
        if failed:
            found.append(
                f"{lock}: {failed:,} assertions failed while it ran; `lockwright check {quote(lock)}` tells why"
            )
        found += _admitted([one for one in result.points if one.lock == lock])
    return found


def _admitted(points: Sequence[Point]) -> list[str]:
    """Return what there is to say of a lock that somebody took while another held it."""
    overlaps = {one.cpus: sum(run.overlaps for run in one.runs) for one in points}
    if not any(overlaps.values()):
        return []
    cpus = max(overlaps, key=lambda count: overlaps[count])
    lock, many = points[0].lock, f"{overlaps[cpus]:,} time{'s' if overlaps[cpus] != 1 else ''}"
    told = f"{lock} was taken {many} on {cpus} CPUs while another thread held it: these are no figures of a lock"
    return [f"{told}; `lockwright check {quote(lock)}` looks for the shortest way there"]
