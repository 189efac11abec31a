"""Quantities as people write them: `200ns`, `400cycles`, `2us`; CPU counts `1,2,6,48` or `1-128`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError

NS_PER = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
_DURATION = re.compile(r"(\d[\d,_]*(?:\.\d+)?|\.\d+)\s*([a-zA-Zµ]*)")
_SPELLINGS = {"cycle": "cycles", "cyc": "cycles", "µs": "us"}
_HELP = "`200ns`, `2us` or `400cycles`"
MOST_CYCLES = (1 << 32) - 1
MOST_CPUS = 65_536  # in a list; a machine says how many it has


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in the unit in which it was given."""

    value: float
    unit: str  # cycles, ns, us, ms, s

    def cycles(self, ghz: float) -> int:
        """Return the cycles of a clock of `ghz`, rounded."""
        return round(self.value if self.unit == "cycles" else self.value * NS_PER[self.unit] * ghz)

    def __str__(self) -> str:
        """Return it as a person reads it."""
        unit = "cycle" if self.unit == "cycles" and self.value == 1 else self.unit
        return f"{self.value:,.10g} {unit}"


def duration(text: str, what: str = "duration") -> Duration:
    """Read a duration.

    Args:
        text: `200ns`, `2us`, `400cycles`.
        what: How the message calls it, such as `--hold`.

    Raises:
        LockwrightError: There is no unit, or no number.
    """
    found = _DURATION.fullmatch(str(text).strip())  # a number, where Python is the caller, has no unit either
    if found is None:
        raise wrong(f"`{what} {text}` is no duration", f"write {_HELP}")
    number, unit = found[1], _SPELLINGS.get(found[2], found[2])
    if not unit:
        raise wrong(f"`{what} {text}` has no unit", f"write `{number}ns` or `{number}cycles`")
    if unit not in {"cycles", *NS_PER}:
        raise wrong(f"`{what} {text}` has the unit `{found[2]}`, which is none of ours", f"write {_HELP}")
    return Duration(float(number.replace(",", "").replace("_", "")), unit)


def cycles(text: str, ghz: float, what: str = "duration") -> int:
    """Return a duration in cycles of a clock.

    Raises:
        LockwrightError: It is no duration, or too long.
    """
    found = duration(text, what).cycles(ghz)
    if found > MOST_CYCLES:
        raise wrong(f"`{what} {text}` is too long: {found:,} cycles", f"at most {MOST_CYCLES:,} cycles")
    return found


def cpu_counts(text: str, what: str = "--cpus") -> tuple[int, ...]:
    """Read a list of CPU counts, `1,2,6,48`, `1-128` or both; return it in order, each once.

    Raises:
        LockwrightError: A part is no count or no range, or is 0.
    """
    counts: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        if found is None:
            raise wrong(f"`{what} {text}` is no list of CPU counts", "`1,2,6,48`, or `1-128`")
        first = int(found[1])
        last = int(found[2] or first)
        if last < first:
            raise wrong(f"`{what} {text}`: the range {first}-{last} runs backwards", f"`{last}-{first}`")
        if last > MOST_CPUS:
            raise wrong(f"`{what} {text}`: no machine has {last:,} CPUs", "`lockwright machines` lists what they have")
        counts |= set(range(first, last + 1))
    if 0 in counts:
        raise wrong(f"`{what} {text}`: nothing runs on 0 CPUs", "counts begin with 1: `1,2,6,48`, or `1-128`")
    return tuple(sorted(counts))


def wrong(title: str, *helps: str) -> LockwrightError:
    """Return the error for a value that an option cannot have."""
    return LockwrightError([Diagnostic("U003", title, Label(NOWHERE), helps=helps)])
