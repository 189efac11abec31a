"""From groups of waits to the lock of a diagnosis: how long it was waited for and held, and by whom."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import OFF_CPU, plain, span_ns
from lockwright.profiles.diagnosis.locks import named_by, shown
from lockwright.profiles.diagnosis.result import LockFound, Sharing, Site, WaitTimes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Holding, Profile

_ALL = 100.0  # percent
_SITES = 4  # callers that are kept
_TASKS = 3  # that are kept


def waited_lock_of(profile: Profile, group: Group, all_ns: float) -> LockFound:
    """Return the lock that a group of waits is about."""
    total_ns = group.total_ns
    weights = {key: weight for key, weight in group.by_caller().items() if key[0]}
    whole = sum(group.sites.values()) or 1.0
    sites = [Site(caller, _ALL * weight / whole, within) for (caller, within), weight in list(weights.items())[:_SITES]]
    how = named_by(group, has_stacks=bool(sites) or profile.has_stacks)
    return LockFound(
        group.kind,
        shown(group),
        tuple(sites),
        waits=waits_of(profile, group, all_ns),
        rests_on="its callers, told apart from other locks by its address or name" if group.lock else how,
        through_futex=group.futex,
        name=group.lock,
        held_by=_held_by(profile, group),
        waited_by=() if sites else _parts(((one.command, one.total_ns) for one, _ in group.waits), total_ns),
        sharing=_sharing(profile, group),
    )


_SLEEPING = frozenset({"mutex", "rwsem", "mutex or rwsem", "pcpu-sem", "rtmutex", "semaphore"})
"""Kinds of the kernel that samples and events call by different names."""


def beside(profile: Profile, group: Group, waits: Iterable[Group], all_ns: float) -> WaitTimes | None:
    """Return the waits that were recorded for a lock that samples show: those of its kind, by its first caller."""
    caller = next((who for who, _ in group.by_caller() if who), "")
    for one in waits:  # the longest total first
        alike = one.kind == group.kind or {one.kind, group.kind} <= _SLEEPING
        if alike and caller and caller == next((who for who, _ in one.by_caller() if who), ""):
            return waits_of(profile, one, all_ns)
    return None


def waits_of(profile: Profile, group: Group, all_ns: float) -> WaitTimes:
    """Return the times of a group of waits, and how long its lock was held where the file says so."""
    ended, total_ns, span = sum(one.ended for one, _ in group.waits), group.total_ns, span_ns(profile)
    holdings = _holdings(profile, group)
    held_ns, acquired = sum(one.total_ns for one in holdings), sum(one.acquired for one in holdings)
    off_cpu_ns = sum(one.weight for one in profile.samples if one.event == OFF_CPU)
    return WaitTimes(
        total_ns=total_ns,
        mean_ns=total_ns / ended if ended else None,
        longest_ns=max((one.longest_ns for one, _ in group.waits), default=0.0),
        contended=sum(one.contended for one, _ in group.waits),
        share_percent=_ALL * total_ns / all_ns if all_ns else 0.0,
        waiting_at_once=total_ns / span if span else None,
        span_ns=span or None,
        held_ns=held_ns or None,
        acquired=acquired or None,
        off_cpu_ns=off_cpu_ns or None,
        counts_all="every acquisition" in profile.facts.get("waits", ""),
    )


def _holdings(profile: Profile, group: Group) -> list[Holding]:
    """Return the holdings of a lock; where locks have no names, those by the same callers."""
    if group.lock:
        return [one for one in profile.holdings if one.lock == group.lock and one.acquired]
    callers = {caller for caller, _ in group.by_caller() if caller}
    return [
        one
        for one in profile.holdings
        if not one.lock
        and one.kind.partition(":")[0] == group.kind
        and one.stack
        and plain(one.stack[0].symbol) in callers
    ]


def _sharing(profile: Profile, group: Group) -> Sharing | None:
    """Return how readers and writers share a lock; None if the file does not tell both apart."""
    holdings = _holdings(profile, group)
    reads, writes = ([one for one in holdings if one.kind.endswith(end)] for end in (":R", ":W"))
    read, written = (sum(one.acquired for one in some) for some in (reads, writes))
    if not read or not written:
        return None
    return Sharing(
        read, written, sum(one.total_ns for one in reads) / read, sum(one.total_ns for one in writes) / written
    )


def _held_by(profile: Profile, group: Group) -> tuple[Site, ...]:
    """Return who held a lock while others waited: the tasks that the file names, or the functions."""
    tasks = [(one.owner, one.total_ns) for one, _ in group.waits]
    blamed = [
        (plain(one.stack[0].symbol), one.total_ns) for one in profile.blamed if one.kind == group.kind and one.stack
    ]
    return _parts([*tasks, *blamed], group.total_ns)


def _parts(times: Iterable[tuple[str, float]], whole_ns: float) -> tuple[Site, ...]:
    sums: dict[str, float] = defaultdict(float)
    for name, time_ns in times:
        sums[name] += time_ns
    heaviest = sorted(sums.items(), key=lambda pair: -pair[1])
    return tuple(Site(name, _ALL * time_ns / (whole_ns or 1.0)) for name, time_ns in heaviest if name and time_ns)[
        :_TASKS
    ]
