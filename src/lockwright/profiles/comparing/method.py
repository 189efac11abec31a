"""How intervals and decisions were made, and what they assume: a comparison says it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.comparing.resampling import DRAWS
from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.off_cpu import OFF_CPU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.comparing.costs import Measured
    from lockwright.profiles.comparing.results import WaitChange
    from lockwright.profiles.comparing.tally import Key

_BASES = {
    "samples": "samples of a run taken as independent of each other; how runs differ is not in it",
    "CPUs": "CPUs differ by more than chance, so they are drawn, not samples; how runs differ is not in it",
    "runs": "runs taken as independent of each other, few of them answered by Student's t",
}


def method(
    before: Measured, after: Measured, keys: Sequence[Key], waits: Sequence[WaitChange], commands: str = ""
) -> tuple[str, ...]:
    """Return sentences on how intervals came about.

    Args:
        before: One side.
        after: The other one.
        keys: The rows that were looked at.
        waits: What was waited for.
        commands: Whose samples they are, where others were left out.
    """
    whose = f"of {commands} alone" if commands else "commands together"
    is_asleep = any(run.event == OFF_CPU for one in (before, after) for run in one.tallies)
    what = "time off the CPU: by who sleeps" if is_asleep else "what was busy: idle left out"
    found = [f"shares are of {what}, {whose}, names without suffixes"] if keys else []
    missing = [name for name, one in (("before", before), ("after", after)) if keys and one.spread is None]
    if missing:
        says = f"{' and '.join(missing)} {'do' if len(missing) > 1 else 'does'} not say"
        found.append(f"no interval: {says} how many samples these are (`perf script` and `perf report -n` do)")
    elif keys:
        found += _intervals(before, after)
        functions = sum(key.kind == SYMBOL for key in keys)
        rest = len(keys) - functions
        locks = f" and, judged apart, {rest} row{'s' * (rest > 1)} of locks" if rest else ""
        found.append(
            f"changed are rows that chance does not explain: of {functions} functions looked at{locks}, 5 % of those "
            "called changed may be so by chance (false discovery rate, Benjamini and Hochberg)"
        )
    if waits:
        is_judged = any(one.is_significant is not None for one in waits)
        found.append(
            "waits: means of a run; intervals and the same false discovery rate over runs"
            if is_judged
            else "waits: as recorded; how far they may be off, one run does not tell"
        )
    return tuple(found)


def brief(before: Measured, after: Measured, keys: Sequence[Key], commands: str = "") -> str:
    """Return how intervals came about, in a few words; empty without rows."""
    base = f"the busy time of {commands}" if commands else "busy time"
    if not keys:
        return ""
    bases = list(dict.fromkeys(one.spread.basis for one in (before, after) if one.spread is not None))
    if before.spread is None or after.spread is None:
        return f"shares of {base}, without intervals: numbers of samples are not known"
    return f"shares of {base}; 95 % intervals by bootstrap over {' and '.join(bases)}, false discovery rate 5 %"


def _intervals(before: Measured, after: Measured) -> list[str]:
    bases = [one.spread.basis for one in (before, after) if one.spread is not None]
    drawn = f"95 % intervals: bootstrap, {DRAWS:,} draws"
    if len(set(bases)) == 1:
        found = [f"{drawn} of {bases[0]}: {_BASES[bases[0]]}"]
    else:
        found = [f"{drawn}: before of {bases[0]}, after of {bases[1]}", *(f"{one}: {_BASES[one]}" for one in bases)]
    runs = [len(one.tallies) for one in (before, after)]
    if min(runs) == 1 < max(runs):
        lent = "before" if runs[0] == 1 else "after"
        found.append(f"{lent} is one run: its runs are taken to differ as much as those of the other side")
    return found
