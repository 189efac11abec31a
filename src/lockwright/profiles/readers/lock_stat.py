"""`/proc/lock_stat` of kernels with CONFIG_LOCK_STAT, versions 0.2 to 0.4: every class of locks, and who waits for it.

`&mm->mmap_lock-W:  46  84  0.26  939.10  16371.53  194.90  47291  2922365  0.16  2220301.69  17464026916.32  5975.99`
(kernel/locking/lockdep_proc.c; 0.2 and 0.3 have no averages): how many waits there were, and how many of them for a
lock that another CPU had, their times in microseconds, and the same of acquisitions. Up to four places that waited and
up to four that held it then stand below, with counts and without times; a class that is read and written has two rows
and one list for both. The times of a class are shared out over its places by how often each waited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Holding, Profile, Stack, Wait
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "/proc/lock_stat"
_LONGEST = 4096
_SECOND = "a second table begins at line {:,}; only the first was read"
_NS_PER_US = 1000.0
_INT, _TIME = r"\s+(\d{1,20})", r"\s+(-?\d{1,18}\.\d\d)"
_ROW = re.compile(
    rf"\s*(?P<name>\S.{{0,80}}?):{_INT}{_INT}{_TIME}{_TIME}{_TIME}(?:{_TIME})?{_INT}{_INT}{_TIME}{_TIME}{_TIME}(?:{_TIME})?\s*"
)
_POINT = re.compile(
    r"\s*(?P<name>\S.{0,80}?)\s+(?P<count>\d{1,20})\s+\[<(?:0x)?(?P<address>[0-9a-fA-F]{1,16})>\]\s+(?P<symbol>\S+)\s*"
)
_SYMBOL = re.compile(r"(?P<name>.+?)(?:\+0x(?P<offset>[0-9a-f]{1,16})(?:/0x[0-9a-f]{1,16})?)?(?:\s*\[\S+\])?")
_VERSION = re.compile(r"\s*lock_stat version:?\s+(?P<version>\d\S*)\s*")
_WARNING = re.compile(r"\s*\*WARNING\*\s*(?P<text>.*)")
_RULE = re.compile(r"\s*[-.]{3,}\s*")
_COLUMNS = re.compile(
    r"\s*(?:(?:class name|con-bounces|contentions|(?:wait|hold)time-\w+|acq-bounces|acquisitions)(?:\s+|$))+"
)
_SIDES = re.compile(r"(?P<class>.+)-(?P<side>[RW])")
_RWSEM = re.compile(r"sem\b|rwsem|_sem(?:[#/-]|$)|mmap_(?:lock|sem)|s_umount|i_mutex|i_rwsem|iolock|inodelock|mrlock")


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and (_VERSION.fullmatch(line) or _ROW.fullmatch(line) or _POINT.fullmatch(line))
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    """The numbers of a class; times in nanoseconds."""

    name: str
    kind: str
    bounced: int
    contended: int
    longest_wait_ns: float
    total_wait_ns: float
    bounced_holds: int
    acquired: int
    longest_hold_ns: float
    total_hold_ns: float


@dataclass(slots=True)
class _Class:
    """A class of locks: one row, or one for readers and one for writers, and two lists of places."""

    name: str
    rows: list[_Row] = field(default_factory=list)
    lists: list[list[tuple[Frame, int]]] = field(default_factory=list)
    is_open: bool = False  # whether the list at the end goes on

    def waits(self) -> list[Wait]:
        """Return the waits of each row at each place."""
        places = self.lists[0] if self.lists else []
        known = sum(count for _, count in places)
        whole = max(known, sum(one.contended for one in self.rows))
        found = []
        for row in self.rows:
            if not row.contended:
                continue
            shares: list[tuple[Stack, float]] = [((frame,), count / whole) for frame, count in places]
            if whole > known:
                shares.append(((), (whole - known) / whole))
            counts = _rounded([share * row.contended for _, share in shares], row.contended)
            bounces = _rounded([share * row.bounced for _, share in shares], row.bounced)
            found += [
                Wait(
                    self.name,
                    row.kind,
                    stack,
                    count,
                    count,
                    row.total_wait_ns * count / row.contended,
                    row.longest_wait_ns if count else 0.0,
                    bounced=bounced,
                )
                for (stack, _), count, bounced in zip(shares, counts, bounces, strict=True)
                if count
            ]
        return found

    def holdings(self) -> list[Holding]:
        """Return how often and how long each row was held, and who held it while others waited."""
        found = [
            Holding(self.name, one.kind, (), one.acquired, one.total_hold_ns, one.longest_hold_ns, one.bounced_holds)
            for one in self.rows
            if one.acquired
        ]
        kind = self.rows[0].kind.partition(":")[0] if self.rows else "lock"
        holders = self.lists[1] if len(self.lists) > 1 else []
        return found + [Holding(self.name, kind, (frame,), 0, 0.0, 0.0, blocked=count) for frame, count in holders]


def _rounded(parts: list[float], whole: int) -> list[int]:
    """Return whole numbers near the parts that add up to the whole: what is left goes to those cut most."""
    found = [int(one) for one in parts]
    order = sorted(range(len(parts)), key=lambda at: found[at] - parts[at])
    for at in order[: max(0, whole - sum(found))]:
        found[at] += 1
    return found


class _Table:
    """The state of reading: the classes so far, and the list that is filled."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found = lines, Gathered()
        self.classes: list[_Class] = []

    def read(self) -> Profile:
        """Read to the end, or to a second table."""
        for number, line in enumerate(self.lines, 1):
            if self.found.mixed or not line.strip():
                continue
            if len(line) >= _LONGEST or not self._take(line, number):
                self.found.skip(number)
        waits = tuple(wait for one in self.classes for wait in one.waits())
        holdings = tuple(holding for one in self.classes for holding in one.holdings())
        if any(one.lists for one in self.classes):
            self.found.facts["times of callers"] = "those of the class, shared out by how often each waited"
        return self.found.profile(NAME, self.lines, "samples", waits, holdings=holdings)

    def _take(self, line: str, number: int) -> bool:
        """Take in a line; return whether it says anything."""
        row, point = _ROW.fullmatch(line), _POINT.fullmatch(line)
        if row:
            self._add_row(_row(row), number)
        elif point and self.classes:
            self._add_point(point)
        elif _RULE.fullmatch(line):
            if self.classes:
                self.classes[-1].is_open = False
        elif version := _VERSION.fullmatch(line):
            self._begin(version["version"], number)
        elif warning := _WARNING.fullmatch(line):
            self.found.facts["warning"] = warning["text"]
        else:
            return _COLUMNS.fullmatch(line) is not None
        return True

    def _begin(self, version: str, number: int) -> None:
        if self.classes:
            self.found.mixed = _SECOND.format(number)
        self.found.facts.setdefault("version", version)

    def _add_row(self, row: _Row, number: int) -> None:
        name = _base(row.name)
        last = self.classes[-1] if self.classes else None
        names = {one.name for one in last.rows} if last is not None else set()
        if last is not None and last.name == name and not last.lists and row.name not in names:
            last.rows.append(row)
            return
        if self.classes and row.name in {one.name for one in self.classes[0].rows}:
            self.found.mixed = _SECOND.format(number)
            return
        self.classes.append(_Class(name, [row]))

    def _add_point(self, point: re.Match[str]) -> None:
        last = self.classes[-1]
        if not last.is_open:
            last.lists.append([])
            last.is_open = True
        symbol = _SYMBOL.fullmatch(point["symbol"])
        offset = symbol["offset"] if symbol else None
        name = symbol["name"] if symbol else point["symbol"]
        frame = Frame(name, "", int(offset, 16) if offset else None, int(point["address"], 16))
        last.lists[-1].append((frame, int(point["count"])))


