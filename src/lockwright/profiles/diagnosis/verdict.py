"""The verdict: whether it is contention at all, and of which lock.

The limits are ours.  Published cases say what they are worth: of the profiles printed with a cure, those with a lock
below 10 % gained at most 11 % (K62, K64), and nothing below 1 % was ever worth a patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import span_ns
from lockwright.profiles.diagnosis.hot import LOOK_UP
from lockwright.profiles.diagnosis.result import CONTENDED, MINOR, NO_LOCK, UNDECIDED

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
from lockwright.profiles.diagnosis.hot import Hot

CONTENDED_PERCENT = 10.0  # of busy time that waits: a lock is the matter
VISIBLE_PERCENT = 1.0  # of busy time: a lock can be seen
WALK_PERCENT = 15.0  # of busy time in one look-up: it is the matter
WALK_TIMES = 2.0  # as much as all waiting: then not the lock is
CONTENDED_AT_ONCE = 0.1  # tasks that wait at any moment
VISIBLE_AT_ONCE = 0.01
LEAST_NS = 1e6  # all waits together: less is minor in any recording of 10 ms


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided.

    Args:
        verdict: One of `VERDICTS`.
        why: `samples`, `waits`, `release`, `walk`, `unnamed`, or `nothing`.
        group: The lock; None if there is none.
        walk: The look-up that is hotter than all locks.
    """

    verdict: str
    why: str
    group: Group | None = None
    walk: Hot | None = None


def decide(facts: Facts) -> Decision:
    """Return the verdict."""
    if not facts.view.samples:
        return _of_waits(facts)
    found = _of_samples(facts)
    if facts.waits and found.verdict not in {CONTENDED, NO_LOCK}:
        waits = _of_waits(facts)
        if waits.verdict == CONTENDED:
            return waits
    return found


def _of_samples(facts: Facts) -> Decision:
    waiting, first = facts.waiting_percent, _heaviest(facts)
    walk = next((one for one in facts.hot if one.kind == LOOK_UP), None)
    if walk and walk.share_percent >= WALK_PERCENT and walk.share_percent >= WALK_TIMES * waiting:
        return Decision(NO_LOCK, "walk", first, walk)
    if facts.release_percent >= CONTENDED_PERCENT and facts.release_percent > facts.lock_percent:
        return Decision(UNDECIDED, "release", facts.releases[0])
    if waiting >= CONTENDED_PERCENT and first:
        named = any(caller for caller, _ in first.by_caller()) or first.kind not in {"spinlock", "rwlock", "futex"}
        return Decision(CONTENDED if named else UNDECIDED, "samples" if named else "unnamed", first)
    if facts.lock_percent >= VISIBLE_PERCENT and first:
        return Decision(MINOR, "samples", first)
    return Decision(NO_LOCK, "nothing", first)


def _heaviest(facts: Facts) -> Group | None:
    """Return the lock that is waited for most; that is taken most if none is waited for."""
    return max(facts.groups, key=lambda one: (facts.waiting(one), one.weight), default=None)


def _of_waits(facts: Facts) -> Decision:
    if not facts.waits or not facts.waited_ns:
        return Decision(NO_LOCK, "nothing")
    first = facts.waits[0]
    span = span_ns(facts.view.profile)
    if span:
        at_once = facts.waited_ns / span
        verdict = CONTENDED if at_once >= CONTENDED_AT_ONCE else MINOR if at_once >= VISIBLE_AT_ONCE else NO_LOCK
        return Decision(verdict, "waits", first)
    return Decision(CONTENDED if facts.waited_ns >= LEAST_NS else MINOR, "waits", first)
