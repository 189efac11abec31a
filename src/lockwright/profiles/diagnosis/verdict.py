"""The verdict: whether it is contention at all, and of which lock.

The limits are ours.  Published cases say what they are worth: of the profiles printed with a cure, those with a lock
below 10 % gained at most 11 % (K62, K64), and nothing below 1 % was ever worth a patch.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis import futexes
from lockwright.profiles.diagnosis.base import span_ns
from lockwright.profiles.diagnosis.counters import is_of_unknown_time
from lockwright.profiles.diagnosis.groups import MERGED, named_group
from lockwright.profiles.diagnosis.hot import LOCK, LOOK_UP
from lockwright.profiles.diagnosis.inlined import Inlined, described, inlined_group, inlined_of
from lockwright.profiles.diagnosis.lines import atomics, is_of_lock, line_percent, passing_percent, touches
from lockwright.profiles.diagnosis.locks import owner_work
from lockwright.profiles.diagnosis.names import names, tells_kind
from lockwright.profiles.diagnosis.owners import FUTEX, WAKES, is_nameless, is_object, is_place
from lockwright.profiles.diagnosis.reason import Reason
from lockwright.profiles.diagnosis.result import CONTENDED, LINE, MINOR, NO_LOCK, UNDECIDED
from lockwright.profiles.diagnosis.times import waits_of

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.diagnosis.result import Site
    from lockwright.profiles.model import SharedLine

CONTENDED_PERCENT = 10.0  # of busy time that waits: a lock is the matter
VISIBLE_PERCENT = 1.0  # of busy time: a lock can be seen
WALK_PERCENT = 15.0  # of busy time in one look-up: it is the matter, if locks have not half of it
LINE_PERCENT = 5.0  # of busy time in functions that change a shared count
PASSING_PERCENT = 10.0  # of busy time in taking and releasing what nobody waits for
OWN_PERCENT = 30.0  # of busy time in a function that is a lock by its name: it can only spin
SHOWN_PERCENT = 20.0  # of busy time that has rows: from less nothing follows
CONTENDED_AT_ONCE = 0.1  # tasks that wait at any moment
VISIBLE_AT_ONCE = 0.01
FEW = 100  # samples: fewer tell shares by tens
Z = 1.96  # of a normal distribution, for 95 %
FREE_NS = 1e3  # an acquisition that is measured by a probe, free or not: less is the price of the probe
LEAST_NS = 1e6  # all waits together: less is minor in any recording of 10 ms


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided.

    Args:
        verdict: One of `VERDICTS`.
        why: `samples`, `waits`, `release` (of a spin lock), `walk` (a look-up), `unnamed` (no caller), `scheduler`
            (its own locks), `user lock` (unnamed, of user space), `objects` (no functions), `counted` (waits without
            times), `count`, `atomic`, `passing` and `line` (a shared line), `own` (a lock by its name),
            `alone` (one thread), `cut` (few rows), `few` (samples), `tasks` (a table of tasks), `inlined` (a
            loop that waits, by its instructions), `loop` (the same, and nothing else), `nameless` (the
            functions that may be locks), or `nothing`.
        group: The lock; None if there is none.
        walk: The look-up that is hotter than all locks.
        owner_work: What the holder of a kernel lock can be running, where no stack tells.
        reasons: Classes of cure that the verdict itself points to, and why.
        line: The cache line, where its address is known.
        inlined: The loop of instructions that waits, or the atomic operation that is hot.
    """

    verdict: str
    why: str
    group: Group | None = None
    walk: Hot | None = None
    owner_work: tuple[Site, ...] = ()
    reasons: tuple[Reason, ...] = ()
    line: SharedLine | None = None
    inlined: Inlined | None = None

    @property
    def is_likely(self) -> bool:
        """Whether a contended lock, or a shared line, is likely only: a name, or an instruction, is all that tells."""
        guessed = self.why in {"own", "atomic"} or (self.inlined is not None and not self.inlined.is_sure)
        return guessed and self.verdict in {CONTENDED, LINE, MINOR}


