"""Samples and waits, grouped by the lock they are about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import family, plain, role
from lockwright.profiles.diagnosis.owners import Owner, owner
from lockwright.profiles.symbols import ACQUIRE, UNLOCK, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.base import View
    from lockwright.profiles.model import Sample, Stack, Wait

MERGED = frozenset({"mutex", "rwsem", "mutex or rwsem"})
"""Kernel locks whose waiters sleep: callers are put together, as they often want the same one."""


@dataclass(slots=True)
class Group:
    """What is about one lock, or about locks that cannot be told apart.

    Args:
        kind: Of lock.
        lock: Its address or name; empty if unknown.
        waiting: The weight of samples that certainly wait.
        taking: The weight of samples in functions that take it.
        sites: The weight, or the time, by caller, the caller's caller and the locking function.
        members: The samples.
        waits: The waits.
        futex: Whether a futex lies between the innermost function and the lock.
    """

    kind: str
    lock: str = ""
    waiting: float = 0.0
    taking: float = 0.0
    sites: dict[tuple[str, str, str], float] = field(default_factory=lambda: defaultdict(float))
    members: list[tuple[Sample, Owner]] = field(default_factory=list)
    waits: list[tuple[Wait, Owner]] = field(default_factory=list)
    futex: bool = False

    @property
    def weight(self) -> float:
        """Waiting and taking together."""
        return self.waiting + self.taking

    @property
    def total_ns(self) -> float:
        """All waits together."""
        return sum(one.total_ns for one, _ in self.waits)

    def by_caller(self) -> dict[tuple[str, str], float]:
        """Return the weight, or the time, by caller and the caller's caller, the heaviest first."""
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for (caller, within, _), weight in self.sites.items():
            sums[caller, within] += weight
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))

    def functions(self) -> dict[str, float]:
        """Return the weight, or the time, by locking function, the heaviest first."""
        sums: dict[str, float] = defaultdict(float)
        for (_, _, function), weight in self.sites.items():
            sums[function] += weight
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def sample_groups(samples: Iterable[Sample], roles: frozenset[str] = WAITING) -> list[Group]:
    """Return samples whose innermost function has one of some roles, by lock, the heaviest first."""
    groups: dict[tuple[str, str], Group] = {}
    for one in samples:
        found = family(one.stack[0].symbol)
        if found is None or found.role not in roles:
            continue
        whose = owner(one.stack)
        group = groups.setdefault((whose.kind, "" if whose.kind in MERGED else whose.caller), Group(whose.kind))
        if found.role in {ACQUIRE, UNLOCK}:
            group.taking += one.weight
        else:
            group.waiting += one.weight
        group.sites[whose.caller, whose.within, plain(one.stack[0].symbol)] += one.weight
        group.members.append((one, whose))
        group.futex = group.futex or whose.through_futex
    return sorted(groups.values(), key=lambda one: -one.weight)


def wait_groups(waits: Iterable[Wait]) -> list[Group]:
    """Return waits by the address of the lock, or by kind and caller where there is none, the longest total first."""
    groups: dict[tuple[str, str, str], Group] = {}
    for one in waits:
        whose = waiter(one.stack)
        base = one.kind.partition(":")[0]
        kind = whose.kind if whose.through_futex and whose.kind else base
        key = (one.lock, "", "") if one.lock else ("", kind, "" if kind in MERGED else whose.caller)
        group = groups.setdefault(key, Group(kind, one.lock))
        group.sites[whose.caller, whose.within, plain(one.stack[0].symbol) if one.stack else ""] += one.total_ns
        group.waits.append((one, whose))
        group.futex = group.futex or whose.through_futex
    return sorted(groups.values(), key=lambda one: -one.total_ns)


def waiter(stack: Stack) -> Owner:
    """Return whose wait it is: a table may give only the caller, with no function of locking below it."""
    if stack and not role(stack[0].symbol):
        return Owner("", plain(stack[0].symbol), plain(stack[1].symbol) if len(stack) > 1 else "", 0, False)
    return owner(stack) if stack else Owner("", "", "", 0, through_futex=False)


def weight_of(view: View, roles: frozenset[str]) -> float:
    """Return the weight of functions that have one of some roles."""
    return sum(one.weight for one in view.samples if role(one.stack[0].symbol) in roles)
