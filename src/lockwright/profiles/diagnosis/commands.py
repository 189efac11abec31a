"""Several commands in one recording: then shares are of what all of them did, and one may suffer alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.choosing import CHOSEN, option
from lockwright.profiles.diagnosis.owners import WAITS, WAKES
from lockwright.profiles.diagnosis.result import CONTENDED, NO_LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision
    from lockwright.profiles.model import Sample

_ALL = 100.0  # percent
_MOST = 0.7  # of a lock: one command has it
_COMPLETE_PERCENT = 90.0  # of busy time that has rows: else the rest may be of the same command
_FILLS = 0.7  # of busy time: with more, the shares are those of that command
_SUFFERS = 0.1  # of a command's own busy time: as much waiting, and it is contended by itself
_FEW = 50  # samples of a command: fewer tell nothing of it
_LEAST_PERCENT = 1.0  # of busy time that a command has, where the file does not count samples


def of_one_command(facts: Facts, decision: Decision, lock: LockFound | None) -> Iterator[str]:
    """Yield that one command wants the lock, or waits for one, and others fill the recording."""
    if facts.view.shown_percent < _COMPLETE_PERCENT or CHOSEN in facts.view.profile.facts:
        return
    whole = _by_command(facts.view.samples)
    if len(whole) < 2:
        return
    told = lock is not None and decision.verdict != NO_LOCK
    members = decision.group.members if told and decision.group else []
    own = _by_command(sample for sample, _ in members)
    first = max(own, key=lambda name: own[name], default="")
    if first and own[first] >= _MOST * sum(own.values()) and whole[first] <= _FILLS * facts.view.busy_weight:
        yield (
            f"{len(whole)} commands are in the recording, and {first} has {_ALL * own[first] / sum(own.values()):.0f} "
            f"% of this lock: {_ALL * own[first] / whole[first]:.1f} % of its own {facts.view.busy(whole[first]):.1f} "
            f"% of busy time; {option([first])} takes it alone"
        )
    elif decision.verdict != CONTENDED:
        yield from _suffering(facts, whole)


def _suffering(facts: Facts, whole: dict[str, float]) -> Iterator[str]:
    """Yield the command that waits for locks most of all, by its own time, if that is much."""
    waiting = _by_command(
        sample for group in facts.groups for sample, whose in group.members if whose.does in {WAITS, WAKES}
    )
    counts: dict[str, int] = defaultdict(int)
    for one in facts.view.samples:
        counts[one.command] += one.count
    worst = max(waiting, key=lambda name: waiting[name] / whole[name], default="")
    if not worst or waiting[worst] < _SUFFERS * whole[worst]:
        return
    share = facts.view.busy(whole[worst])
    if counts[worst] >= _FEW or (not any(counts.values()) and share >= _LEAST_PERCENT):
        yield (
            f"{worst} waits for locks for {_ALL * waiting[worst] / whole[worst]:.1f} % of its own time, and has "
            f"{share:.1f} % of everybody's busy time: {option([worst])} tells for which"
        )


def _by_command(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the weight of each command that has a name and weighs anything."""
    found: dict[str, float] = defaultdict(float)
    for one in samples:
        if one.command and one.weight:
            found[one.command] += one.weight
    return found
