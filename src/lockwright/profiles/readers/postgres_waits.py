r"""Wait events of PostgreSQL: `pg_stat_activity`, as rows or counted, and `pg_wait_sampling`, as psql prints them.

Types and names are those of the manual's tables of wait events (9.6 and later; `LWLockNamed` and `LWLockTranche` until
9.6, names as of before 13, too).  Sessions stand somewhere: their numbers are no time.  A table that `\\watch` printed
again is another look, and in `pg_wait_sampling_profile` a background process that always waits counts the looks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Stack
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.sql_tables import Row, claimed, rows_of
from lockwright.profiles.standing import IDLE_IN, MOMENTS, SESSIONS, Task, profile_of
from lockwright.profiles.statements import normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "wait events of PostgreSQL"
LWLOCK, LOCK, PIN, SPIN = "PostgreSQL LWLock", "PostgreSQL lock", "PostgreSQL buffer pin", "PostgreSQL spinlock"
_TYPES = frozenset(
    {
        "LWLock",
        "LWLockNamed",
        "LWLockTranche",
        "Lock",
        "BufferPin",
        "Buffer",
        "Activity",
        "Client",
        "Extension",
        "IO",
        "IPC",
        "Timeout",
        "InjectionPoint",
    }
)
_BOTH = re.compile(rf"(?P<type>{'|'.join(sorted(_TYPES))})\s*[:./ |-]\s*(?P<event>\w+)")
_COUNTS = ("count", "cnt", "n", "num", "sum", "total", "samples", "sessions", "backends", "waits", "count(*)", "calls")
_EVENTS = ("wait_event", "event", "wait", "waiting", "waits", "wait_event_name")
_TYPE_NAMES = ("wait_event_type", "event_type", "type", "wait_type")
_BLOCKERS = ("blocked_by", "pg_blocking_pids", "blocking_pids", "blockers", "blocking_pid", "blocked_by_pid")
_STATEMENTS = ("query", "q", "sql", "statement", "left", "substring", "substr", "current_query")
_OWN = re.compile(r"pg_stat_activity|pg_wait_sampling|pg_blocking_pids", re.IGNORECASE)
_GROUPS = frozenset({"ProcArrayGroupUpdate", "ClogGroupUpdate", "XactGroupUpdate"})
"""Events of type IPC in which one waits for whoever takes an LWLock for it, too."""
_IDLE = ("idle", "disabled")


def accepts(names: frozenset[str]) -> bool:
    """Return whether a table may be one of wait events, by the names of its columns."""
    if "wait_event" in names or ("event" in names and names & {"event_type", "pid"}):
        return True
    return bool(names & {"wait", "waiting", "waits"}) and bool(names & {*_COUNTS, "pid", "state"})


def fits(values: dict[str, str]) -> bool:
    """Return whether a row is one of wait events: of a type that there is, or of none."""
    kind, event = event_of(values)
    return kind in _TYPES or not (kind or event)


def event_of(values: dict[str, str]) -> tuple[str, str]:
    """Return type and name of a row's wait event, empty where there is none."""
    event = next((values[one] for one in _EVENTS if one in values), "")
    kind = next((values[one] for one in _TYPE_NAMES if one in values), "")
    both = _BOTH.fullmatch(event)
    if both:
        return both["type"], both["event"]
    if event.lower() in {"cpu", "null", "-", "on cpu", "running", "none"}:
        return "", ""
    return kind if kind.lower() != "null" else "", event


def _claims(head: Sequence[str]) -> list[int]:
    return claimed(head, accepts, fits) if any("wait" in one.lower() or "event" in one.lower() for one in head) else []


