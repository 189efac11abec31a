"""The tables of `perf lock contention`: by caller, with or without stacks (`-v`), by task, by owner, by address.

`82455 233.86 ms 99.86 us 2.84 us spinlock do_timer_gettime+0x32`; `-F` chooses the columns of numbers, `-t` puts `pid`
and `comm` behind them, `-o` `pid` and `owner`, `-l` `address` and `symbol`, and `-x ,` writes all of it with a
separator and nanoseconds (tools/perf/builtin-lock.c of Linux 6.1 to 6.15).  Times are rounded to what it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Wait
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf lock contention"
_LONGEST = 4096
NS_PER = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
_TIME = r"\d{1,15}(?:\.\d\d)? (?:ns|us|ms|s|m|h)\b"
_NUMBERS = ("contended", "total wait", "max wait", "avg wait", "min wait")
_USUAL = _NUMBERS[:4]
_KIND = r"(?:(?:spinlock|rwlock|rwsem|mutex|pcpu-sem|percpu-|rt-?mutex|semaphore|lock|unknown)[\w:-]*)"
_TAIL = re.compile(
    rf"(?:(?P<kind>{_KIND}|[a-z][\w:-]*(?=\s+\S+\+0x))\s+(?P<caller>\S.*)|(?P<address>[0-9a-f]{{8,16}})\s+(?P<symbol>\S.*)"
    r"|(?P<task>-?\d{1,10})\s+(?P<comm>\S.*))"
)
_ROW = re.compile(rf"\s*+(?P<numbers>(?:\d{{1,15}}\s+)?(?:{_TIME}\s+){{1,5}}|\d{{1,15}}\s+(?={_KIND}))(?P<tail>\S.*)")
_ONE = re.compile(rf"{_TIME}|\d{{1,15}}")
_HEAD = re.compile(
    r"\s*+(?P<numbers>(?:(?:contended|(?:total|max|avg|min) wait)\s+){1,5})"
    r"(?:(?P<caller>type\s+caller)|(?P<task>pid\s+(?:comm|owner))|address\s+symbol)\s*"
)
_SEPARATED = re.compile(r"\s*+# output: (?:contended|(?:total|max|avg|min) wait)(?P<separator>[^\w\s]{1,3}|\t) .*")
_QUIET = re.compile(rf"\s*+(?:\d{{1,15}}, ){{4}}{_KIND}, \S+")
_FRAME = re.compile(r"\s+0x(?P<address>[0-9a-f]{1,16})(?:\s+(?P<symbol>\S.*?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?)?\s*")
_STACKED = re.compile(r"\s*+0x(?P<address>[0-9a-f]{1,16}) (?P<symbol>\S+?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?\s*")
_TYPED = re.compile(rf"(?P<symbol>.*?)\s*\((?P<kind>{_KIND})\)")
_OTHER = re.compile(r"\s*+(?:=== output for debug ?===|bad.*|histogram of .*|# debug: .*)|\s+\w+: \d+")
_OWNERS = re.compile(r"\s*+(?:=== owner stack trace ===|# owner stack trace:)\s*")


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST
        and (_HEAD.fullmatch(line) or _SEPARATED.fullmatch(line) or _QUIET.fullmatch(line) or _is_row(line))
    ]


def _is_row(line: str) -> bool:
    got = _ROW.fullmatch(line)
    return got is not None and _TAIL.fullmatch(got["tail"]) is not None


_NOBODY = "Unknown"
"""What perf calls the caller where an event has no stack (tools/perf/builtin-lock.c)."""


def _time_ns(text: str) -> float:
    number, _, unit = text.partition(" ")
    return float(number) * NS_PER[unit or "ns"]


def _frame(got: re.Match[str]) -> Frame:
    offset = got["offset"] and int(got["offset"], 16)
    return Frame(got["symbol"] or f"0x{got['address']}", "", offset or None, int(got["address"], 16))


@dataclass(slots=True)
class _Table:
    """What the head says of the columns, and the waits so far; stacks come after their rows."""

    columns: tuple[str, ...] = _USUAL
    has_owners: bool = False
    separator: str = ""
    names: list[str] = field(default_factory=list)  # of all columns, where a separator stands between them
    in_owners: bool = False  # rows are the same waits again, by the stack of who held the lock
    waits: list[tuple[Wait, list[Frame]]] = field(default_factory=list)
    blamed: list[tuple[Wait, list[Frame]]] = field(default_factory=list)

    def add(self, line: str) -> bool:
        """Take in a line; return False if it says nothing."""
        rows = self.blamed if self.in_owners else self.waits
        if got := _HEAD.fullmatch(line):
            self.columns = tuple(one for one in re.split(r"\s{2,}|(?<=contended)\s", got["numbers"].strip()) if one)
            self.has_owners, self.separator = "owner" in line, ""
        elif got := _SEPARATED.fullmatch(line):
            self.separator = got["separator"]
            self.names = [one.strip() for one in line.partition(": ")[2].split(self.separator)]
            self.has_owners = "owner" in self.names
        elif _OWNERS.fullmatch(line):
            self.in_owners = True
        elif (got := _FRAME.fullmatch(line)) and rows:
            rows[-1][1].append(_frame(got))
        elif not self.separator and (got := _ROW.fullmatch(line)):
            return self._row(got, rows)
        elif self.separator or _QUIET.fullmatch(line):
            return self._cells(line, rows) or bool(_OTHER.fullmatch(line))
        else:
            return bool(_OTHER.fullmatch(line))
        return True

    def _row(self, got: re.Match[str], rows: list[tuple[Wait, list[Frame]]]) -> bool:
        tail = _TAIL.fullmatch(got["tail"])
        if tail is None:
            return False
        numbers = _ONE.findall(got["numbers"])
        columns = self.columns if len(self.columns) == len(numbers) else _USUAL[-len(numbers) :]
        wait = _counted(dict(zip(columns, map(_time_ns, numbers), strict=False)))
        rows.append((self._whose(wait, {name: text or "" for name, text in tail.groupdict().items()}), []))
        return True

    def _cells(self, line: str, rows: list[tuple[Wait, list[Frame]]]) -> bool:
        names = self.names or [*_USUAL, "type", "caller"]
        cells = [one.strip() for one in line.split(self.separator or ",", len(names) - 1)]
        if len(cells) != len(names):
            return False
        named = dict(zip(names, cells, strict=True))
        numbers = {name: named[name] for name in _NUMBERS if name in named}
        if not all(re.fullmatch(r"\d{1,20}", one) for one in numbers.values()):
            return False
        tail = {
            "kind": named.get("type", ""),
            "caller": named.get("caller", ""),
            "address": named.get("address", ""),
            "symbol": named.get("symbol", ""),
            "task": named.get("pid", ""),
            "comm": named.get("comm", named.get("owner", "")),
        }
        stack = [got for got in map(_STACKED.fullmatch, named.get("stacktrace", "").split(":")) if got]
        wait = self._whose(_counted({name: float(text) for name, text in numbers.items()}), tail)
        rows.append((wait, [_frame(one) for one in stack]))
        return True

    def _whose(self, wait: Wait, tail: dict[str, str]) -> Wait:
        """Return a wait with what the columns behind the numbers say."""
        if tail["caller"]:
            name, _, offset = tail["caller"].strip().partition("+0x")
            if name == _NOBODY:
                return replace(wait, kind=tail["kind"])
            caller = Frame(name, "", int(offset, 16) if re.fullmatch(r"[0-9a-f]{1,16}", offset) else None)
            return replace(wait, kind=tail["kind"], stack=(caller,))
        if tail["address"]:
            typed = _TYPED.fullmatch(tail["symbol"].strip())
            symbol = (typed["symbol"] if typed else tail["symbol"]).strip()
            kind = typed["kind"] if typed else tail["kind"]
            return replace(wait, lock=f"{symbol}@{tail['address']}" if symbol else tail["address"], kind=kind or "lock")
        name = "" if tail["task"] == "-1" else tail["comm"].strip()
        return replace(wait, owner=name) if self.has_owners else replace(wait, command=name)


def _counted(numbers: dict[str, float]) -> Wait:
    """Return a wait with its numbers; one that the table leaves out follows from the others, if it does."""
    longest_ns, mean_ns = numbers.get("max wait", 0.0), numbers.get("avg wait", 0.0)
    total_ns = numbers.get("total wait", mean_ns * numbers.get("contended", 0.0))
    count = int(numbers.get("contended", round(total_ns / mean_ns) if mean_ns else 0))
    return Wait("", "lock", (), count, count, total_ns, longest_ns)


def read(lines: Lines) -> Profile:
    """Read the rows; the stack of a row is what stands below it, or its caller."""
    found, table = Gathered(), _Table()
    for number, line in enumerate(lines, 1):
        if line.strip() and not (len(line) < _LONGEST and table.add(line)):
            found.skip(number)
    profile = found.profile(NAME, lines, "samples", _with_stacks(table.waits))
    return replace(profile, blamed=_with_stacks(table.blamed))


def _with_stacks(rows: list[tuple[Wait, list[Frame]]]) -> tuple[Wait, ...]:
    return tuple(replace(wait, stack=tuple(stack) or wait.stack) for wait, stack in rows)


READER = Reader(
    NAME,
    "rows such as `54 862.99 ms 63.74 ms 15.98 ms rwsem:W function+0x3b`",
    _claims,
    ("contended", "total wait", "avg wait", "spinlock", "rwsem", "mutex"),
    read,
)
