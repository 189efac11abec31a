"""What to record next, and what a profile cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import span_ns
from lockwright.profiles.diagnosis.counters import is_of_database, records_of_counters
from lockwright.profiles.diagnosis.futexes import has_sleeps
from lockwright.profiles.diagnosis.nameless import names_of_caller, names_of_most
from lockwright.profiles.diagnosis.owners import FUTEX, is_nameless, is_place
from lockwright.profiles.diagnosis.result import LINE, MINOR, NO_LOCK
from lockwright.profiles.hot_loops import LOOKED_AT
from lockwright.profiles.jvm import CUT_STACKS, LEFT_OUT
from lockwright.profiles.model import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision

SLEEPING = frozenset({"mutex", "rwsem", "mutex or rwsem", "semaphore", "pthread lock", FUTEX})
_VISIBLE_PERCENT = 10.0  # of busy time
_HOT_PERCENT = 50.0  # of busy time in one function
_SHOWN_PERCENT = 95.0  # of busy time with a name: less is a table of its first rows
_READER_LOCKS = ("rwsem", "rwlock")
_OF_KERNELS = frozenset({"perf script", "perf lock contention", "perf lock report", "/proc/lock_stat"})
_CALLERS = "`perf record -g -- COMMAND`"
_WAITS = "`lockwright record -- COMMAND` (or `perf lock record`, then `perf script --ns`)"


_CYCLES = "`perf record -e cycles -g` where there are hardware counters: they also count with interrupts off"


def record_of(facts: Facts, decision: Decision, lock: LockFound | None) -> tuple[str, ...]:
    """Return what to record next, what tells most first."""
    return tuple(dict.fromkeys(_record(facts, decision, lock)))[:3]


def _record(facts: Facts, decision: Decision, lock: LockFound | None) -> Iterator[str]:
    profile = facts.view.profile
    if LEFT_OUT in profile.facts:
        if CUT_STACKS in profile.facts:
            yield f"`jfr print --stack-depth 20`: of {profile.facts[CUT_STACKS]} waits the stack ends before a caller"
        yield "`jstack -l PID`, ten times: what its holder does meanwhile"
        return
    if lock and not facts.view.samples and is_of_database(lock):
        yield from records_of_counters(facts, lock)
        return
    is_recorded = "lock events s" in profile.facts  # by `lockwright record`, which has all it can have
    if decision.why == "release":
        yield f"{_WAITS}: waits of each lock, which this clock cannot tell from work" if not is_recorded else _CYCLES
    if decision.why in {"nothing", "walk"} and is_hot_alone(facts):
        hot = facts.hot[0].symbol
        if was_looked_at(facts, hot):
            yield f"`perf c2c record`: {hot} has no loop that waits among its instructions; its lines may be shared"
        else:
            yield f"`perf annotate {hot}`, `perf c2c record`: a lock that is inlined, or a shared line, looks like this"
    is_hidden = nameless_percent(facts) >= _HOT_PERCENT and decision.verdict in {MINOR, NO_LOCK}
    if is_hidden or decision.why == "nameless":
        yield from names_of_most(facts.view.samples)
    if decision.why == "loop":
        yield "`perf report --stdio` or `perf script` of the same recording: what this function has of the run"
    if decision.why == "cut":
        yield "`perf report --stdio --percent-limit 0`, all of it: most rows are not here"
    if decision.why == "tasks":
        yield "`perf lock contention`, without `-t` and `-o`: which lock, and who wants it"
        return
    if decision.why == "scheduler" and is_recorded:
        yield "off-CPU time (`offcputime`): what the tasks sleep for"
    elif decision.why == "scheduler":
        yield "`lockwright record -- COMMAND`, or off-CPU time (`offcputime`): what the tasks sleep for"
    if facts.view.samples and not profile.has_stacks and (facts.groups or facts.releases):
        first = decision.group or (facts.groups or facts.releases)[0]
        yield f"{_CALLERS}: then the caller of {next(iter(first.functions()), 'the lock')} has a name"
    elif lock and not lock.caller:
        if lock.waits and not facts.view.samples and not lock.through_futex:
            if not lock.function:
                yield "`perf lock contention`, without `-t`, `-l` and `-o`, or with `-v`: who wants each lock"
        elif facts.view.samples and decision.group:
            yield from names_of_caller(profile, decision.group, is_user=lock.kind == FUTEX)
    elif lock and facts.view.samples and decision.group and is_place(lock.caller):
        yield from names_of_caller(profile, decision.group, is_user=True)
    if decision.verdict == LINE and not profile.shared_lines:
        yield "`perf c2c record -- COMMAND`, then `perf c2c report --stdio`: which line, and who writes it"
    if facts.view.samples and not facts.waits and not is_recorded and _sleeps(facts, lock):
        yield f"{_WAITS}: tasks asleep for a lock are in no sample of a CPU"
    if decision.why == "counted":
        yield f"{_WAITS}: how long each wait takes"
    elif (
        facts.waits
        and not span_ns(profile)
        and not facts.view.samples
        and not (lock and lock.waits and lock.waits.off_cpu_ns)
    ):
        yield "`lockwright record -- COMMAND`: the run time, too; waits alone do not tell how much of it they are"
    if (
        lock
        and not lock.sharing
        and any(one in lock.kind for one in _READER_LOCKS)
        and decision.verdict not in {MINOR, NO_LOCK}
    ):
        yield "`/proc/lock_stat` (CONFIG_LOCK_STAT): holds and acquisitions, of readers and of writers"


def is_hot_alone(facts: Facts) -> bool:
    """Return whether several threads run one function most of the time: what is inlined there has no name."""
    threads = facts.view.profile.facts.get("threads", "")
    return threads not in {"", "1"} and bool(facts.hot) and _is_hot(facts.hot[0])


def nameless_percent(facts: Facts) -> float:
    """Return how much of busy time is in functions that have no names: a lock of a program's own may be among them."""
    return facts.view.busy(sum(one.weight for one in facts.view.samples if is_nameless(one.stack[0])))


