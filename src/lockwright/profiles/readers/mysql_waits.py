"""Wait events of MySQL and MariaDB: `performance_schema.events_waits_summary_*`, and the views of `sys`.

`wait/synch/mutex/innodb/log_sys_mutex  80828  1921002842280 ...`: how often, and all waits together, in picoseconds
(MySQL, manual, wait event summary tables); `sys.waits_global_by_latency` has units.  Every acquisition counts, also one
that did not wait.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Profile, Wait
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.sql_tables import claimed, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "wait events of MySQL"
_NAMES = ("event_name", "events", "event", "name")
_COUNTS, _TOTALS = ("count_star", "total", "count"), ("sum_timer_wait", "total_latency", "sum", "total_wait")
_LONGEST = ("max_timer_wait", "max_latency")
_PS_PER_NS = 1e3
_EVENT = re.compile(r"wait/synch/(?P<kind>mutex|rwlock|sxlock|prlock|cond)/(?P<part>[\w:]+)/(?P<name>\S.*)")
_UNITS = {"ps": 1e-3, "ns": 1.0, "us": 1e3, "\u00b5s": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9}
_UNITS |= {"w": 7 * 86400e9, "min": 60e9}
_TIME = re.compile(r"(?P<value>\d+(?:\.\d+)?(?:e[+]?\d+)?)(?: (?P<unit>[a-z\u00b5]{1,3}))?", re.IGNORECASE)


def accepts(names: frozenset[str]) -> bool:
    """Return whether a table may be one of wait events, by the names of its columns."""
    return bool(names & set(_NAMES)) and bool(names & {*_COUNTS, *_TOTALS})


def fits(values: dict[str, str]) -> bool:
    """Return whether a row is one of waits for the server's own locks."""
    return _EVENT.fullmatch(_first(values, _NAMES)) is not None


def _first(values: dict[str, str], names: Sequence[str]) -> str:
    return next((values[one] for one in names if one in values), "")


def _claims(head: Sequence[str]) -> list[int]:
    if not any("wait/synch" in one for one in head):
        return []
    return claimed(head, accepts, fits)


def time_ns(text: str) -> float:
    """Return a time in nanoseconds: picoseconds without a unit, as the tables have them; 0 for none."""
    got = _TIME.fullmatch(text.replace(",", ""))
    if got is None:
        return 0.0
    unit = (got["unit"] or "").lower()
    return float(got["value"]) * (_UNITS.get(unit, 0.0) if unit else 1 / _PS_PER_NS)


def _kind(got: re.Match[str]) -> str:
    what = "mutex" if got["kind"] == "mutex" else "rwlock"
    return f"{what} of {'InnoDB' if got['part'] == 'innodb' else 'MySQL'}"


def read(lines: Lines) -> Profile:
    """Read the waits by the name of their lock; conditions are waited for, too, and are no locks."""
    found = Gathered()
    waits: dict[tuple[str, str], Wait] = {}
    for row in rows_of(lines, accepts, found.skip):
        got = _EVENT.fullmatch(_first(row.values, _NAMES))
        count = _first(row.values, _COUNTS).replace(",", "")
        if got is None or not count.isdecimal():
            continue
        total_ns = time_ns(_first(row.values, _TOTALS))
        if got["kind"] == "cond":
            continue
        instance = row.values.get("object_instance_begin", "")
        name = f"{got['name']}@{int(instance):x}" if instance.isdecimal() else got["name"]
        wait = Wait(name, _kind(got), (), int(count), int(count), total_ns, time_ns(_first(row.values, _LONGEST)))
        waits[name, wait.kind] = _sum(waits.get((name, wait.kind)), wait)
    found.facts["waits"] = "every acquisition, also those that did not wait, since the counters were reset"
    return found.profile(NAME, lines, "samples", tuple(sorted(waits.values(), key=lambda one: -one.total_ns)))


def _sum(known: Wait | None, wait: Wait) -> Wait:
    """Return both together: a table by thread has a lock several times."""
    if known is None:
        return wait
    count, total_ns = known.contended + wait.contended, known.total_ns + wait.total_ns
    return Wait(wait.lock, wait.kind, (), count, count, total_ns, max(known.longest_ns, wait.longest_ns))


READER = Reader(
    NAME,
    "a table with EVENT_NAME, COUNT_STAR and SUM_TIMER_WAIT, and rows of `wait/synch/mutex/...`",
    _claims,
    ("wait/synch/", "sum_timer_wait", "count_star", "total_latency"),
    read,
)
