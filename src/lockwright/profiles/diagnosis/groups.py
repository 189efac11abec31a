"""Samples and waits, grouped by the lock they are about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.diagnosis import owners
from lockwright.profiles.diagnosis.base import is_traced, plain
from lockwright.profiles.diagnosis.hot import LOCK, PROFILER, running, suggests
from lockwright.profiles.diagnosis.owners import FUTEX, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.model import Sample, Stack, Wait

_HARDLY = 0.1  # of waking: with less waiting than that, a group is of who wakes
MERGED = frozenset({"mutex", "rwsem", "mutex or rwsem"})
"""Kernel locks whose waiters sleep: callers are put together, as they often want the same one."""


@dataclass(slots=True)
class Group:
    """What is about one lock, or about locks that cannot be told apart.

    Args:
        kind: Of lock.
        lock: Its address or name; empty if unknown.
        waiting: The weight of samples that certainly wait, or are on the way to sleep.
        waking: The weight of samples that wake those that wait.
        taking: The weight of samples in functions that take it.
        releasing: The weight of samples in functions that release it.
        sites: The weight, or the time, by caller, the caller's caller and the locking function.
        members: The samples.
        waits: The waits.
        futex: Whether a futex lies between the innermost function and the lock.
        waiters: The callers that are seen to wait, or to take it.
        is_own: Whether functions of the profiler want it.
        has_sleepers_of: Whether sleepers without callers were joined to it, by who wakes them.
    """

    kind: str
    lock: str = ""
    waiting: float = 0.0
    waking: float = 0.0
    taking: float = 0.0
    releasing: float = 0.0
    sites: dict[tuple[str, str, str], float] = field(default_factory=lambda: defaultdict(float))
    members: list[tuple[Sample, Owner]] = field(default_factory=list)
    waits: list[tuple[Wait, Owner]] = field(default_factory=list)
    futex: bool = False
    waiters: set[str] = field(default_factory=set)
    is_own: bool = False
    has_sleepers_of: bool = False

    @property
    def weight(self) -> float:
        """What the lock costs: waiting, waking and taking."""
        return self.waiting + self.waking + self.taking

    @property
    def total_ns(self) -> float:
        """All waits together."""
        return sum(one.total_ns for one, _ in self.waits)

    def by_caller(self) -> dict[tuple[str, str], float]:
        """Return the weight, or the time, by caller and the caller's caller, the heaviest first.

        Of a lock of user space those come first that wait: whoever wakes others may have been called as the last thing
        that a function does, which leaves no frame of it.
        """
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for (caller, within, _), weight in self.sites.items():
            sums[caller, within] += weight
        return dict(sorted(sums.items(), key=lambda pair: (self.futex and pair[0][0] not in self.waiters, -pair[1])))

    def functions(self) -> dict[str, float]:
        """Return the weight, or the time, by locking function, the heaviest first."""
        sums: dict[str, float] = defaultdict(float)
        for (_, _, function), weight in self.sites.items():
            sums[function] += weight
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))

    def add(self, sample: Sample, whose: Owner) -> None:
        """Add a sample."""
        match whose.does:
            case owners.WAITS:
                self.waiting += sample.weight
            case owners.WAKES:
                self.waking += sample.weight
            case owners.TAKES:
                self.taking += sample.weight
            case _:
                self.releasing += sample.weight
        self.sites[whose.caller, whose.within, whose.function] += sample.weight
        self.members.append((sample, whose))
        self.futex = self.futex or whose.through_futex
        if whose.does in {owners.WAITS, owners.TAKES} and whose.caller:
            self.waiters.add(whose.caller)

    def join(self, other: Group) -> None:
        """Add another group."""
        for sample, whose in other.members:
            self.add(sample, whose)


def sample_groups(samples: Iterable[Sample]) -> tuple[list[Group], list[Group], list[Sample]]:
    """Return samples by the lock that they cost time for, those that only release one, and all others.

    The heaviest lock comes first.
    """
    groups: dict[tuple[str, str, bool], Group] = {}
    releases: dict[tuple[str, str, bool], Group] = {}
    others: list[Sample] = []
    for one in samples:
        whose = owners.placed(one.stack)
        if whose is None:
            others.append(one)
            continue
        some = releases if whose.does == owners.RELEASES else groups
        key = (whose.kind, "" if whose.kind in MERGED else whose.caller, own := _is_own(whose))
        some.setdefault(key, Group(whose.kind, is_own=own)).add(one, whose)
    return _heaviest_first(_adopted(groups)), _heaviest_first(releases.values()), others


def by_caller(samples: Iterable[Sample]) -> dict[tuple[str, str], float]:
    """Return the weight of each pair of a locking function and who wanted the lock, the heaviest first.

    Samples on the way to sleep for a lock, or to wake others, count for the slow path that they are in; those that
    release a lock do not, nor those in tracepoints of a recorder. The caller is empty where no stack names it.
    """
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for one in samples:
        whose = owners.placed(one.stack) if one.stack and not is_traced(one.stack) else None
        if whose is not None and whose.does != owners.RELEASES:
            weights[whose.function, whose.caller] += one.weight
    return dict(sorted(weights.items(), key=lambda pair: -pair[1]))


def named_group(samples: Iterable[Sample], symbol: str, kind: str = "") -> Group:
    """Return the samples of a function that is a lock of a program's own, by its name or by its instructions."""
    kind = kind or OWN_KIND
    group = Group(kind)
    for one in samples:
        inner = running(one.stack)
        if plain(one.stack[inner].symbol) == symbol:
            outward = range(inner, len(one.stack))
            at = next((at for at in outward if suggests(one.stack[at].symbol) != LOCK), len(one.stack))
            who, within = owners.named(one.stack, at), owners.named(one.stack, at + 1)
            depth = min(at, len(one.stack) - 1)
            group.add(one, Owner(kind, who, within, depth, symbol, owners.WAITS, through_futex=False))
    return group


