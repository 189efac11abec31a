"""From runs with several seeds to one point: means, the interval of the mean, branches, one profile.

The interval is Student's: mean ± t(0.975, n - 1) s / √n over the n seeds.  It says how far chance within the model
carries, not how far the model is from a machine.
"""

from __future__ import annotations

import itertools
import math
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from lockwright.points import FunctionProfile, Point, StackCycles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.points import SeedRun

T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Quantiles of Student's t for 95 % on both sides together, by degrees of freedom from 1."""
NORMAL_975 = 1.96
BRANCH_GAP = 0.15  # of the larger throughput: nearer than that, two groups of seeds are no branches
BRANCH_SPREAD = 3.0  # how many times wider the gap is than the wider group


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of some values and the ends of its 95 % interval; of one value, that value three times."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, mean, mean
    freedom = len(values) - 1
    t = T_975[freedom - 1] if freedom <= len(T_975) else NORMAL_975
    half = t * stdev(values) / math.sqrt(len(values))
    return mean, max(0.0, mean - half), mean + half


def branches(values: Sequence[float]) -> tuple[tuple[float, int], ...]:
    """Return the groups in which values lie, larger first, each as its mean and how many there are.

    Two groups are told apart at the widest gap, if it is over `BRANCH_GAP` of the upper group's mean and over
    `BRANCH_SPREAD` times the wider group.
    """
    ordered = sorted(values)
    gaps = [after - before for before, after in itertools.pairwise(ordered)]
    if not gaps:
        return tuple((value, 1) for value in values)
    at = gaps.index(max(gaps)) + 1
    low, high = ordered[:at], ordered[at:]
    inside = max(low[-1] - low[0], high[-1] - high[0])
    if gaps[at - 1] > BRANCH_GAP * fmean(high) and gaps[at - 1] > BRANCH_SPREAD * inside:
        return (fmean(high), len(high)), (fmean(low), len(low))
    return ((fmean(values), len(values)),)


def merged(runs: Sequence[SeedRun]) -> tuple[FunctionProfile, ...]:
    """Return the profiles of some runs as one, the largest share first."""
    rows: dict[tuple[str, str], list[int]] = {}
    for run in runs:
        for one in run.profile:
            counts = rows.setdefault((one.name, one.caller), [0] * 6)
            for number, count in enumerate(_counts(one)):
                counts[number] += count
    busy = sum(counts[0] for counts in rows.values())
    profile = [FunctionProfile(*key, counts[0] / busy if busy else 0.0, *counts) for key, counts in rows.items()]
    return tuple(sorted(profile, key=lambda row: (-row.cycles, row.name, row.caller)))


def merged_stacks(runs: Sequence[SeedRun]) -> tuple[StackCycles, ...]:
    """Return the cycles of some runs by calls as one, the most first."""
    cycles: dict[tuple[str, ...], int] = {}
    for run in runs:
        for one in run.stacks:
            cycles[one.stack] = cycles.get(one.stack, 0) + one.cycles
    return tuple(StackCycles(*pair) for pair in sorted(cycles.items(), key=lambda pair: (-pair[1], pair[0])))


def _counts(row: FunctionProfile) -> tuple[int, ...]:
    return row.cycles, row.instructions, row.cache_references, row.cache_misses, row.branches, row.branch_misses


def point(lock: str, cpus: int, machine: str, params: Mapping[str, object], runs: Sequence[SeedRun]) -> Point:
    """Return the point that some runs of one lock on so many CPUs make.

    Rates, fairness and latencies are means over the seeds; the longest bypass and the longest wait are the longest of
    all; operations, acquisitions and host seconds are sums.
    """
    throughputs = [run.throughput_per_s for run in runs]
    mean, low, high = interval(throughputs)
    return Point(
        lock=lock,
        cpus=cpus,
        machine=machine,
        params=dict(params),
        throughput_per_s=mean,
        throughput_per_s_low=low,
        throughput_per_s_high=high,
        jain=fmean(run.jain for run in runs),
        longest_bypass=max(run.longest_bypass for run in runs),
        handoff_ns=mean_of([run.handoff_ns for run in runs]),
        latency_ns_p50=mean_of([run.latency_ns_p50 for run in runs]),
        latency_ns_p99=mean_of([run.latency_ns_p99 for run in runs]),
        latency_ns_max=max(
            (run.latency_ns_max for run in runs if not math.isnan(run.latency_ns_p50)), default=math.nan
        ),
        simulated_ops=sum(run.simulated_ops for run in runs),
        acquisitions=sum(run.acquisitions for run in runs),
        host_seconds=sum(run.host_seconds for run in runs),
        branches=branches(throughputs),
        runs=tuple(runs),
        profile=merged(runs),
        stacks=merged_stacks(runs),
        run_ns=interval([run.whole_ns for run in runs]) if not math.isnan(runs[0].whole_ns) else None,
    )


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of what was measured; nan if nothing was."""
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan
