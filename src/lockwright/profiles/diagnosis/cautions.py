"""False friends: what looks like contention, or like work, and is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import plain, role
from lockwright.profiles.diagnosis.commands import of_one_command
from lockwright.profiles.diagnosis.counters import is_of_database
from lockwright.profiles.diagnosis.hot import PAGE, POLL, PROFILER, share_of
from lockwright.profiles.diagnosis.missing import SLEEPING
from lockwright.profiles.diagnosis.owners import FUTEX
from lockwright.profiles.diagnosis.result import CONTENDED, NO_LOCK, Caution
from lockwright.profiles.diagnosis.verdict import BY_READERS, FEW, has_all_waits, wilson
from lockwright.profiles.diagnosis.words import duration, listed
from lockwright.profiles.jvm import LEFT_OUT
from lockwright.profiles.symbols import ACQUIRE, INSIDE, SPIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision

IDLE_PERCENT = 50.0  # of the CPUs' time: as much, and the run waits for something else than a CPU
_VISIBLE_PERCENT = 3.0  # of busy time: less misleads nobody
_OWN_PERCENT = 1.0
_OWNERS = frozenset({"mutex_spin_on_owner", "rwsem_spin_on_owner", "osq_lock", "mutex_optimistic_spin"})
_DECIDED = "; every wait for a lock of the kernel was recorded beside it, and they are too few: it is work"
_WITH_INTERRUPTS_OFF = frozenset({"spinlock", "rwlock"})
_READER_LOCKS = ("rwsem", "rwlock")
_OF_GLIBC = frozenset({"pthread lock", "futex"})
_POINTER_NS = 100.0  # a hold that reads a pointer and no more: K46 had 16 ns for lock and unlock together
_MANY_READS = 100  # for each write, as in K43


def cautions_of(facts: Facts, decision: Decision, lock: LockFound | None) -> tuple[Caution, ...]:
    """Return the false friends that are present."""
    found = [Caution(name, sentence) for name, look in _LOOKS.items() for sentence in look(facts, decision)]
    found += [Caution("threshold", one) for one in [facts.view.profile.facts.get(LEFT_OUT, "")] if one]
    found += [Caution("few samples", sentence) for sentence in _few(facts, lock)]
    found += [Caution("one command", sentence) for sentence in of_one_command(facts, decision, lock)]
    if lock and decision.verdict != NO_LOCK:
        found += [Caution("idle", sentence) for sentence in _idle(facts, lock)]
        found += [Caution("semaphore", sentence) for sentence in _semaphore(lock)]
        found += [Caution("reader/writer lock", sentence) for sentence in _readers(lock, decision)]
        found += [Caution("lost caller", sentence) for sentence in _lost_caller(facts, lock)]
    return tuple(found)


def _unlock(facts: Facts, decision: Decision) -> Iterator[str]:
    kernel = [one.releasing for one in facts.releases if one.kind in _WITH_INTERRUPTS_OFF]
    share = facts.view.busy(sum(kernel))
    if share < _VISIBLE_PERCENT:
        return
    if facts.has_masked_clock:
        yield (
            f"{share:.1f} % in functions that release a lock: {facts.view.event} is an interrupt itself, so time with "
            "interrupts off, waiting or working, is put down to where they come on again"
            f"{_DECIDED if has_all_waits(facts) and decision.verdict != CONTENDED else ''}"
        )
    elif decision.why == "release" or share > facts.lock_percent:
        yield (
            f"{share:.1f} % in functions that release a lock, which is seldom slow: a profiler whose clock is an "
            "interrupt, as in guests, puts down there the time that interrupts were off"
        )


def _line_of_the_lock(facts: Facts, _: Decision) -> Iterator[str]:
    taking = _share(facts, lambda symbol: role(symbol) == ACQUIRE)
    if taking < _VISIBLE_PERCENT:
        return
    if any(one.waiting for one in facts.groups):
        yield (
            f"{taking:.1f} % in functions that take locks, beside their slow paths: a cache line on its way, or locks "
            "taken often, not waiting"
        )
    else:
        yield (
            f"{taking:.1f} % in functions that take locks, and no slow path in sight: it may be inlined (then it is "
            "waiting), or a cache line is on its way"
        )


def _owner_spin(facts: Facts, _: Decision) -> Iterator[str]:
    share = _share(facts, _OWNERS.__contains__)
    if share >= _VISIBLE_PERCENT:
        yield (
            f"{share:.1f} % watch the owner of a mutex or rwsem: waiting, though it counts as running; the lock is as "
            "slow as what its owner runs"
        )


def _futex(_: Facts, decision: Decision) -> Iterator[str]:
    group = decision.group
    if group is None or not group.futex:
        return
    if group.kind == FUTEX:
        yield "the kernel waits here on the way of a lock of user space, which only a user stack names"
    elif any(role(one) == SPIN for one in group.functions()):
        yield "the spin lock is that of a futex bucket in the kernel: a part of sleeping, not the lock itself"


def _conditions(facts: Facts, _: Decision) -> Iterator[str]:
    share = facts.view.busy(sum(one.weight for one in facts.conditions))
    if share >= _VISIBLE_PERCENT:
        names = dict.fromkeys(name for group in facts.conditions for name, _ in group.by_caller() if name)
        who = listed(list(names)[:2])
        where = f" (in {who})" if who else ""
        yield f"{share:.1f} % sleep for a condition, or wake others{where}: that is waiting for work, not for a lock"


def _idle(facts: Facts, lock: LockFound) -> Iterator[str]:
    """Yield that CPUs idle while tasks sleep for a lock: then shares of busy time tell no gain."""
    idle = facts.idle_percent
    if lock.kind in SLEEPING and idle >= IDLE_PERCENT and lock.share_busy_percent:
        yield (
            f"{idle:.0f} % of the CPUs' time nothing ran: tasks sleep, so shares of busy time tell which lock it is, "
            "and not what the run gains without it: up to as many times as tasks take turns"
        )


def _few(facts: Facts, lock: LockFound | None) -> Iterator[str]:
    """Yield how far a share of few samples may be from the truth: Wilson's interval, 95 %."""
    count = sum(one.count for one in facts.view.samples)
    if not 0 < count < FEW or lock is None or not lock.share_busy_percent:
        return
    low, high = wilson(lock.share_busy_percent, count)
    yield f"{count} samples: {lock.share_busy_percent:.0f} % may be {low:.0f} to {high:.0f} %"


