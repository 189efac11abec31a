"""bcc's `klockstat`: who takes mutexes of the kernel, how long it took to get them, and how long they were held.

`psi_avgs_work+0x2e  3675  5  5468  18379`: mean, count, longest, total in nanoseconds (tools/klockstat.py), or with
units, and for semaphores too (libbpf-tools/klockstat.c). With `-s` the callers of the caller stand below, in the second
also the task and the lock of the longest time. Every acquisition counts, also one that did not wait.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Holding, Profile, Stack, Wait
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.lines import Lines

NAME = "klockstat"
_LONGEST = 4096
_NS_PER = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
_HEAD = re.compile(
    r"\s*(?:Caller|Tid\s+Comm)\s+(?:Avg|Average) (?P<what>Spin|Wait|Hold)\s+Count\s+Max \w+\s+Total \w+\s*",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"\s*(?P<who>\S.{0,200}?)\s+(?P<mean>\d{1,15})\s+(?P<count>\d{1,15})\s+(?P<longest>\d{1,15})\s+(?P<total>\d{1,18})\s*"
)
_UNIT = r"(?P<{0}>\d{{1,12}}(?:\.\d)?) (?P<{0}_unit>ns|us|ms|s|m|h)"
_UNITS = re.compile(
    rf"\s*(?P<who>\S.{{0,200}}?)\s+{_UNIT.format('mean')}\s+(?P<count>\d{{1,15}})\s+{_UNIT.format('longest')}"
    rf"\s+{_UNIT.format('total')}\s*"
)
_MOST = re.compile(r"\s*Max PID (?P<pid>\d+), COMM (?P<command>.*), Lock (?P<lock>\S+) \((?P<address>0x[0-9a-f]+)\)\s*")
_FRAME = re.compile(
    r"\s*(?:b')?(?P<symbol>[A-Za-z_.$][\w.$]*|\[Missed Kernel Stack\])(?:\+0x(?P<offset>[0-9a-f]{1,16}))?'?\s*"
)
_TASK = re.compile(r"(?P<thread>\d+)\s+(?P<command>\S.*)")
_ABOUT = re.compile(r"\s*(?:Tracing (?:mutex|lock).*|\^C|\d\d:\d\d:\d\d.*|#.*klockstat.*|WARNING: \d+ stack traces.*)")


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and line.strip() and (_HEAD.fullmatch(line) or _is_row(line))
    ]


def _is_row(line: str) -> bool:
    """Return whether a line is surely a row: with units, or with the offset of its caller."""
    units, plain = _UNITS.fullmatch(line), _PLAIN.fullmatch(line)
    if units:
        return _FRAME.fullmatch(units["who"]) is not None or _TASK.fullmatch(units["who"]) is not None
    frame = _FRAME.fullmatch(plain["who"]) if plain else None
    return frame is not None and frame["offset"] is not None


@dataclass(slots=True)
class _Row:
    """One caller, or task, of one table."""

    holds: bool
    stack: list[Frame]
    command: str
    count: int
    total_ns: float
    longest_ns: float
    lock: str = ""
    has_units: bool = False


@dataclass(slots=True)
class _Tables:
    """The state of reading: which table it is in, and the rows of all."""

    found: Gathered
    rows: list[list[_Row]] = field(default_factory=list)
    holds: bool = False
    seen: bool = False

    def take(self, line: str) -> bool:
        """Take in a line; return whether it says anything."""
        head = _HEAD.fullmatch(line)
        if head:
            holds = head["what"].lower() == "hold"
            if not self.rows or holds != self.holds or not self.seen:
                self.rows.append([])
            self.holds, self.seen = holds, True
            return True
        if not self.seen:
            return False
        row = _UNITS.fullmatch(line) or _PLAIN.fullmatch(line)
        last = self.rows[-1][-1] if self.rows[-1] else None
        if row and (made := _row(row, holds=self.holds)):
            self.rows[-1].append(made)
        elif last is not None and (most := _MOST.fullmatch(line)):
            last.lock = most["address"] if most["lock"] == "no-ksym" else most["lock"]
        elif last is not None and (frame := _FRAME.fullmatch(line)) and (frame["offset"] or line[0].isspace()):
            made_frame = _frame(frame)
            if last.stack != [made_frame]:  # older versions write the caller twice
                last.stack.append(made_frame)
        else:
            return False
        return True

    def sums(self, *, holds: bool) -> Iterator[_Row]:
        """Yield each caller once; intervals are added, but where one goes on counting, the last one holds."""
        sums: dict[tuple[str, str, Stack], _Row] = {}
        for table in self.rows:
            for row in table:
                key = (row.lock, row.command, tuple(row.stack))
                known = sums.get(key)
                if row.holds != holds:
                    continue
                if known is None or (row.has_units and row.count >= known.count and row.total_ns >= known.total_ns):
                    sums[key] = row
                    continue
                known.count += row.count
                known.total_ns += row.total_ns
                known.longest_ns = max(known.longest_ns, row.longest_ns)
        yield from sums.values()


def _row(got: re.Match[str], *, holds: bool) -> _Row | None:
    units = got.groupdict().get("total_unit") is not None
    total_ns, longest_ns = (
        float(got[one]) * (_NS_PER[got[f"{one}_unit"]] if units else 1.0) for one in ("total", "longest")
    )
    frame, task = _FRAME.fullmatch(got["who"]), _TASK.fullmatch(got["who"])
    if frame is None and task is None:
        return None
    stack = [_frame(frame)] if frame else []
    command = task["command"].strip() if task and not frame else ""
    return _Row(holds, stack, command, int(got["count"]), total_ns, longest_ns, has_units=units)


def _frame(got: re.Match[str]) -> Frame:
    return Frame(got["symbol"], "", int(got["offset"], 16) if got["offset"] else None)


def read(lines: Lines) -> Profile:
    """Read the tables of waits and of holds."""
    found = Gathered()
    tables = _Tables(found)
    for number, line in enumerate(lines, 1):
        if line.strip() and (len(line) >= _LONGEST or not (_ABOUT.fullmatch(line) or tables.take(line))):
            found.skip(number)
    kind = "mutex or rwsem" if any(row.has_units for table in tables.rows for row in table) else "mutex"
    waits = tuple(
        Wait(one.lock, kind, tuple(one.stack), one.count, one.count, one.total_ns, one.longest_ns, one.command)
        for one in tables.sums(holds=False)
    )
    holdings = tuple(
        Holding(one.lock, kind, tuple(one.stack), one.count, one.total_ns, one.longest_ns)
        for one in tables.sums(holds=True)
    )
    found.facts["waits"] = "every acquisition, also those that did not wait"
    return found.profile(NAME, lines, "samples", waits, holdings=holdings)


READER = Reader(
    NAME,
    "`Caller  Avg Wait  Count  Max Wait  Total Wait` with rows below it",
    _claims,
    ("avg hold", "avg spin", "max hold", "caller", "total wait"),
    read,
)
