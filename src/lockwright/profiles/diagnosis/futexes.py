"""Threads that sleep on futexes: for a lock, for work, or for what no name tells.

A mutex of a C library or a runtime is known by its functions.  A semaphore, or a futex that a program uses by itself,
may be a lock or a signal that there is work: who waits for work sleeps long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import OFF_CPU, span_ns
from lockwright.profiles.futex_events import ASLEEP, UNTOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Profile

_MOSTLY = 0.5
_BESIDE = 0.2  # of what no name tells: with less a lock is not what is waited for
_PLACE = re.compile(r"\+0x[0-9a-f]+$")
_RUN_TIME = re.compile(r"//anon|perf-\d+\.map$|\[anon|\[heap\]|memfd:")
"""Where code lies that no file holds: what a JVM or another runtime compiled."""


def _is_asleep(group: Group) -> bool:
    """Return whether most of the time is of sleeps that were recorded, from the call of a futex to its return."""
    slept_ns = sum(one.total_ns for one, _ in group.waits if one.stack[:1] == (ASLEEP,))
    return slept_ns > _MOSTLY * group.total_ns


def has_sleeps(profile: Profile) -> bool:
    """Return whether sleeps were recorded: events of locks alone show a spin lock of the kernel on the way to sleep."""
    is_asleep = any(one.stack[:1] == (ASLEEP,) for one in profile.waits)
    return is_asleep or "futex events s" in profile.facts or any(one.event == OFF_CPU for one in profile.samples)


def is_unknown(group: Group) -> bool:
    """Return whether threads sleep on a futex in a function that no table knows: it may be a lock, or anything."""
    return group.kind in UNTOLD and _is_asleep(group)


def heaviest(profile: Profile, waits: Sequence[Group], least_at_once: float) -> Group:
    """Return the group that is waited for longest; one that is surely a lock if that is much, alone and beside it.

    Args:
        profile: Of the waits.
        waits: The longest total first.
        least_at_once: So many tasks that wait at any moment are much.
    """
    unknown = [one for one in waits if is_unknown(one)]
    sure = next((one for one in waits if not is_unknown(one)), None)
    if not unknown or sure is None:
        return waits[0]
    unknown_for_ns, span = unknown_ns(unknown), span_ns(profile)
    if span and sure.total_ns >= max(least_at_once * span, _BESIDE * unknown_for_ns):
        return sure
    return unknown[0] if unknown_for_ns > sure.total_ns else sure


def at_once(profile: Profile, waits: Iterable[Group]) -> float:
    """Return how many threads sleep at any moment, on average, on futexes that no name tells; 0 if unknown."""
    span = span_ns(profile)
    return unknown_ns(waits) / span if span else 0.0


def unknown_ns(waits: Iterable[Group]) -> float:
    """Return how long threads sleep on futexes that no name tells."""
    return sum(one.total_ns for one in waits if is_unknown(one))


def whose(group: Group) -> str:
    """Return who sleeps, in words: the function, else that its code was compiled at run time, else the command."""
    caller = next((who for who, _ in group.by_caller() if who), "")
    if caller:
        return f"in {caller}" + (", which has no name" if _PLACE.search(caller) else "")
    if any(_RUN_TIME.search(one.stack[placed.depth].module) for one, placed in group.waits):
        return "in code that was compiled at run time"
    commands = {one.command for one, _ in group.waits}
    return f"by {commands.pop()}" if len(commands) == 1 and commands != {""} else "of user space"
