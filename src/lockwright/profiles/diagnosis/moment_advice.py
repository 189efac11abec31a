"""What to do, what to mistrust, and what to record next, where tasks were seen at one moment, or at a few."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import plain, role
from lockwright.profiles.diagnosis.hot import LOOK_UP, suggests
from lockwright.profiles.diagnosis.known_locks import known_lock
from lockwright.profiles.diagnosis.moment import CIRCLE, between, moments_of, nameless_sleepers, tasks
from lockwright.profiles.diagnosis.reason import Reason
from lockwright.profiles.diagnosis.result import NO_LOCK, Caution
from lockwright.profiles.diagnosis.words import listed
from lockwright.profiles.standing import BESIDE, SESSIONS, sleeper
from lockwright.profiles.symbols import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.result import LockFound
    from lockwright.profiles.diagnosis.verdict import Decision

_MANY_SITES = 3
_CALLERS = 3  # of sleepers that are named
_OF_DATABASES = ("InnoDB", "PostgreSQL")  # whose callers are statements, or lines of sources
_MANY_MOMENTS = 10
_WHOLE = 10.0  # tasks: more need no digit behind the point


def reasons_of(group: Group, lock: LockFound) -> tuple[Reason, ...]:
    """Return the classes of cure that fit a lock that tasks were seen to wait for, and why."""
    return tuple(_reasons(group, lock))


def _reasons(group: Group, lock: LockFound) -> Iterator[Reason]:
    known, found = known_lock(group.kind, group.lock), lock.standing
    if known is not None:
        if known.cure:
            yield Reason(known.cure, known.because, known.like, known.do, known.test)
        return
    if found is None or found.holder_wants or any(one in group.kind for one in _OF_DATABASES):
        return
    if found.holder_sleeps:
        because = f"its holder sleeps in {found.holder_sleeps}, called by {found.holder_at}: everybody waits for that"
        yield Reason("move work out", because)
    elif suggests(found.holder_at) == LOOK_UP:
        yield Reason("structure", f"its holder was seen in {found.holder_at}, which searches, by its name")
    elif found.holder_at and found.holder_at != found.holder_in:
        yield Reason("move work out", f"its holder was seen in {found.holder_at}, called while it has the lock")
    elif found.holder_at:
        yield Reason("shorten hold", f"its holder was seen at work in {found.holder_at}, which takes it")
    if len(lock.sites) >= _MANY_SITES:
        yield Reason("split", f"it is wanted in {len(lock.sites)} places")


def cautions_of_moment(facts: Facts, decision: Decision, lock: LockFound | None) -> Iterator[Caution]:
    """Yield why what was seen may be chance, or not what it seems to be."""
    moments, found = moments_of(facts.view.profile), lock.standing if lock else None
    if decision.why == CIRCLE:
        yield Caution("deadlock", "this never ends by itself: take these locks in one order everywhere")
        return
    if found and moments < _MANY_MOMENTS:
        low, high = map(_number, between(found.waiting, moments))
        looks = "one look" if moments == 1 else f"{moments} looks"
        yield Caution(
            "few moments",
            f"{looks}: on average {low} to {high} may wait for it (95 %, if they come independently; queues that build "
            "up and drain vary more)",
        )
    beside = facts.view.profile.facts.get(BESIDE, "").splitlines()
    yield from (Caution("beside", one) for one in beside)
    if lock and found and not lock.held_by and not found.holder_at and not beside and facts.view.event != SESSIONS:
        sentence = "no thread is seen to have it: it was just let go, or its holder leaves no mark in the text"
        yield Caution("no holder", sentence)
    if lock is None and facts.view.event != SESSIONS:
        yield from _sleepers(facts)
    asleep = sum(one.weight for one in facts.view.samples if role(one.stack[0].symbol) == EVENT)
    if asleep and facts.view.event != SESSIONS and decision.verdict != NO_LOCK:
        verb = "waits" if asleep == 1 else "wait"
        yield Caution("sleepers", f"{asleep:,.0f} of the {tasks(facts):,.0f} threads {verb} for work, not for a lock")


def _sleepers(facts: Facts) -> Iterator[Caution]:
    """Yield who sleeps for a condition where no lock is in sight: a program may make locks of them."""
    sums: dict[str, int] = defaultdict(int)
    for one in facts.view.profile.samples:
        at = sleeper(one.stack)
        if at is not None:
            sums[plain(one.stack[at].symbol)] += one.count
    most = sorted(sums.items(), key=lambda pair: -pair[1])[:_CALLERS]
    if most and most[0][1] > 1:
        who = listed([f"{name} ({count})" for name, count in most])
        sentence = f"{sum(sums.values())} sleep in a futex or for a condition, called by {who}"
        yield Caution("sleepers", f"{sentence}: for work, or for a lock that the program makes of one")


def _number(value: float) -> str:
    return f"{value:.2g}" if value < _WHOLE else f"{value:.0f}"


def records_of_moment(facts: Facts, group: Group | None) -> Iterator[str]:
    """Yield what to record next."""
    known = known_lock(group.kind, group.lock) if group else None
    if known and known.record:
        yield known.record
    if group is None and any("VirtualThread" in frame.symbol for one in facts.view.samples for frame in one.stack):
        yield "`jcmd PID Thread.dump_to_file FILE`: virtual threads, which `jstack` leaves out"
    if nameless_sleepers(facts.view.profile):
        yield (
            "with the symbols of the program: its package with debug symbols (`-dbgsym`, `-debuginfo`), or `set "
            "debuginfod enabled on` in gdb: functions get their names"
        )
    lock = group.lock.rpartition("@")[2] if group else ""
    address = f"0x{lock.removeprefix('0x')}" if lock else "ADDRESS"
    yield from (one.replace("ADDRESS", address) for one in _NEXT.get(facts.view.profile.provenance.reader, ()))


_NEXT: dict[str, tuple[str, ...]] = {
    "a thread dump of a JVM": (
        """ten dumps in one file, `for i in $(seq 10); do jstack -l PID; sleep 1; done > dumps.txt`: `-l` also tells \
