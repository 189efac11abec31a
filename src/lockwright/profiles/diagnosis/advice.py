"""Which class of cure fits, what in the profile points to it, and which published cases are like it.

A class is named only if something in the profile points to it.  The rules follow the patterns that pointed to cures in
the published cases; where a rule rests on names of functions alone, its reason says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.cures import cure_class
from lockwright.profiles.diagnosis.counters import known_reason
from lockwright.profiles.diagnosis.groups import OWN_KIND
from lockwright.profiles.diagnosis.hot import ALLOCATE, LOOK_UP, pair_beside, suggests
from lockwright.profiles.diagnosis.inlined import INLINED_KIND
from lockwright.profiles.diagnosis.moment import CIRCLE, MOMENT
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.reason import Reason
from lockwright.profiles.diagnosis.result import LINE, NO_LOCK, CaseShown, Cure
from lockwright.profiles.jvm import MONITOR, OWNABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.cures import Case, CureClass
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision


_CURES = 2  # that are named
_EXAMPLES = 2  # of a class that are quoted
_FAILURES = 1
_LARGER_TABLE = ("C10", "C09", "K38")
_WALK_PERCENT = 15.0
_INSIDE_PERCENT = 5.0  # of busy time that runs where a lock is taken: less has no weight
_SPLIT_PERCENT = 70.0  # of waiting: one lock stops everybody
_SHORT_NS, _LONG_NS = 20e3, 1e6  # a mean wait
_KERNEL_SLEEPING = frozenset({"mutex", "rwsem", "mutex or rwsem", "semaphore"})
_OF_JAVA = frozenset({MONITOR, OWNABLE})
_KERNEL_SPINNING = frozenset({"spinlock", "rwlock"})


def cures_of(facts: Facts, decision: Decision, lock: LockFound | None) -> tuple[Cure, ...]:
    """Return the classes of cure that fit, the best first."""
    found: dict[str, Reason] = {}
    for one in _reasons(facts, decision, lock):
        found.setdefault(one.cure, one)
    kind = lock.kind if lock else "line" if decision.verdict == LINE else ""
    return tuple(_cure(cure_class(one.cure), one, kind) for one in list(found.values())[:_CURES])


def _reasons(facts: Facts, decision: Decision, lock: LockFound | None) -> Iterator[Reason]:
    if decision.walk:
        because = f"{decision.walk.symbol} is hot by itself; its name says that it searches"
        yield Reason("structure", because, _LARGER_TABLE, "a larger table, a hash or a tree: what is searched is long")
        return
    if decision.verdict == LINE or decision.why in {MOMENT, CIRCLE}:
        yield from decision.reasons
        return
    if (
        decision.verdict == NO_LOCK
        or lock is None
        or decision.why in {"loop", "release", "scheduler", "user lock", "cut", "tasks", "counted"}
    ):
        return
    by_name = known_reason(lock)
    if by_name:
        yield by_name
        return
    yield from _beside(facts, decision, lock)
    yield from _under(lock)
    yield from _wanted_in(lock)
    yield from _times(lock)
    yield from _many(lock)
    yield from _kind(lock)


def _beside(facts: Facts, decision: Decision, lock: LockFound) -> Iterator[Reason]:
    """Yield what functions beside a lock point to, when no stack tells where they belong."""
    if facts.view.profile.has_stacks:
        return
    kernel = lock.kind in _KERNEL_SLEEPING | _KERNEL_SPINNING
    walk = next((one for one in facts.hot if one.kind == LOOK_UP and not (kernel and one.is_user)), None)
    pair = pair_beside(facts.hot)
    if walk and walk.share_percent >= _WALK_PERCENT:
        part = f"{walk.symbol} has {walk.share_percent:.1f} %"
        yield Reason("structure", f"{part} and searches, by its name: it may run under the lock", _LARGER_TABLE)
    elif pair:
        both = f"allocating ({pair.made_percent:.1f} %) and freeing ({pair.freed_percent:.1f} %)"
        yield Reason(
            "avoid",
            f"{both} go with the look-up {pair.walk}: perhaps made for each look-up, and thrown away when it hits",
            ("C04",),
            "look up first, and allocate only if nothing was found",
            "count hits and misses of the look-up: if it misses mostly, it must allocate anyway",
        )
    for one in decision.owner_work:
        part = f"{one.caller} has {one.share_percent:.1f} % in the tasks that wait"
        if suggests(one.caller) == ALLOCATE:
            yield Reason("move work out", f"{part}, and allocates, by its name: the holder may be there")
        elif suggests(one.caller) == LOOK_UP:
            yield Reason("structure", f"{part}, and searches, by its name: the holder may be there")


def _under(lock: LockFound) -> Iterator[Reason]:
    """Yield what runs under a lock, or in the functions that take it, points to."""
    if not lock.inside or not lock.inside_percent or lock.inside_percent < _INSIDE_PERCENT:
        return
    callers = {one.caller for one in lock.sites}
    most = lock.inside[0]
    if most.caller in callers or most.share_percent < lock.inside_percent / 3:
        return
    part = f"{most.caller} has {most.share_percent:.1f} of the {lock.inside_percent:.1f} % that run where it is taken"
    if suggests(most.caller) == LOOK_UP:
        yield Reason("structure", f"{part}, and searches, by its name")
    elif most.caller in names().sleep:
        yield Reason("move work out", f"its holder sleeps in {most.caller}: everybody waits for that")
    elif most.share_percent > lock.inside_percent / 2:
        yield Reason("move work out", part)


def _wanted_in(lock: LockFound) -> Iterator[Reason]:
    """Yield what the names of those that want a lock suggest, if they are a third of it or more."""
    whole = sum(one.share_percent for one in lock.sites)
    names = [name for one in lock.sites if one.share_percent >= whole / 3 for name in (one.caller, one.within) if name]
    found = next((one for one in names if suggests(one) == LOOK_UP), "")
    if found:
        yield Reason("lock-free read", f"it is taken in {found}, which looks something up, by its name")


def _times(lock: LockFound) -> Iterator[Reason]:
    waits = lock.waits
    if waits is None or waits.mean_ns is None:
        return
    if waits.mean_ns >= _LONG_NS and lock.kind in _KERNEL_SLEEPING | _OF_JAVA:
        yield Reason(
            "shorten hold", f"a wait takes {waits.mean_ns / 1e6:.3g} ms: some holder works, or sleeps, that long"
        )
    elif waits.mean_ns < _SHORT_NS and lock.kind in _KERNEL_SPINNING:
        yield Reason("split", f"{waits.contended:,} waits of {waits.mean_ns / 1e3:.3g} us: held shortly, and by many")


def _many(lock: LockFound) -> Iterator[Reason]:
    named = [one for one in lock.sites if one.caller]
    waiting = lock.waiting_percent or 0.0
    if len(named) > 2 and named[0].share_percent < sum(one.share_percent for one in named) * 2 / 3:
        yield Reason("split", f"it is wanted in {len(named)} places, none of which has most")
    elif waiting >= _SPLIT_PERCENT:
        what = "is in it; if it is a lock," if lock.kind == OWN_KIND else "waits for it:"
        yield Reason("split", f"{waiting:.0f} % of busy time {what} everybody meets there")


def _kind(lock: LockFound) -> Iterator[Reason]:
    if lock.kind == OWN_KIND:
        because = f"{lock.function} spins in user space, by its name: who holds it may lose its CPU meanwhile"
        yield Reason("lock type", because, ("K12", "K24"))
    elif lock.kind == INLINED_KIND:
        because = f"{lock.function} spins in user space, by its instructions: who holds it may lose its CPU meanwhile"
        yield Reason("lock type", because, ("K12", "K24"))
    elif "spin" in lock.kind and lock.kind not in _KERNEL_SPINNING:
        yield Reason("lock type", f"a {lock.kind} in user space: who holds it may lose its CPU while others spin")
    elif lock.function in {"osq_lock", "mutex_spin_on_owner", "rwsem_spin_on_owner"}:
        yield Reason("shorten hold", f"{lock.function} is hot: waiters watch an owner that runs for long")
    elif lock.through_futex and lock.caller:
        because = "its waiters sleep and wake in the kernel: such locks were often taken for nothing"
        yield Reason("avoid", because, ("K54", "K44"))


def _cure(found: CureClass, reason: Reason, kind: str) -> Cure:
    like = _family(kind)
    examples = sorted(
        found.worked,
        key=lambda one: (one.id not in reason.like, one.gain is None, _family(one.lock_kind) != like, -one.year),
    )
    failures = sorted(found.failed, key=lambda one: (one.id not in reason.like, _family(one.lock_kind) != like))
    return Cure(
        found.name,
        reason.do or found.do,
        reason.because,
        len(found.gains),
        found.quartiles,
        tuple(map(_shown, examples[:_EXAMPLES])),
        tuple(f"{one.id} {one.project} {one.year}: {one.limit}" for one in failures[:_FAILURES]),
        reason.test or found.test,
    )


def _shown(case: Case) -> CaseShown:
    return CaseShown(case.id, case.project, case.year, case.gain, case.measured, case.source, case.change)


def _family(kind: str) -> str:
    """Return what kinds of lock are alike: those of user space, sleeping and spinning ones of the kernel, and lines."""
    words = kind.lower()
    if any(one in words for one in ("user", "pthread", "lwlock", "go ", "futex", "innodb", "jvm", "postgres")):
        return "user"
    if "line" in words or "atomic" in words:
        return "line"
    return "sleeping" if any(one in words for one in ("mutex", "rwsem", "semaphore")) else "spinning"