def _base(name: str) -> str:
    """Return the name of a class without its side, as it stands before places: cut to 38 characters there."""
    sides = _SIDES.fullmatch(name)
    return sides["class"] if sides else name


def _row(got: re.Match[str]) -> _Row:
    values = [0.0 if one is None else float(one) for one in got.groups()[1:]]
    bounced, contended, _, longest, total, _, bounced_holds, acquired, _, longest_hold, total_hold, _ = values
    times = (max(0.0, one) * _NS_PER_US for one in (longest, total, longest_hold, total_hold))
    longest_ns, total_ns, longest_hold_ns, total_hold_ns = times
    name = got["name"].strip()
    return _Row(
        name,
        _kind(name),
        int(bounced),
        int(contended),
        longest_ns,
        total_ns,
        int(bounced_holds),
        int(acquired),
        longest_hold_ns,
        total_hold_ns,
    )


def _kind(name: str) -> str:
    """Return the kind of lock, as far as the name of its class tells."""
    sides = _SIDES.fullmatch(name)
    if sides:
        return f"{'rwsem' if _RWSEM.search(sides['class']) else 'rwlock'}:{sides['side']}"
    if "mutex" in name:
        return "mutex"
    return "spinlock" if "rlock" in name.rpartition(">")[2] or name.endswith(".rlock") else "lock"


def read(lines: Lines) -> Profile:
    """Read the classes and the places below them."""
    return _Table(lines).read()


READER = Reader(
    NAME,
    "`lock_stat version 0.4` and rows such as `&mm->mmap_lock-W: 46 84 0.26 939.10 16371.53 ...`",
    _claims,
    ("con-bounces", "contentions", "waittime", "acq-bounces", "holdtime", "class name"),
    read,
)