def decide(facts: Facts) -> Decision:
    """Return the verdict."""
    profile = facts.view.profile
    if profile.loops and not facts.view.samples and not facts.waits:
        loop = profile.loops[0]
        return Decision(UNDECIDED, "loop", inlined=Inlined(loop, loop.share_percent, 0.0))
    if profile.shared_lines and not facts.view.samples and not facts.waits:
        return _of_line(profile.shared_lines[0])
    if not facts.view.samples:
        return _of_waits(facts)
    found = _unless_nameless(facts, _unless_few(facts, _unless_cut(facts, _of_samples(facts))))
    if found.why == "release" and has_all_waits(facts):
        return _of_waits(facts)
    if facts.waits and (found.verdict not in {CONTENDED, NO_LOCK} or (found.verdict == NO_LOCK and span_ns(profile))):
        waits = _of_waits(facts)
        if waits.verdict == CONTENDED or _sleeps_unnamed(facts, waits):
            return waits
    return found


def _sleeps_unnamed(facts: Facts, waits: Decision) -> bool:
    """Return whether threads sleep for what no name tells, and that is more than samples can make up for."""
    return waits.why == "user lock" and futexes.at_once(facts.view.profile, facts.waits) >= CONTENDED_AT_ONCE


def _unless_cut(facts: Facts, found: Decision) -> Decision:
    """Return a verdict, none where most of a table is not there and what is shows no contended lock."""
    is_table = facts.view.profile.unit == "percent" and facts.view.shown_percent < SHOWN_PERCENT
    return Decision(UNDECIDED, "cut", found.group) if is_table and found.verdict in {MINOR, NO_LOCK} else found


def has_all_waits(facts: Facts) -> bool:
    """Return whether every wait for a lock of the kernel was recorded beside the samples."""
    known = facts.view.profile.facts
    is_of_others = "lost waits" not in known and bool({"lost samples", "lost sleeps"} & known.keys())
    return "lock events s" in known and ("lost events" not in known or is_of_others)


def _unless_few(facts: Facts, found: Decision) -> Decision:
    """Return a verdict, none where so few samples say neither that a lock is contended nor that none is."""
    count = sum(one.count for one in facts.view.samples)
    if not 0 < count < FEW or facts.view.profile.unit == "percent":
        return found
    if found.verdict in {NO_LOCK, MINOR} and found.why != "alone":
        return Decision(UNDECIDED, "few", found.group) if wilson(0.0, count)[1] >= CONTENDED_PERCENT else found
    if found.verdict == CONTENDED and found.group:
        part = facts.view.busy(found.group.weight)
    elif found.verdict == LINE and found.group:
        part = passing_percent(facts, found.group)
    else:
        return found
    return found if wilson(part, count)[0] >= CONTENDED_PERCENT / 2 else Decision(UNDECIDED, "few", found.group)


def _unless_nameless(facts: Facts, found: Decision) -> Decision:
    """Return a verdict, none where no lock is seen and functions that may be one have no names."""
    is_seen = found.verdict not in {NO_LOCK, MINOR, LINE} or found.why not in {"nothing", "samples", "passing"}
    if is_seen or hidden_percent(facts) < CONTENDED_PERCENT:
        return found
    return Decision(UNDECIDED, "nameless", found.group)


def hidden_percent(facts: Facts) -> float:
    """Return how much of busy time is in functions without names of the kernel or a C library, where locks are."""
    hidden = (
        one.weight for one in facts.view.samples if is_nameless(one.stack[0]) and _HAS_LOCKS.search(one.stack[0].module)
    )
    return facts.view.busy(sum(hidden))


_HAS_LOCKS = re.compile(r"\[kernel|vmlinux|/(?:libc|libpthread|ld-musl)[-.]")


