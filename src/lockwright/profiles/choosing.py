"""One command's part of a recording, or that of several: shares are then of what these commands did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.profiles import folding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.model import Profile, Sample

CHOSEN = "chosen commands"
"""The fact that names the commands that are looked at, where others were recorded, too."""
CHOSEN_SHARE = "share of the chosen commands"
"""The fact that says how much of everybody's busy time, or waiting, is theirs."""
LEFT_OUT = "left out of the choice"
"""The fact that says what the file tells of no command, so that nobody knows whether it is theirs."""
IDLE_PERCENT = "idle percent"
"""The fact that says how much of the CPUs' time nothing ran, where the samples that tell it were left out."""
FOLDED = "folded stacks"
_ALL = 100.0  # percent
_LISTED = 8  # commands in a message
_NEAR = 0.5  # how alike a name must be to be offered: as `difflib` counts
_CODE = "P006"


def chosen(profile: Profile, names: Sequence[str]) -> Profile:
    """Return the samples and waits of some commands alone.

    Where a table shows only its first rows, the rest may be of these commands: it counts as theirs, so that shares are
    rather too small than too large.  How often and for how long locks were held is kept, as holds are of locks.

    Args:
        profile: What was read.
        names: Names of commands, or patterns such as `kworker/*`; none chooses all.

    Raises:
        LockwrightError: The file has no such command, or tells of none.
    """
    if not names:
        return profile
    profile = _with_roots(profile)
    shares = commands_of(profile)
    wanted = _wanted(profile.provenance.source, names, shares)
    return replace(
        _part(profile, wanted, shares),
        compared=tuple(_part(one, wanted, commands_of(one)) for one in profile.compared),
    )


def commands_of(profile: Profile) -> dict[str, float]:
    """Return the share of each command in percent, the largest first: of busy time, or of waiting without samples.

    What the file gives to no command counts in the whole, and is not among them.
    """
    sums: dict[str, float] = defaultdict(float)
    for one in _main_event(profile):
        if not folding.is_idle(one):
            sums[one.command] += one.weight
    if not sums:
        for wait in profile.waits:
            sums[wait.command] += wait.total_ns or wait.contended
    whole = sum(sums.values())
    if profile.samples and profile.unit == "percent":
        whole = max(whole, _ALL)
    heaviest = sorted(sums.items(), key=lambda pair: -pair[1])
    found = {name: _ALL * weight / (whole or 1.0) for name, weight in heaviest if name}
    rest = [one.command for side in (profile, *profile.compared) for one in side.samples]
    rest += [one.command for one in profile.waits]
    return found | {name: 0.0 for name in rest if name and name not in found}


def _with_roots(profile: Profile) -> Profile:
    """Return folded stacks with their outermost names as commands, which is what those made of perf's have there."""
    if profile.provenance.reader != FOLDED or any(one.command for one in profile.samples):
        return profile
    return replace(profile, samples=tuple(replace(one, command=one.stack[-1].symbol) for one in profile.samples))


def _main_event(profile: Profile) -> tuple[Sample, ...]:
    return next(iter(folding.by_event(profile.samples).values()), ())


def _wanted(source: str, names: Sequence[str], shares: dict[str, float]) -> frozenset[str]:
    """Return the commands that names stand for."""
    if not shares:
        title = f"`{source}` does not tell which command ran"
        helps = ("give `perf script` of the recording, or `perf report --stdio --sort comm,dso,sym`",)
        raise LockwrightError([Diagnostic(_CODE, title, Label(NOWHERE), helps=helps)])
    found: set[str] = set()
    for name in names:
        some = {name} & shares.keys() or {one for one in shares if fnmatchcase(one, name)}
        if not some:
            raise _unknown(source, name, shares)
        found |= some
    return frozenset(found)


def _unknown(source: str, name: str, shares: dict[str, float]) -> LockwrightError:
    from difflib import get_close_matches

    lower = {one.lower(): one for one in reversed(shares)}
    near = get_close_matches(name.lower(), lower, 1, _NEAR)
    inside = next((one for one in shares if name.lower() in one.lower()), "")
    offered = inside or (lower[near[0]] if near else next(iter(shares)))
    shown = [f"{one} {share:.1f} %" for one, share in list(shares.items())[:_LISTED]]
    more = f", and {len(shares) - _LISTED} more" if len(shares) > _LISTED else ""
    notes = (f"commands, by busy time: {', '.join(shown)}{more}",)
    helps = (f"`--command {_quoted(offered)}`",)
    title = f"no command `{name}` is in `{source}`"
    return LockwrightError([Diagnostic(_CODE, title, Label(NOWHERE), notes=notes, helps=helps)])


def _quoted(name: str) -> str:
    """Return a name as a shell takes it for one word."""
    return name if all(one.isalnum() or one in "-_./:+" for one in name) else f'"{name}"'


def option(names: Iterable[str]) -> str:
    """Return how commands are chosen on the command line."""
    return f"`{' '.join(f'--command {_quoted(one)}' for one in names)}`"


def _part(profile: Profile, wanted: frozenset[str], shares: dict[str, float]) -> Profile:
    """Return what a profile has of some commands."""
    own = tuple(one for one in profile.samples if one.command in wanted)
    if profile.unit == "percent":
        own = _rescaled(own, profile)
    waits = tuple(one for one in profile.waits if one.command in wanted)
    names = [one for one in shares if one in wanted]
    facts = {**profile.facts, CHOSEN: ", ".join(names or sorted(wanted))}
    facts[CHOSEN_SHARE] = f"{sum(shares.get(one, 0.0) for one in wanted):.1f} %"
    if nobodys := sum(one.contended for one in profile.waits if not one.command):
        facts[LEFT_OUT] = f"{nobodys:,} waits of which the file does not tell whose they are"
    if profile.threads:
        facts["threads"] = str(sum(profile.threads.get(one, 0) for one in wanted))
    main = _main_event(profile)
    idle = sum(one.weight for one in main if folding.is_idle(one))
    if idle:
        facts[IDLE_PERCENT] = f"{_ALL * idle / sum(one.weight for one in main):.1f}"
    threads = {name: count for name, count in profile.threads.items() if name in wanted}
    return replace(profile, samples=own, waits=waits, facts=facts, threads=threads, blamed=())


def _rescaled(own: tuple[Sample, ...], profile: Profile) -> tuple[Sample, ...]:
    """Return shares of each event, made shares of what is not known to be of others."""
    others: dict[str, float] = defaultdict(float)
    for one in profile.samples:
        others[one.event] += one.weight
    for one in own:
        others[one.event] -= one.weight
    whole = {event: max(_ALL - weight, 0.0) for event, weight in others.items()}
    return tuple(replace(one, weight=_ALL * one.weight / whole[one.event]) for one in own if whole[one.event])
