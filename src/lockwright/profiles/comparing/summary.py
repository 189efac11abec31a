"""What is known of one side as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.comparing.results import SideSummary
from lockwright.profiles.diagnosis import diagnose

if TYPE_CHECKING:
    from lockwright.profiles.comparing.costs import Measured
    from lockwright.profiles.comparing.results import Estimate
    from lockwright.profiles.comparing.sides import Side

_SHOWN = 12  # rows whose spread between runs is told


def summary(side: Side, found: Measured, throughput: Estimate | None) -> SideSummary:
    """Return what is known of a side.

    Args:
        side: Its recordings.
        found: What was tallied of them.
        throughput: Operations a second; None if unknown.
    """
    runs, alone = found.tallies, diagnose(side.runs[0])
    totals = [one.total for one in runs]
    known = [one for one in totals if one is not None]
    return SideSummary(
        sources=tuple(one.provenance.source for one in side.runs),
        readers=tuple(dict.fromkeys(one.provenance.reader for one in side.runs)),
        samples=round(sum(one.recorded for one in runs)),
        unit=side.runs[0].unit,
        event=runs[0].event,
        total=sum(known) if len(known) == len(totals) else None,
        idle=sum(one.idle for one in runs) / len(runs),
        covered=sum(one.covered for one in runs) / len(runs),
        seconds=found.seconds,
        work=found.work,
        throughput=throughput,
        has_stacks=any(one.has_stacks for one in side.runs),
        facts=dict(side.runs[0].facts),
        waits=sum(one.contended for run in side.runs for one in run.waits),
        verdict=alone.verdict,
        diagnosis=alone.headline,
        spread=_between_runs(found),
        is_likely=alone.is_likely,
    )


def _between_runs(found: Measured) -> float | None:
    """Return the largest difference between two runs among the heaviest rows, in points."""
    if len(found.tallies) < 2:
        return None
    means: dict[object, list[float]] = {
        key: [run.shares.get(key, run.floor) for run in found.tallies] for key in found.tallies[0].shares
    }
    heaviest = sorted(means.values(), key=sum, reverse=True)[:_SHOWN]
    return max((max(one) - min(one) for one in heaviest), default=0.0)