def wilson(percent: float, count: int) -> tuple[float, float]:
    """Return how far the truth may be from a share of so many samples, in percent: Wilson's interval of 95 %."""
    part = min(1.0, max(0.0, percent / 100))
    middle = (part + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * math.sqrt(part * (1 - part) / count + Z**2 / (4 * count**2))
    return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def _of_samples(facts: Facts) -> Decision:
    waiting, first = facts.waiting_percent, _heaviest(facts)
    inlined = _of_inlined(facts)
    if inlined:
        return inlined
    named = next((one for one in facts.hot if one.kind == LOCK), None)
    if named and named.share_percent >= max(CONTENDED_PERCENT, facts.lock_percent):
        return _of_own(facts, named)
    walk = next((one for one in facts.hot if one.kind == LOOK_UP), None)
    if not first and any(is_object(one.symbol) for one in facts.hot):
        return Decision(UNDECIDED, "objects")
    if (
        walk
        and walk.share_percent >= WALK_PERCENT
        and facts.lock_percent < min(CONTENDED_PERCENT, walk.share_percent / 2)
    ):
        return Decision(NO_LOCK, "walk", first, walk)
    if _is_masked(facts):
        return Decision(UNDECIDED, "release", facts.releases[0])
    taken = _of_taking(facts, waiting)
    if taken:
        return taken
    if waiting >= CONTENDED_PERCENT and first:
        return _of_contention(facts, first)
    passed = _of_passing(facts, waiting)
    if passed:
        return passed
    if facts.lock_percent >= VISIBLE_PERCENT and first:
        return Decision(MINOR, "samples", first)
    return Decision(NO_LOCK, "nothing", first)


def _of_inlined(facts: Facts) -> Decision | None:
    """Return the verdict if the instructions of a function show more waiting than there is for all known locks."""
    found = inlined_of(facts.view.profile.loops, facts.hot)
    if found is None or is_alone(facts) or found.share_percent < max(VISIBLE_PERCENT, facts.lock_percent):
        return None
    if found.spins:
        verdict = CONTENDED if found.share_percent >= CONTENDED_PERCENT else MINOR
        return Decision(verdict, "inlined", inlined_group(facts.others, found), inlined=found)
    if found.share_percent < PASSING_PERCENT or _is_wanted_in(facts, found.loop.symbol):
        return None
    reason = Reason("split", described(found.loop))
    return Decision(LINE, "inlined", reasons=(reason,), inlined=found)


def _is_wanted_in(facts: Facts, symbol: str) -> bool:
    """Return whether a function wants a lock that is waited for: an atomic operation inlined there is that lock's."""
    some = (one for one in facts.groups if facts.waiting(one) >= VISIBLE_PERCENT)
    return any(caller == symbol for one in some for caller, _ in one.by_caller())


def _of_own(facts: Facts, named: Hot) -> Decision:
    """Return the verdict if a function that is a lock by its name is hotter than all that are known to be one."""
    group = named_group(facts.others, named.symbol)
    if is_alone(facts):
        return Decision(NO_LOCK, "alone", group)
    is_sure = named.share_percent >= OWN_PERCENT and tells_kind(named.symbol)
    return Decision(CONTENDED if is_sure else UNDECIDED, "own", group)


def _is_masked(facts: Facts) -> bool:
    """Return whether most of the time is where spin locks of the kernel are released, with interrupts off before."""
    share = facts.release_percent
    return (
        share >= CONTENDED_PERCENT and share > facts.lock_percent and facts.releases[0].kind in {"spinlock", "rwlock"}
    )


def _of_contention(facts: Facts, first: Group) -> Decision:
    """Return the verdict if waiting is the matter: which lock it is may be unknown."""
    if is_of_scheduler(first):
        return Decision(UNDECIDED, "scheduler", first)
    if _is_named(first):
        return Decision(CONTENDED, "samples", first)
    if first.kind in _KINDS_OF_MANY:
        return Decision(UNDECIDED, "unnamed", first)
    work = owner_work(facts.view, first) if first.kind in MERGED and not facts.view.profile.has_stacks else ()
    return Decision(CONTENDED if work else UNDECIDED, "samples" if work else "unnamed", first, owner_work=work)


def _is_named(first: Group) -> bool:
    """Return whether callers are known of half of what waits for a lock, or takes it; wakers often leave no frame.

    Of a lock of user space one caller is enough: its waiters sleep where their stacks often end.  A bare futex needs
    more, a function with a name: it may be any lock, or an event.
    """
    some = [one for one in first.members if one[1].does != WAKES] or first.members
    named = sum(sample.weight for sample, whose in some if _tells(first, whose.caller))
    is_user = first.futex and first.kind != FUTEX
    return named > 0 and (is_user or 2 * named >= sum(sample.weight for sample, _ in some))


def _tells(group: Group, caller: str) -> bool:
    return bool(caller) and not (group.kind == FUTEX and is_place(caller))


_KINDS_OF_MANY = frozenset({"spinlock", "rwlock", "futex"})
"""Kinds of which a kernel has so many that one without a caller is unknown."""


def is_of_scheduler(group: Group) -> bool:
    """Return whether most of a group is wanted by the scheduler: locks of run queues, and of tasks that are woken."""
    own = sum(weight for (caller, _), weight in group.by_caller().items() if caller in names().scheduler)
    return group.kind == "spinlock" and own > sum(group.sites.values()) / 2


def _of_taking(facts: Facts, waiting: float) -> Decision | None:
    """Return the verdict if taking one lock, which nobody waits for, has more than all waiting for others."""
    first = max(facts.groups, key=lambda one: one.taking, default=None)
    if first is None or facts.view.busy(first.taking) <= max(waiting, PASSING_PERCENT):
        return None
    return _of_passed(facts, first)


def _of_passing(facts: Facts, waiting: float) -> Decision | None:
    """Return the verdict if a line is passed around, with a lock on it or without."""
    counted = line_percent(facts)
    if counted >= LINE_PERCENT and counted > waiting and not is_alone(facts):
        reason = "functions that count references of shared objects, or add to a shared count, are hot"
        return Decision(LINE, "count", reasons=(Reason("refcount", reason), Reason("split", reason)))
    atomic = atomics(facts)
    if atomic and atomic.share_percent >= PASSING_PERCENT and not is_alone(facts):
        reason = "an atomic operation is slow where other CPUs have the line of its word"
        return Decision(LINE, "atomic", reasons=(Reason("split", reason),))
    return next(filter(None, (_of_passed(facts, one) for one in facts.groups)), None)


def _of_passed(facts: Facts, one: Group) -> Decision | None:
    """Return the verdict if a lock is taken often and hardly waited for."""
    share = passing_percent(facts, one)
    if share < PASSING_PERCENT:
        return None
    if is_alone(facts):
        return Decision(NO_LOCK, "alone", one)
    readers = any(BY_READERS.search(name) for name in one.functions())
    reason = f"taking and releasing it has {share:.1f} %, and hardly anybody is seen to wait"
    return Decision(LINE, "passing", one, reasons=(Reason("split" if readers else "lock type", reason),))


BY_READERS = re.compile(r"[Rr]ead|rdlock|LWLock|\bRLock|shared")


def is_alone(facts: Facts) -> bool:
    """Return whether one thread was all that ran: no other CPU can want what it takes."""
    return facts.view.profile.facts.get("threads") == "1"


def _of_line(line: SharedLine) -> Decision:
    """Return the verdict on the worst line of `perf c2c`."""
    places = touches(line)
    if is_of_lock(line):
        return Decision(LINE, "line", reasons=(), line=line)
    apart = len({one.offset for one in places}) > 1
    reason = "different places of one line are touched" if apart else "one place of the line is touched by all"
    return Decision(LINE, "line", reasons=(Reason("fields apart" if apart else "split", reason),), line=line)


def _heaviest(facts: Facts) -> Group | None:
    """Return the lock that is waited for most; that is taken most if none is waited for."""
    return max(facts.groups, key=lambda one: (facts.waiting(one), one.weight), default=None)


def _of_waits(facts: Facts) -> Decision:
    if not facts.waits:
        return Decision(NO_LOCK, "nothing")
    first = futexes.heaviest(facts.view.profile, facts.waits, CONTENDED_AT_ONCE)
    if not facts.waited_ns:
        return Decision(UNDECIDED, "counted", first)
    if first.kind == "lock" and not first.lock and not any(caller for caller, _ in first.by_caller()):
        return Decision(UNDECIDED, "tasks", first)
    verdict = _by_time(facts)
    if verdict == CONTENDED and _is_slight(facts, first):
        verdict = MINOR
    if verdict == CONTENDED and is_of_unknown_time(facts):
        verdict = UNDECIDED
    if verdict == CONTENDED and is_of_scheduler(first):
        return Decision(UNDECIDED, "scheduler", first)
    is_nameless = first.kind == FUTEX and not any(caller for caller, _ in first.by_caller())
    is_part = facts.waited_ns >= LEAST_NS and not futexes.has_sleeps(facts.view.profile)
    if (verdict == CONTENDED and futexes.is_unknown(first)) or (is_nameless and (verdict == CONTENDED or is_part)):
        return Decision(UNDECIDED, "user lock", first)  # the way to sleep is no sleep
    return Decision(verdict, "waits", first)


def _is_slight(facts: Facts, first: Group) -> bool:
    """Return whether a lock is hardly waited for, however long all of it is together."""
    waits = waits_of(facts.view.profile, first, facts.waited_ns)
    if waits.counts_all and waits.mean_ns is not None and waits.mean_ns < FREE_NS:
        return True
    return waits.waiters is not None and waits.waiters < VISIBLE_AT_ONCE


def _by_time(facts: Facts) -> str:
    """Return how much of the run the waits are; where it is unknown, whether they can matter at all."""
    span = span_ns(facts.view.profile)
    if not span:
        return CONTENDED if facts.waited_ns >= LEAST_NS else MINOR
    at_once = facts.waited_ns / span
    return CONTENDED if at_once >= CONTENDED_AT_ONCE else MINOR if at_once >= VISIBLE_AT_ONCE else NO_LOCK
