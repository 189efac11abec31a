"""The verdict where tasks were seen at one moment, or at a few: how many wait, and who has what they want.

Such a count is the number of tasks that wait at any moment, with the noise of few looks: two that wait at one moment
are 0.24 to 7.2 on average (Poisson, 95 %), and one may be chance.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from lockwright.profiles.diagnosis.base import plain, role
from lockwright.profiles.diagnosis.hot import LOCK
from lockwright.profiles.diagnosis.known_locks import known_lock
from lockwright.profiles.diagnosis.locks import named_by, shown
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.owners import is_nameless
from lockwright.profiles.diagnosis.result import CONTENDED, MINOR, NO_LOCK, UNDECIDED, LockFound, Site, Standing
from lockwright.profiles.diagnosis.verdict import CONTENDED_AT_ONCE, Decision
from lockwright.profiles.standing import DEADLOCK, MOMENTS, SESSIONS, sleeper
from lockwright.profiles.symbols import EVENT, IDLE, INSIDE

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Profile, Stack

_ALL = 100.0  # percent
_SITES, _HOLDERS = 4, 3  # that are kept
_HIDDEN = 0.1  # of the tasks: as many below functions without names, and no lock in sight means nothing
_DEEP = 4  # functions of the C library, or of a runtime, that sleeping takes
_LONG_NS = 1e9  # so far: who has waited for as long is no chance
_FEW_MOMENTS = 4  # looks: with more, what is seen seldom is seldom
_Z = 1.96  # of a normal distribution, for 95 %
_FEW_PERCENT = 1.0  # of the tasks that are not idle: as few, and others matter more
_Key = TypeVar("_Key")
MOMENT, CIRCLE = "moment", "circle"
"""Why it was decided so: by what stands at a moment, by a circle of those that wait."""


def moments_of(profile: Profile) -> int:
    """Return at how many moments one looked; 0 for what was recorded over time."""
    text = profile.facts.get(MOMENTS, "")
    return int(text) if text.isdecimal() else 0


def waiting(group: Group) -> int:
    """Return how many tasks of a group wait, at all moments together."""
    return sum(one.contended for one, _ in group.waits)


def between(count: int, moments: int) -> tuple[float, float]:
    """Return the least and the most that wait on average, 95 %: Byar's approximation of Poisson's interval."""
    low = count * (1 - 1 / (9 * count) - _Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    high = more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3
    return max(0.0, low) / moments, high / moments


def of_moment(facts: Facts) -> Decision | None:
    """Return the verdict on tasks that were seen at some moments; None if another rule decides."""
    moments = moments_of(facts.view.profile)
    if not moments:
        return None
    some = [one for one in facts.waits if waiting(one)]
    group = max(some, key=lambda one: (one.total_ns, waiting(one)), default=None)
    if DEADLOCK in facts.view.profile.facts and group is not None:
        stuck = facts.view.profile.facts[DEADLOCK]
        inside = [one for one in some if one.lock and one.lock in stuck]
        return Decision(CONTENDED, CIRCLE, max(inside, key=waiting, default=group))
    named = next((one for one in facts.hot if one.kind == LOCK), None)
    if named and (group is None or facts.view.busy_weight * named.share_percent / _ALL > waiting(group)):
        return None
    if group is None:
        hidden = nameless_sleepers(facts.view.profile)
        return Decision(UNDECIDED if hidden >= _HIDDEN * tasks(facts) and hidden > 1 else NO_LOCK, MOMENT)
    low, _ = between(waiting(group), moments)
    longest_ns = max(one.longest_ns for one, _ in group.waits)
    if low < CONTENDED_AT_ONCE and longest_ns < _LONG_NS:
        return Decision(MINOR if moments > _FEW_MOMENTS else UNDECIDED, MOMENT, group)
    share = _ALL * waiting(group) / (tasks(facts) or 1.0)
    is_it = share >= _FEW_PERCENT or longest_ns >= _LONG_NS
    return Decision(CONTENDED if is_it else MINOR, MOMENT, group)


def nameless_sleepers(profile: Profile) -> int:
    """Return how many threads sleep in a futex, or for a condition, below functions that have no names."""
    found = 0
    for one in profile.samples:
        at = sleeper(one.stack)
        if at is not None and is_nameless(one.stack[at]):
            found += one.count
    return found


def tasks(facts: Facts) -> float:
    """Return how many tasks were seen that are not idle, at all moments together."""
    return sum(one.weight for one in facts.view.samples)


def standing_lock(facts: Facts, group: Group) -> LockFound:
    """Return the lock that tasks wait for."""
    profile = facts.view.profile
    count = waiting(group)
    sums: dict[tuple[str, str], float] = defaultdict(float)
    owners: dict[str, float] = defaultdict(float)
    for one, whose in group.waits:
        sums[whose.caller, whose.within] += _ALL * one.contended / count
        owners[one.owner] += _ALL * one.contended / count
    sites = tuple(Site(caller, share, within) for (caller, within), share in _heaviest(sums) if caller)
    return LockFound(
        group.kind,
        shown(group),
        sites[:_SITES],
        rests_on=_rests_on(profile, group, has_callers=bool(sites)),
        through_futex=group.futex,
        name=short(group.lock),
        held_by=tuple(Site(name, share) for name, share in _heaviest(owners) if name)[:_HOLDERS],
        standing=_standing(facts, group, {one.caller for one in sites}),
    )


def _heaviest(sums: dict[_Key, float]) -> list[tuple[_Key, float]]:
    return sorted(sums.items(), key=lambda pair: -pair[1])


def _standing(facts: Facts, group: Group, callers: set[str]) -> Standing:
    known = known_lock(group.kind, group.lock)
    holder = _holder(facts, group, callers)
    return Standing(
        waiting(group),
        int(tasks(facts)),
        moments_of(facts.view.profile),
        _ALL * waiting(group) / (sum(map(waiting, facts.waits)) or 1),
        max((one.longest_ns for one, _ in group.waits), default=0.0),
        _stands(holder) if facts.view.event == SESSIONS else _at(holder),
        next((name for frame in holder if (name := plain(frame.symbol)) in callers), ""),
        _asleep(holder),
        _behind(facts, group, holder),
        known.guards if known else "",
    )


def _rests_on(profile: Profile, group: Group, *, has_callers: bool) -> str:
    if group.lock:
        return "its name or address, which the file tells of each that waits" if has_callers else "its name"
    return named_by(group, has_stacks=profile.has_stacks)


def short(lock: str) -> str:
    """Return the name of a lock without its address, if it has one."""
    name, _, _ = lock.partition("@")
    return name or lock


def _holder(facts: Facts, group: Group, callers: set[str]) -> Stack:
    """Return the stack of who has a lock, else of somebody below one of its callers who waits for no lock; or none."""
    blamed = [one for one in facts.view.profile.blamed if one.lock == group.lock and group.lock]
    if blamed:
        return max(blamed, key=lambda one: one.contended).stack
    known = known_lock(group.kind, group.lock)
    if known and known.holder:
        return next((one.stack for one in facts.view.samples if known.holder.fullmatch(one.stack[0].symbol)), ())
    if facts.view.event == SESSIONS:
        return ()  # a statement is no function that takes a lock
    inside = [one for one in facts.others if any(plain(frame.symbol) in callers for frame in one.stack)]
    seen = max(inside, key=lambda one: one.weight).stack if inside else ()
    whole = (one.stack for one in facts.view.profile.samples if one.stack[-len(seen) :] == seen)
    return next(whole, seen) if seen else ()


def _behind(facts: Facts, group: Group, holder: Stack) -> str:
    """Return the lock that the holder itself waits for: the stack of its wait is the outer part of its own."""
    others = (one for one in facts.view.profile.waits if one.lock != group.lock and len(one.stack) > 1)
    return next((short(one.lock) for one in others if holder[-len(one.stack) :] == one.stack), "")


def _stands(stack: Stack) -> str:
    """Return where a session stands: what it waits for other than a lock, else its statement."""
    if stack and role(stack[0].symbol) in _PASSED - INSIDE:
        return stack[0].symbol
    return stack[-1].symbol if len(stack) > 1 else ""


def _at(stack: Stack) -> str:
    """Return the function where a task stands: the first that neither sleeps nor locks, of a program's own if any."""
    known, found = names(), ""
    for frame in stack:
        name = plain(frame.symbol)
        passed = name in known.entry or name in known.sleep or is_nameless(frame)
        if passed or role(frame.symbol) in _PASSED:
            continue
        found = found or name
        if not _OF_LIBRARIES.match(name):
            return name
    return found


_PASSED = INSIDE | {EVENT, IDLE}
_OF_LIBRARIES = re.compile(
    r"(?:\w+ )?(?:std|__gnu_cxx|boost|absl)::|operator\(\)|(?:java|javax|jdk|sun)\.|core::|alloc::|std::"
)


def _asleep(stack: Stack) -> str:
    """Return the function of sleeping in which a task stands; empty if it runs."""
    known = names().sleep
    return next((name for frame in stack[:_DEEP] if (name := plain(frame.symbol)) in known), "")