def _task(row: Row) -> Task | None:
    """Return who stands there; None for a session that has nothing to do, or that looks."""
    values = row.values
    statement = next((values[one] for one in _STATEMENTS if values.get(one)), "")
    if _OWN.search(statement):
        return None
    kind, event = event_of(values)
    if kind not in _TYPES and (kind or event):
        return None
    state = values.get("state", "")
    count = next((values[one] for one in _COUNTS if one in values), "1").replace(",", "")
    number = int(float(count)) if re.fullmatch(r"\d{1,15}(?:\.0*)?", count) else 1
    if not number or (state in _IDLE and not kind):
        return None
    kind = "LWLock" if kind in {"LWLockNamed", "LWLockTranche"} else kind
    where = f"{kind}:{event}" if event else kind or "running"
    where = IDLE_IN if state.startswith(IDLE_IN) else where
    by = normal(statement) if statement and where != IDLE_IN else ""
    query = values.get("queryid", values.get("query_id", ""))
    by = by or (f"query {query}" if query not in {"", "0", "-"} else "")
    stack: Stack = (Frame(where), *((Frame(by),) if by else ()))
    pid = values.get("pid", "")
    return Task(
        f"pid {pid}" if pid else "",
        stack,
        event if lock_kind(kind, event) and where != IDLE_IN else "",
        lock_kind(kind, event) if where != IDLE_IN else "",
        count=number,
    )


def lock_kind(kind: str, event: str) -> str:
    """Return the kind of lock that an event waits for; empty if it is none."""
    if kind == "LWLock" or event in _GROUPS:
        return LWLOCK
    if kind == "Timeout" and event == "SpinDelay":
        return SPIN
    return {"Lock": LOCK, "BufferPin": PIN}.get(kind, "")


def _roots(rows: Sequence[Row]) -> dict[str, str]:
    """Return who blocks whom in the end, by pid: whoever blocks and is itself blocked by nobody."""
    blockers: dict[str, str] = {}
    for one in rows:
        text = next((one.values[name] for name in _BLOCKERS if name in one.values), "")
        pids = re.findall(r"\d+", text)
        if pids and "pid" in one.values:
            blockers[one.values["pid"]] = pids[0]
    roots = {}
    for pid, first in blockers.items():
        seen, at = {pid}, first
        while at in blockers and at not in seen:
            seen.add(at)
            at = blockers[at]
        roots[pid] = at
    return roots


def _looks(tasks: Sequence[Task], rows: Sequence[Row]) -> int:
    """Return how often a sampler looked: a process that always waits is there each time."""
    by_pid: dict[str, int] = defaultdict(int)
    for task, row in zip(tasks, rows, strict=True):
        own = row.values.get("pid", "")
        if own:
            by_pid[own] += task.count
    always = [task.count for task in tasks if task.stack[0].symbol.startswith("Activity:")]
    return max(by_pid.values(), default=0) or max(always, default=0) or sum(one.count for one in tasks)


def read(lines: Lines) -> Profile:
    """Read the sessions of all looks."""
    found = Gathered()
    rows = list(rows_of(lines, accepts, found.skip))
    pairs = [(task, row) for row in rows if (task := _task(row))]
    is_sampled = any("event_type" in row.values and set(row.values) & set(_COUNTS) for row in rows)
    tables = sorted({row.table for row in rows})
    moments = [[task for task, row in pairs if row.table == one] for one in tables]
    for one in tables:
        roots = _roots([row for row in rows if row.table == one])
        for task in moments[tables.index(one)]:
            root = roots.get(task.name.removeprefix("pid "))
            task.owner = f"pid {root}" if root and task.kind == LOCK else ""
    origin = found.profile(NAME, lines, "samples").provenance
    made = profile_of([one for one in moments if one] or [[]], origin, SESSIONS, found.facts)
    if not is_sampled:
        return made
    looks = _looks([task for task, _ in pairs], [row for _, row in pairs])
    return replace(made, facts={**made.facts, MOMENTS: str(max(1, looks))})


READER = Reader(
    NAME,
    "a table with the columns wait_event_type and wait_event, or event_type and event",
    _claims,
    ("wait_event", "lwlock", "pg_stat_activity", "event_type"),
    read,
)