def was_looked_at(facts: Facts, symbol: str) -> bool:
    """Return whether the instructions of a function were looked at."""
    return symbol in facts.view.profile.facts.get(LOOKED_AT, "").split(", ")


def _is_hot(function: Hot) -> bool:
    is_named = not is_nameless(Frame(function.symbol))
    return function.share_percent >= _HOT_PERCENT and is_named and not function.is_kernel  # its locks are not inlined


def _sleeps(facts: Facts, lock: LockFound | None) -> bool:
    """Return whether tasks may sleep for a lock that the samples show."""
    if lock and lock.kind in SLEEPING:
        return True
    return facts.has_sleepers


def not_covered_of(facts: Facts, decision: Decision, lock: LockFound | None) -> tuple[str, ...]:
    """Return what the profile cannot tell."""
    return tuple(_not_covered(facts, decision, lock))


def _not_covered(facts: Facts, decision: Decision, lock: LockFound | None) -> Iterator[str]:
    profile = facts.view.profile
    shown = facts.view.shown_percent
    if facts.view.samples and profile.unit == "percent" and shown < _SHOWN_PERCENT:
        yield f"{100 - shown:.0f} % of busy time has no row"
    nameless = nameless_percent(facts)
    if nameless >= _VISIBLE_PERCENT:
        yield f"{nameless:.0f} % of busy time, in functions without names"
    if facts.view.samples and not facts.waits:
        yield "tasks that sleep for a lock"
    if not facts.view.samples and facts.waits:
        yield "CPU time"
        if profile.provenance.reader in _OF_KERNELS and not has_sleeps(profile):
            yield "locks of user space, whose waiters sleep"
        if not span_ns(profile):
            yield "how much of the run the waits are"
    if profile.compared:
        yield "the other side of the comparison"
    if lock and not (lock.waits and lock.waits.held_ns):
        yield "how long the lock is held"
    del decision
