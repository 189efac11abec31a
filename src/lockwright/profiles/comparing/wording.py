"""How rows and numbers are spelled in sentences."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from lockwright.profiles.comparing.results import ALL_LOCKS, LOCK
from lockwright.profiles.comparing.tally import CPU_TIME

if TYPE_CHECKING:
    from lockwright.profiles.comparing.results import Change, Estimate, WaitChange, Waited

_UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))
_EXACT = 0.25  # points: an interval that rounding hides
_SCALES = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


def percent(value: float) -> str:
    """Return a share in percent."""
    return "<0.1 %" if 0 < value < 0.05 else f"{value:.1f} %"


def share(one: Estimate, *, unlisted: bool = False) -> str:
    """Return a share with its interval where there is one, or that it is too small to be listed."""
    if unlisted:
        return f"below {percent(one.value)}"
    if one.low is None or one.high is None or one.high - one.low < _EXACT:
        return percent(one.value)
    return f"{percent(one.value)} [{one.low:.1f} to {one.high:.1f}]"


def named(change: Change) -> str:
    """Return what a row is about: a lock by its caller, or a function."""
    if change.kind == ALL_LOCKS:
        return "all waiting for locks"
    if change.kind == LOCK:
        if change.caller:
            return f"the {change.lock} wanted by {change.caller}"
        return f"{change.symbol} (caller unknown)"
    return change.symbol


def named_wait(one: WaitChange) -> str:
    """Return which lock waits are for."""
    if one.is_all:
        return "all locks"
    return (
        f"{one.kind} {one.lock}" if one.lock and not one.caller else f"{one.kind} wanted by {one.caller or 'unknown'}"
    )


def waits(number: float) -> str:
    """Return how many waits."""
    return "1 wait" if number == 1 else f"{count(number)} waits"


def count(number: float) -> str:
    """Return a number of things, which as a mean of few may be broken."""
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.1f}"


def cost(value: float, unit: str) -> str:
    """Return a cost; that of the clocks of a CPU is a time."""
    return duration(value) if unit == CPU_TIME else amount(value)


def unit_of(unit: str) -> str:
    """Return the name of a unit behind a cost."""
    return "of CPU time" if unit == CPU_TIME else unit


def times_waited(side: Waited, total: Estimate | None = None) -> str:
    """Return how long and how often was waited in a run."""
    if not side.contended and not side.total_ns:
        return "none"
    if not side.total_ns:
        return f"{waits(side.contended)} of unknown length"
    between = ""
    if total is not None and total.low is not None and total.high is not None:
        between = f" [{duration(total.low)} to {duration(total.high)}]"
    if not side.contended:
        return f"{duration(side.total_ns)}{between}"
    mean = f", {duration(side.mean_ns)} each" if side.mean_ns is not None else ""
    return f"{duration(side.total_ns)}{between} in {waits(side.contended)}{mean}"


def moved(change: Change) -> str:
    """Return how a row went from one share to another."""
    verb = "rose" if change.difference.value > 0 else "fell"
    before = share(change.before, unlisted=change.unlisted_before)
    after = share(change.after, unlisted=change.unlisted_after)
    if change.mark == "new":
        return f"is new, with {after}"
    if change.mark == "gone":
        return f"is gone; it had {before}"
    return f"{verb} from {before} to {after}"


def times(ratio: float) -> str:
    """Return a ratio with three digits."""
    return f"{ratio:.3g}" if ratio < 100 else f"{ratio:,.0f}"


def amount(value: float) -> str:
    """Return a number with four digits at most."""
    size, sign = next(((size, sign) for size, sign in _SCALES if abs(value) >= size), (1.0, ""))
    if sign or abs(value) < 1000:
        text = f"{value / size:.3g}"
        return f"{float(text):g} {sign}".rstrip() if "e" in text else f"{text} {sign}".rstrip()
    return f"{value:,.0f}"


def duration(time_ns: float) -> str:
    """Return a time with three digits and its unit."""
    unit, size = next(((unit, size) for unit, size in _UNITS if time_ns >= size), _UNITS[-1])
    return f"{time_ns / size:.3g} {unit}" if time_ns < 999.5 * size else f"{time_ns / size:,.0f} {unit}"


_UNIT = re.compile(r"(?<=\d) (?=(?:%|ns|us|ms|s|[KMGT]|points)\b|%)")


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Return the lines of a paragraph; a number and its unit stay together."""
    kept = _UNIT.sub("\u00a0", text)
    lines = textwrap.wrap(first + kept, width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines] or [first.rstrip()]


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names as in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
