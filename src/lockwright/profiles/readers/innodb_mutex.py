"""`SHOW ENGINE INNODB MUTEX`: how often threads had to wait for each mutex and latch, without times.

`| InnoDB | rwlock: dict0dict.cc:2456 | waits=3 |` (since MySQL 5.7.8), `os_waits=3` (before; MariaDB), for mutexes also
`spins=24,waits=3,calls=7`.  Latches of the pages of the buffer pool are one row, `sum rwlock: buf0buf.cc:1460`.
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

NAME = "InnoDB's mutexes"
_COLUMNS = {"type", "name", "status"}
_STATUS = re.compile(r"(?:.*[, ])?(?:os_)?waits=(?P<waits>\d+)\b.*")
_NAME = re.compile(
    r"(?P<all>(?:sum|combined) )?(?:(?P<what>rwlock|mutex):? )?(?P<name>&?[\w:.>()/-]+?)(?::(?P<line>\d+))?"
)
_MUTEXES = re.compile(r"[A-Z_]+|\w*mutex\w*|&\S+", re.IGNORECASE)


def accepts(names: frozenset[str]) -> bool:
    """Return whether a table is one of mutexes, by the names of its columns."""
    return names == _COLUMNS


def fits(values: dict[str, str]) -> bool:
    """Return whether a row is one of a mutex or latch."""
    return values.get("type", "").lower() == "innodb" and _STATUS.fullmatch(values.get("status", "")) is not None


def _claims(head: Sequence[str]) -> list[int]:
    return claimed(head, accepts, fits) if any("waits=" in one for one in head) else []


def read(lines: Lines) -> Profile:
    """Read how often each was waited for."""
    found = Gathered()
    waits = []
    for row in rows_of(lines, accepts, found.skip):
        status, name = _STATUS.fullmatch(row.values["status"]), _NAME.fullmatch(row.values["name"])
        if status is None or name is None or not int(status["waits"]):
            continue
        is_latch = name["what"] == "rwlock" or (name["what"] is None and not _MUTEXES.fullmatch(name["name"]))
        label = name["name"].rpartition("/")[2] + (f":{name['line']}" if name["line"] else "")
        kind = "latch of InnoDB" if is_latch else "mutex of InnoDB"
        waits.append(Wait(label, kind, (), int(status["waits"]), 0, 0.0, 0.0))
    found.facts["counted"] = "waits since the counters were reset, or the server started"
    return found.profile(NAME, lines, "samples", tuple(waits))


READER = Reader(
    NAME,
    "a table of Type, Name and Status with `os_waits=1` or `waits=1`",
    _claims,
    ("os_waits=", "waits=", "rwlock: ", "innodb"),
    read,
)
