"""One side of a comparison: the runs, and how long and how much they worked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.profiles import folding
from lockwright.profiles.choosing import chosen
from lockwright.profiles.comparing.tally import plain_event
from lockwright.profiles.reading import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.model import Profile


SIMULATED = "simulated on"
"""The fact that says on which machine a profile was simulated."""
LEFT_OUT = "files of perf diff left out"
"""The fact that says how many more files than two were compared in one text."""


@dataclass(frozen=True, slots=True)
class Side:
    """The runs of one side.

    Args:
        runs: The recordings.
        seconds: How long each run lasted; empty if the files have to tell.
        work: How many operations each run did; empty if unknown.
    """

    runs: tuple[Profile, ...]
    seconds: tuple[float, ...] = ()
    work: tuple[float, ...] = ()


def refused(code: str, title: str, *helps: str, notes: Sequence[str] = ()) -> LockwrightError:
    """Return the error for sides that cannot be compared."""
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), notes=tuple(notes), helps=helps)])


def side(runs: Sequence[Profile], seconds: Sequence[float], work: Sequence[float], name: str) -> Side:
    """Return a side, its lengths completed.

    Args:
        runs: The recordings.
        seconds: One for each, one for all, or none.
        work: Likewise.
        name: `before` or `after`, for messages.

    Raises:
        LockwrightError: There is no run, or the numbers do not fit.
    """
    if not runs:
        raise refused("P040", f"there is no recording of {name}", f"`--{name} FILE`, or two files")
    given = [
        _for_each(values, len(runs), f"--{name}-{what}") for what, values in (("seconds", seconds), ("work", work))
    ]
    told = [tuple(of(one) for one in runs) for of in (seconds_of, work_of)]
    seconds, work = (one or (facts if all(facts) else ()) for one, facts in zip(given, told, strict=True))
    return Side(tuple(runs), seconds, work)


def _for_each(values: Sequence[float], runs: int, option: str) -> tuple[float, ...]:
    if any(not 0 < one < float("inf") for one in values):
        raise refused("P041", f"`{option} {_spelled(values)}` is no length of a run", f"`{option} 12.5`")
    if len(values) not in {0, 1, runs}:
        what = f"`{option}` has {len(values)} values for {runs} run{'s' * (runs != 1)}"
        raise refused("P041", what, "give one value for each run, or one for all")
    return tuple(values) * runs if len(values) == 1 else tuple(values)


def _spelled(values: Sequence[float]) -> str:
    return " ".join(f"{one:g}" for one in values)


def recordings(
    before: Sequence[str | Profile], after: Sequence[str | Profile], commands: Sequence[str] = ()
) -> tuple[tuple[Profile, ...], tuple[Profile, ...]]:
    """Read the files of both sides; one file alone is what `perf diff` wrote, and has both.

    What is a profile already, such as that of a simulation, is taken as it is.

    Args:
        before: Files or profiles.
        after: Likewise.
        commands: Whose samples and waits are looked at; all if none is named.

    Raises:
        LockwrightError: A file is no profile, has none of the commands, or one file alone has one side.
        OSError: A file is not there, or may not be read.
    """
    runs = tuple(chosen(_read(one), commands) for one in before), tuple(chosen(_read(one), commands) for one in after)
    if runs[1] or len(runs[0]) != 1:
        return runs
    only = runs[0][0]
    others = only.compared
    if not others:
        what = f"`{only.provenance.source}` is one side only"
        notes = [only.facts["diff"]] if "diff" in only.facts else []
        helps = "`lockwright diff BEFORE AFTER`; only the text of `perf diff` has both sides"
        raise refused("P040", what, helps, notes=notes)
    left = {LEFT_OUT: f"{len(others) - 1} more"} if len(others) > 1 else {}
    return (replace(only, facts={**only.facts, **left}),), others[:1]


def _read(one: str | Profile) -> Profile:
    return read(one) if isinstance(one, str) else one


def seconds_of(profile: Profile) -> float:
    """Return how long a recording lasted, by its own words; 0 if it does not say."""
    return _number(profile, "elapsed_s") or _number(profile, "seconds")


def work_of(profile: Profile) -> float:
    """Return how many operations were done in it, as simulations say; 0 if it does not say."""
    return _number(profile, "operations")


def _number(profile: Profile, fact: str) -> float:
    try:
        found = float(profile.facts.get(fact, ""))
    except ValueError:
        return 0.0
    return found if 0 < found < float("inf") else 0.0


def common_events(before: Side, after: Side) -> tuple[str, str]:
    """Return the event that is compared, as each side calls it: the one with most samples that both have.

    Events that differ in modifiers alone are one; where no event is common, each side's own main event is taken.
    """
    here, there = _events(before), _events(after)
    for event in here:
        if event in there:
            return event, event
    for event in here:
        for other in there:
            if plain_event(event) == plain_event(other):
                return event, other
    return next(iter(here), ""), next(iter(there), "")


def _events(of: Side) -> list[str]:
    """Return the events that all runs of a side have, the main one of the first run first."""
    each = [list(folding.by_event(one.samples)) for one in of.runs]
    common = [event for event in each[0] if all(event in events for events in each)]
    if not common and any(each):
        names = ", ".join(f"`{one.provenance.source}`" for one in of.runs)
        raise refused("P042", f"the runs of one side have no event in common: {names}", "record all with one command")
    return common