OWN_KIND = "lock of the program's own"
"""What a function is that only its name calls a lock."""


def _adopted(groups: dict[tuple[str, str, bool], Group]) -> Iterable[Group]:
    """Return groups, those that sleep and wake for somebody further out joined to who waits.

    Whoever wakes others often has no frame of its own, as its last call needs none: the caller is unknown then, or is
    the caller's own caller.
    """
    known: dict[str, Group] = {}
    for (kind, caller, _), group in groups.items():
        if caller and group.waiters and (kind not in known or group.weight > known[kind].weight):
            known[kind] = group
    owners_of_futexes = {
        caller: one for (kind, caller, _), one in groups.items() if caller and _is_user_lock(kind, one)
    }
    for (kind, caller, own), group in list(groups.items()):
        if kind == FUTEX and group.waiting < _HARDLY * group.waking and caller in owners_of_futexes:
            owners_of_futexes[caller].join(group)  # whoever wakes has left the functions of the lock, not its owner's
            del groups[kind, caller, own]
            continue
        other = known.get(kind)
        if other is None or other is group or not (group.waking or group.futex) or _is_of_hidden_code(group):
            continue
        if not caller or (not group.waiters and any(within == caller for _, within in other.by_caller())):
            other.join(group)
            del groups[kind, caller, own]
    return groups.values()


def _is_of_hidden_code(group: Group) -> bool:
    """Return whether most of a group is wanted by code in a known object that has no name: no function that has one."""
    hidden = sum(
        sample.weight
        for sample, whose in group.members
        if owners.is_nameless(sample.stack[whose.depth]) and sample.stack[whose.depth].module.startswith("/")
    )
    return hidden > group.weight / 2


def _is_user_lock(kind: str, group: Group) -> bool:
    """Return whether a group is of a lock of user space that has a name, and whose waiters sleep on a futex."""
    return kind not in {FUTEX, owners.CONDITION} and group.futex and bool(group.waiting)


def joined(groups: list[Group], waits: Iterable[Group]) -> list[Group]:
    """Return groups of samples, those of callers that want one lock put together where addresses of waits tell it."""
    found: dict[str, tuple[float, str]] = {}
    for group in waits:
        if group.lock:
            for (caller, _), time_ns in group.by_caller().items():
                found[caller] = max(found.get(caller, (0.0, "")), (time_ns, group.lock))
    kept: dict[tuple[str, str], Group] = {}
    alone: list[Group] = []
    for group in groups:  # the heaviest first
        caller = next((who for who, _ in group.by_caller() if who), "")
        address = found.get(caller, (0.0, ""))[1]
        if not address or (group.kind, address) not in kept:
            alone.append(group)
            if address:
                kept[group.kind, address] = group
        else:
            kept[group.kind, address].join(group)
    return _heaviest_first(alone)


def _is_own(whose: Owner) -> bool:
    """Return whether functions of the profiler want a lock."""
    return PROFILER in (suggests(whose.caller), suggests(whose.within))


def _heaviest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: -(one.weight or one.releasing))


def wait_groups(waits: Iterable[Wait]) -> list[Group]:
    """Return waits by the address of the lock, or by kind and caller where there is none, the longest total first.

    A wait for a spin lock of the kernel on the way through a futex counts for the lock of user space.
    """
    groups: dict[tuple[str, str, str, bool], Group] = {}
    some = tuple(waits)
    has_times = any(one.total_ns for one in some)  # a probe may only count
    for one in some:
        whose = waiter(one.stack)
        base = one.kind.partition(":")[0]
        is_part = whose.through_futex and base in _PARTS
        is_user = whose.through_futex and whose.kind not in {"", owners.CONDITION, FUTEX}
        kind = whose.kind if is_part or is_user else base
        name, own = "" if is_part else one.lock, _is_own(whose)
        key = (name, "", "", own) if name else ("", kind, "" if kind in MERGED else whose.caller, own)
        group = groups.setdefault(key, Group(kind, name, is_own=own))
        amount = one.total_ns if has_times else float(one.contended)
        group.sites[whose.caller, whose.within, plain(one.stack[0].symbol) if one.stack else ""] += amount
        group.waits.append((one, whose))
        group.futex = group.futex or whose.through_futex
    return sorted(groups.values(), key=lambda one: (-one.total_ns, -sum(wait.contended for wait, _ in one.waits)))


_PARTS = frozenset({"spinlock", "rwlock"})
"""Kinds of lock that may be a part of sleeping for another one."""


def waiter(stack: Stack) -> Owner:
    """Return whose wait it is: a table may give only the caller, with no function of locking below it."""
    if not stack:
        return owners.NOBODY
    found = owners.placed(stack)
    if found is not None and found.kind:
        return found
    who = folding.outermost(stack[:1])
    return Owner("", plain(who.symbol) if who else "", owners.named(stack, 1), 0, "", owners.WAITS, through_futex=False)