def _page(facts: Facts, _: Decision) -> Iterator[str]:
    share = share_of(facts.hot, PAGE)
    if share >= _VISIBLE_PERCENT:
        yield f"{share:.1f} % wait for pages, by their names: mostly for the disk, not for whoever holds a lock"


def _polling(facts: Facts, _: Decision) -> Iterator[str]:
    share = share_of(facts.hot, POLL)
    if share >= _VISIBLE_PERCENT:
        first = next(one.symbol for one in facts.hot if one.kind == POLL)
        yield (
            f"{share:.1f} % poll ({first}, by its name): busy whether or not there is work, so that other shares look "
            "smaller than they are"
        )


def _profiler(facts: Facts, _: Decision) -> Iterator[str]:
    own = facts.view.busy(sum(one.weight for one in facts.own))
    if facts.own_waits:
        time_ns = sum(one.total_ns for one in facts.own_waits)
        yield f"{duration(time_ns)} of waiting is for locks that the profiler itself takes: left out of the verdict"
    if facts.view.traced_percent >= _OWN_PERCENT:
        yield (
            f"{facts.view.traced_percent:.1f} % of the samples are in tracepoints that the recorder set: left out of "
            "what shares are of here, not out of the tables"
        )
    share = own + share_of(facts.hot, PROFILER)
    if own >= _OWN_PERCENT:
        yield f"{own:.1f} % wait for locks that the profiler itself takes: left out of the verdict; sample less often"
    elif share >= _VISIBLE_PERCENT:
        yield f"{share:.1f} % are the profiler itself, by its names: sample less often, or trace fewer events"


def _walk(facts: Facts, decision: Decision) -> Iterator[str]:
    if decision.walk and facts.waiting_percent >= _VISIBLE_PERCENT:
        yield (
            "a look-up that runs under a lock makes others wait for it: the "
            f"{facts.waiting_percent:.1f} % of waiting may go with it, or be the next limit"
        )


def _semaphore(lock: LockFound) -> Iterator[str]:
    if lock.kind.endswith("semaphore") and lock.through_futex:
        yield "a semaphore guards something, or it counts work: then its sleepers wait for work, not for a lock"


def _readers(lock: LockFound, decision: Decision) -> Iterator[str]:
    """Yield whether readers should share a lock: both numbers decide, and without them nothing does."""
    if not (_is_taken_by_readers(decision) or any(one in lock.kind for one in _READER_LOCKS)) or is_of_database(lock):
        return
    if lock.sharing is None:
        yield (
            "whether readers should share this lock, or no longer, is undecided: that takes the length of a hold, and "
            "the reads for each write"
        )
        return
    ratio = lock.sharing.reads / lock.sharing.writes
    held = f"{duration(lock.sharing.read_hold_ns)} by a reader and {duration(lock.sharing.write_hold_ns)} by a writer"
    numbers = f"{ratio:.3g} reads for each write, held {held}"
    if lock.sharing.read_hold_ns < _POINTER_NS:
        yield f"{numbers}: holds as short as reading a pointer were faster under a plain lock (K46: 2.2 times)"
    elif ratio >= _MANY_READS:
        yield f"{numbers}: sharing paid with as many reads, and holds that do real work (K43: 2.46 times)"
    else:
        yield f"{numbers}: sharing was seen to pay with some {_MANY_READS} reads for each write"


def _is_taken_by_readers(decision: Decision) -> bool:
    """Return whether a function takes the lock that has readers in its name, of a lock of user space, too."""
    members = decision.group.members if decision.group else ()
    names = {frame.symbol for sample, whose in members for frame in sample.stack[: whose.depth]}
    return any(BY_READERS.search(one) for one in names if role(one) in INSIDE)


def _lost_caller(facts: Facts, lock: LockFound) -> Iterator[str]:
    """Yield that frame pointers lose whoever calls a function of the C library, which has none."""
    if (
        lock.kind in _OF_GLIBC
        and lock.caller
        and facts.view.profile.facts.get("call graph", "fp") == "fp"
        and lock.share_busy_percent
    ):
        yield (
            f"without frame pointers in the C library a call graph skips who called it: the lock may be wanted by a "
            f"function that {lock.caller} calls (`--call-graph dwarf` tells)"
        )


def _share(facts: Facts, holds: Callable[[str], bool]) -> float:
    """Return the share of innermost functions for whose names something holds."""
    return facts.view.busy(sum(one.weight for one in facts.view.samples if holds(plain(one.stack[0].symbol))))


_LOOKS: dict[str, Callable[[Facts, Decision], Iterator[str]]] = {
    "unlock": _unlock,
    "line of the lock": _line_of_the_lock,
    "spinning on the owner": _owner_spin,
    "futex": _futex,
    "condition": _conditions,
    "page lock": _page,
    "polling": _polling,
    "profiler": _profiler,
    "look-up under a lock": _walk,
}
