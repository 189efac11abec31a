"""Files that hold more than one profile: what else is in them is told, never added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.readers import readers

if TYPE_CHECKING:
    from lockwright.profiles.lines import Lines
    from lockwright.profiles.model import Profile, Provenance
    from lockwright.profiles.reader import Reader

_FEWEST_LINES = 2  # of another kind, before it is called one
_ALL = 100.0  # percent
_ROUNDING = 0.005  # of a printed share


def others(lines: Lines, reader: Reader, origin: Provenance) -> str:
    """Return which other kind of file begins where, looking at some lines of the beginning, middle and end.

    Args:
        lines: What was read.
        reader: What it was read as.
        origin: Where something was passed over: from there on lines are looked at without those above.
    """
    probes = [(1, lines.head), *((start, some) for start, some in lines.probes if start > len(lines.head))]
    if origin.skipped >= _FEWEST_LINES and origin.first_skipped <= len(lines.head):
        probes.append((origin.first_skipped, lines.head[origin.first_skipped - 1 :]))
    for start, some in probes:
        own = set(reader.claims(some))
        for one in readers():
            found = [] if one is reader else [number for number in one.claims(some) if number not in own]
            if len(found) >= _FEWEST_LINES:
                return f"near line {start + found[0]:,} stands {one.name}, which was not read: cut it out to read it"
    return ""


def several(profile: Profile) -> str:
    """Return whether shares add up to more than everything: two tables of one kind, one after the other."""
    if profile.unit != "percent":
        return ""
    for event, samples in folding.by_event(profile.samples).items():
        total = sum(one.weight for one in samples)
        if total > _ALL + 1 + _ROUNDING * len(samples):
            of = f" of {event}" if event else ""
            return f"the shares{of} add up to {total:.0f} %: more than one table, cut out the one that is meant"
    return ""