who has the locks of java.util.concurrent""",
        """`jcmd PID JFR.start duration=60s settings=profile filename=FILE.jfr`, then `jfr print --stack-depth 20 \
--events JavaMonitorEnter,ThreadPark FILE.jfr`: how long each wait takes""",
    ),
    "backtraces of gdb": (
        """in gdb, `p ((pthread_mutex_t *) ADDRESS)->__data.__owner`: the LWP of the thread that has the mutex, whose \
stack is here, too""",
        "ten such backtraces, or `lockwright record -p PID`: how long each wait takes",
    ),
    "wait events of PostgreSQL": (
        """with `pid, state, wait_event_type, wait_event, pg_blocking_pids(pid), query` of `pg_stat_activity`, and \
`\\watch 1`: which statements, and who blocks them; or `pg_wait_sampling`, which looks a hundred times a second""",
    ),
    "InnoDB's status": (
        """`SELECT * FROM sys.innodb_lock_waits` (MySQL; MariaDB: `information_schema.innodb_lock_waits`): who blocks \
whom now, for rows""",
        """`SELECT * FROM performance_schema.events_waits_summary_global_by_event_name WHERE EVENT_NAME LIKE \
'wait/synch/%' ORDER BY SUM_TIMER_WAIT DESC LIMIT 10`, with these instruments on: which latch, and for how long""",
    ),
    "pt-pmp": ("`pt-pmp --iterations 10 --interval 1`, or `lockwright record -p PID`: how long each wait takes",),
}
"""What to record next, by the name of the reader."""


def not_covered_of_moment(lock: LockFound | None) -> tuple[str, ...]:
    """Return what a look at some moments cannot tell."""
    is_timed = bool(lock and lock.standing and lock.standing.longest_ns)
    return (*(() if is_timed else ("how long each has waited",)), "how long the lock is held", "CPU time")
