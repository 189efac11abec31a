"""Counters of a database: waits since they were reset, by the name of the lock, and nothing of who wanted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.known_locks import known_lock
from lockwright.profiles.diagnosis.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.result import LockFound

_KINDS = ("InnoDB", "MySQL", "PostgreSQL")
_SINCE = "since the counters were reset"
_NEXT = {
    "wait events of MySQL": (
        """`TRUNCATE TABLE performance_schema.events_waits_summary_global_by_event_name`, `SELECT SLEEP(60)` under \
load, then the same table: all waits over 60 seconds are the threads that wait at any moment""",
        """`perf record -g -p $(pidof mysqld)` (or mariadbd), or `SHOW ENGINE INNODB STATUS`: who wants it""",
    ),
    "InnoDB's mutexes": (
        """the same table twice, a minute apart, for waits in a second; their times stand in \
`performance_schema.events_waits_summary_global_by_event_name`""",
        """`perf record -g -p $(pidof mysqld)` (or mariadbd): who wants it""",
    ),
}


def is_of_database(lock: LockFound | None) -> bool:
    """Return whether a lock is one of a database, which has tables of its own to look at."""
    return lock is not None and any(one in lock.kind for one in _KINDS) and not lock.caller


def is_of_unknown_time(facts: Facts) -> bool:
    """Return whether waits were counted since a moment that nobody knows."""
    return _SINCE in facts.view.profile.facts.get("waits", "")


def counts_waits(facts: Facts) -> bool:
    """Return whether those that had to wait were counted, and not calls."""
    return _SINCE in facts.view.profile.facts.get("counted", "")


def known_reason(lock: LockFound) -> Reason | None:
    """Return the class of cure that fits a lock by its name, and why; None if nothing is known."""
    known = known_lock(lock.kind, lock.name)
    if known is None or not known.cure:
        return None
    return Reason(known.cure, known.because, known.like, known.do, known.test)


def records_of_counters(facts: Facts, lock: LockFound) -> Iterator[str]:
    """Yield what to look at next."""
    known = known_lock(lock.kind, lock.name)
    if known and known.record:
        yield known.record
    yield from _NEXT.get(facts.view.profile.provenance.reader, ())
