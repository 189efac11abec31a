"""The table of `perf lock contention`, with or without stacks (`-v`): times rounded to what it prints.

`82455 233.86 ms 99.86 us 2.84 us spinlock do_timer_gettime+0x32` (tools/perf/builtin-lock.c of Linux 6.1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Wait
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf lock contention"
_TIME = r"(?P<{0}>\d{{1,12}}\.\d\d) (?P<{0}_unit>ns|us|ms|s|m|h)"
_ROW = re.compile(
    rf"\s*(?P<contended>\d{{1,15}})\s+{_TIME.format('total')}\s+{_TIME.format('longest')}\s+{_TIME.format('mean')}"
    r"\s+(?P<kind>[\w:-]+)\s+(?P<caller>\S.*)"
)
_FRAME = re.compile(r"\s+0x(?P<address>[0-9a-f]{1,16})(?:\s+(?P<symbol>\S.*?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?)?\s*")
_HEAD = re.compile(r"\s*contended\s+total wait.*|=== output for debug===|bad.*|histogram of .*|\s+\w+: \d+")
_LONGEST = 4096
NS_PER = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and _ROW.fullmatch(line)]


def read(lines: Lines) -> Profile:
    """Read the rows; the stack of a row is what stands below it, or its caller."""
    found, rows = Gathered(), list[tuple[re.Match[str], list[Frame]]]()
    for number, line in enumerate(lines, 1):
        if len(line) >= _LONGEST or not line.strip() or _HEAD.fullmatch(line):
            continue
        row, frame = _ROW.fullmatch(line), _FRAME.fullmatch(line)
        if row:
            rows.append((row, []))
        elif frame and rows:
            offset = frame["offset"] and int(frame["offset"], 16)
            symbol = frame["symbol"] or f"0x{frame['address']}"
            rows[-1][1].append(Frame(symbol, "", offset or None, int(frame["address"], 16)))
        else:
            found.skip(number)
    return found.profile(NAME, lines, "samples", tuple(_wait(row, stack) for row, stack in rows))


def _wait(row: re.Match[str], stack: list[Frame]) -> Wait:
    total_ns, longest_ns = (float(row[one]) * NS_PER[row[f"{one}_unit"]] for one in ("total", "longest"))
    name, _, offset = row["caller"].strip().partition("+0x")
    caller = Frame(name, "", int(offset, 16) if re.fullmatch(r"[0-9a-f]{1,16}", offset) else None)
    count = int(row["contended"])
    return Wait("", row["kind"], tuple(stack) or (caller,), count, count, total_ns, longest_ns)


READER = Reader(
    NAME,
    "rows such as `54 862.99 ms 63.74 ms 15.98 ms rwsem:W function+0x3b`",
    _claims,
    ("contended", "total wait", "avg wait", "spinlock", "rwsem", "mutex"),
    read,
)
