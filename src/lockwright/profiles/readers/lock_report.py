"""`perf lock report`: how often each lock was taken and waited for; names are cut to 16 letters or 20.

`&mm->page_table_...  382  0  0  0  0` with times in nanoseconds until Linux 5.17, with units (`32.58 us`) since
(tools/perf/builtin-lock.c).  Of a recording of contention alone a name is the caller with its offset, and what was
taken is what was waited for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Holding, Profile, Wait
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.readers.lock_contention import NS_PER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf lock report"
_LONGEST = 4096
_TIME = r"\d{1,15}(?:\.\d\d)? (?:ns|us|ms|s|m|h)\b"
_COLUMN = r"(?:acquired|contended|(?:avg|total|max|min) wait(?: \(ns\))?)"
_HEAD = re.compile(rf"\s*+Name(?P<columns>(?:\s+{_COLUMN}){{1,6}})\s*")
_ROW = re.compile(rf"\s*+(?P<name>\S.{{0,60}}?)(?P<numbers>(?:\s+(?:{_TIME}|\d{{1,20}})){{1,6}})\s*")
_SURE = re.compile(rf"\s*+\S.{{0,60}}?\s+\d{{1,15}}\s+\d{{1,15}}(?:\s+{_TIME}){{3,4}}\s*")
_NUMBER = re.compile(rf"{_TIME}|\d{{1,20}}")
_COLUMNS = re.compile(_COLUMN)
_OFFSET = re.compile(r"(?P<symbol>.+)\+0x(?P<offset>[0-9a-f]{1,16})")
_TASK = re.compile(r":\d{1,10}")
_OTHER = re.compile(r"\s*+(?:=== output for debug ?===|bad.*|histogram of .*|-{10,})|\s+\w+: \d+")
_USUAL = ("acquired", "contended", "avg wait", "total wait", "max wait", "min wait")
_CUT = "..."


def _claims(head: Sequence[str]) -> list[int]:
    """Rows without units are certain only below their head."""
    claimed, columns = [], 0
    for number, line in enumerate(head):
        if len(line) >= _LONGEST:
            continue
        if got := _HEAD.fullmatch(line):
            columns = len(_COLUMNS.findall(got["columns"]))
            claimed.append(number)
        elif _SURE.fullmatch(line) or (columns and len(_numbers(line)) == columns):
            claimed.append(number)
    return claimed


def _numbers(line: str) -> list[str]:
    got = _ROW.fullmatch(line)
    return _NUMBER.findall(got["numbers"]) if got else []


def read(lines: Lines) -> Profile:
    """Read the rows: a wait and a holding of each lock, both without stacks."""
    found = Gathered()
    columns: tuple[str, ...] = _USUAL
    rows: list[tuple[str, dict[str, float]]] = []
    for number, line in enumerate(lines, 1):
        if len(line) >= _LONGEST:
            found.skip(number)
        elif got := _HEAD.fullmatch(line):
            columns = tuple(one.removesuffix(" (ns)") for one in _COLUMNS.findall(got["columns"]))
        elif (got := _ROW.fullmatch(line)) and not _OTHER.fullmatch(line):
            numbers = _NUMBER.findall(got["numbers"])
            if len(numbers) == len(columns):
                rows.append((got["name"].strip(), dict(zip(columns, map(_value, numbers), strict=True))))
            else:
                found.skip(number)
        elif line.strip() and not _OTHER.fullmatch(line):
            found.skip(number)
    callers = any(_OFFSET.fullmatch(name) for name, _ in rows)
    waits = tuple(_wait(name, row, callers=callers) for name, row in rows)
    holdings = () if callers else tuple(_holding(name, row) for name, row in rows if "acquired" in row)
    return found.profile(NAME, lines, "samples", waits, holdings=holdings)


def _value(text: str) -> float:
    number, _, unit = text.partition(" ")
    return float(number) * NS_PER[unit or "ns"]


def _wait(name: str, row: dict[str, float], *, callers: bool) -> Wait:
    count = int(row.get("contended", row.get("acquired", 0)))
    total_ns = row.get("total wait", row.get("avg wait", 0.0) * count)
    stack: tuple[Frame, ...] = ()
    command = name if _TASK.fullmatch(name) else ""
    if callers and not command:
        got = _OFFSET.fullmatch(name)
        stack = (
            Frame(got["symbol"], "", int(got["offset"], 16)) if got else Frame(name.removesuffix(_CUT).rstrip("+")),
        )
    lock = "" if stack or command else name
    return Wait(lock, "lock", stack, count, count, total_ns, row.get("max wait", 0.0), command)


def _holding(name: str, row: dict[str, float]) -> Holding:
    return Holding("" if _TASK.fullmatch(name) else name, "lock", (), int(row["acquired"]), 0.0, 0.0)


READER = Reader(
    NAME,
    "the head `Name  acquired  contended  avg wait  total wait`, and a row for each lock",
    _claims,
    ("acquired", "contended", "avg wait", "min wait"),
    read,
)
