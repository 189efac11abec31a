"""Maps of bpftrace with stacks in their keys: `@[kstack]: 42`, `@us[kstack, comm]: 42`, and histograms as counts.

A key begins behind `@name[`, each function stands in a line of its own with a decimal offset, and behind the stack come
the other keys, `]:` and the value (src/output.cpp and src/ksyms.cpp of bpftrace 0.9 to 0.21).  A map all of whose
stacks begin at the start of one and the same function counts calls of it: a probe was set there, nothing was sampled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.model import Frame, Profile, Sample, Stack, Wait
from lockwright.profiles.off_cpu import OFF_CPU, call, sleeps, waits
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "bpftrace"
_LONGEST = 4096
_OPENS = re.compile(r"\s*@(?P<map>\w*)\[(?P<keys>[^\]]*)")
_CLOSES = re.compile(r"\s*(?P<keys>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]:\s*(?P<value>.*)")
_ONE_LINE = re.compile(r"\s*@(?P<map>\w*)(?:\[(?P<keys>.*)\])?:\s*(?P<value>.*)")
_BUCKET = re.compile(
    r"\s*(?:[\[(](?P<low>[^,\]]+)(?:, ?[^)\]]+)?[)\]]|(?P<name>\.\.\.))\s+(?P<count>\d{1,19})\s+\|[@ ]*\|\s*"
)
_FRAME = re.compile(
    r"\s*(?:(?:0x)?(?P<address>[0-9a-f]{8,16})\s+)?(?P<symbol>0x[0-9a-f]+|[^\s,].*?)"
    r"(?:\+(?P<offset>0x[0-9a-f]{1,16}|\d{1,10}))?(?:\s+\((?P<module>[^()]*)\))?\s*"
)
_STATS = re.compile(r"count (?P<count>\d+), average (?P<mean>-?\d+), total (?P<total>-?\d+)")
_NUMBER = re.compile(r"-?\d{1,20}")
_ABOUT = re.compile(r"\s*(?:Attach(?:ing|ed) \d+ probes?.*|\^C|Tracing .*|#.*|\$ .*bpftrace.*|bpftrace .*|WARNING: .*)")
_NS_PER = {"ns": 1.0, "nsecs": 1.0, "us": 1e3, "usecs": 1e3, "ms": 1e6, "msecs": 1e6, "s": 1e9, "secs": 1e9}
_ENTRY = 8  # bytes: a probe at the start of a function sits behind its first instruction at most
_DEEPEST = 1024


def _claims(head: Sequence[str]) -> list[int]:
    claimed, is_open = [], False
    for number, line in enumerate(head):
        if len(line) >= _LONGEST or not line.strip():
            continue
        if _ONE_LINE.fullmatch(line):
            claimed.append(number)
        elif _OPENS.fullmatch(line):
            claimed.append(number)
            is_open = True
        elif is_open and _CLOSES.fullmatch(line):
            claimed.append(number)
            is_open = False
    return claimed


@dataclass(slots=True)
class _Entry:
    """A key of a map and its value."""

    map: str
    keys: list[str]
    frames: list[Frame] = field(default_factory=list)
    amount: float = 0.0
    count: int = 0  # of what the amount is the sum of; 0 if it is none
    buckets: int = 0

    @property
    def command(self) -> str:
        """The last key that is no number: a name of a task."""
        return next((one for one in reversed(self.keys) if one and not _NUMBER.fullmatch(one)), "")


class _Maps:
    """The state of reading: the entries so far; the last may have no value yet."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found = lines, Gathered()
        self.entries: list[_Entry] = []
        self.is_open = False
        self.begun = 0

    def read(self) -> Profile:
        """Read to the end."""
        for number, line in enumerate(self.lines, 1):
            if line.strip() and (len(line) >= _LONGEST or not self._take(line, number)):
                self.found.skip(number)
        cut = f"the key at line {self.begun} has no value" if self.is_open else ""
        if self.is_open:
            self.entries.pop()
        return self._profile(cut)

    def _take(self, line: str, number: int) -> bool:
        """Take in a line; return whether it says anything."""
        bucket = _BUCKET.fullmatch(line)
        if bucket and self.entries and not self.is_open:
            self.entries[-1].buckets += int(bucket["count"])
        elif self.is_open and (closes := _CLOSES.fullmatch(line)):
            self.is_open = False
            self.entries[-1].keys += _keys(closes["keys"])
            return self._value(closes["value"])
        elif one := _ONE_LINE.fullmatch(line):
            self._drop()
            self.entries.append(_Entry(one["map"], _keys(one["keys"] or "")))
            return self._value(one["value"])
        elif opens := _OPENS.fullmatch(line):
            self._drop()
            self.entries.append(_Entry(opens["map"], _keys(opens["keys"])))
            self.is_open, self.begun = True, number
        elif self.is_open and line.strip() == ",":
            return True
        elif self.is_open and (frame := _FRAME.fullmatch(line)) and len(self.entries[-1].frames) < _DEEPEST:
            self.entries[-1].frames.append(_frame(frame))
        else:
            return _ABOUT.fullmatch(line) is not None
        return True

    def _drop(self) -> None:
        if self.is_open:  # another key begins before this one has ended
            self.entries.pop()
            self.found.skip(self.begun)
            self.is_open = False

    def _value(self, text: str) -> bool:
        stats, number = _STATS.match(text), _NUMBER.fullmatch(text.strip())
        if stats:
            self.entries[-1].count, self.entries[-1].amount = int(stats["count"]), max(0.0, float(stats["total"]))
        elif number:
            self.entries[-1].amount = max(0.0, float(number[0]))
        return bool(stats or number or not text.strip())

    def _profile(self, cut: str) -> Profile:
        maps: dict[str, list[_Entry]] = {}
        for one in self.entries:
            maps.setdefault(one.map, []).append(one)
        found_waits: list[Wait] = []
        unit = "samples"
        for name, entries in maps.items():
            having = [one for one in entries if one.frames]
            if not having:
                self.found.facts[f"@{name}"] = "has no stacks"
                continue
            ns_per = next((ns for end, ns in _NS_PER.items() if name == end or name.endswith(f"_{end}")), 0.0)
            slept = sleeps(tuple(one.frames) for one in having)
            called = _called(having, anywhere=bool(ns_per) or any(one.buckets for one in having))
            if called and not slept:
                found_waits += self._calls(name, having, called, ns_per)
            elif any(one.buckets for one in having) or not (ns_per or slept):
                self._counts(name, having)
            else:
                unit = "period"
                self._times(name, having, ns_per, is_off_cpu=slept)
        profile = self.found.profile(NAME, self.lines, unit)
        found_waits += waits([one for one in profile.samples if one.event == OFF_CPU])
        return self.found.profile(NAME, self.lines, unit, tuple(found_waits), cut)

    def _calls(self, name: str, entries: Sequence[_Entry], called: str, ns_per: float) -> list[Wait]:
        """Return calls of a function of a lock as waits; keep those of others as counts."""
        self.found.facts[f"@{name}"] = f"calls of {called}: a probe, no samples"
        found = []
        for one in entries:
            total_ns = 0.0 if one.buckets else one.amount * ns_per
            count = one.buckets or one.count or (0 if ns_per else int(one.amount))
            wait = call(tuple(one.frames), count, total_ns, one.command)
            if wait is not None:
                found.append(wait)
        if not found:
            self._counts(f"calls of {called}", entries)
        return found

    def _counts(self, name: str, entries: Sequence[_Entry]) -> None:
        for one in entries:
            if one.buckets:
                self.found.facts["histograms"] = "read as counts"
            count = one.buckets or one.amount
            self.found.add(Sample(tuple(one.frames), float(count), int(count), one.command, None, name))

    def _times(self, name: str, entries: Sequence[_Entry], ns_per: float, *, is_off_cpu: bool) -> None:
        if not ns_per:
            self.found.guessed = (*self.found.guessed, f"values of @{name} as nanoseconds off the CPU")
        event = OFF_CPU if is_off_cpu else name
        for one in entries:
            self.found.add(Sample(tuple(one.frames), one.amount * (ns_per or 1.0), 0, one.command, None, event))


def _keys(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _frame(got: re.Match[str]) -> Frame:
    offset = got["offset"]
    number = None if offset is None else int(offset, 16 if offset.startswith("0x") else 10)
    return Frame(got["symbol"], got["module"] or "", number, int(got["address"], 16) if got["address"] else None)


def _called(entries: Sequence[_Entry], *, anywhere: bool) -> str:
    """Return the function that all stacks begin in, at its start or anywhere; empty if they do not."""
    first: Stack = tuple(one.frames[0] for one in entries)
    names = {folding.plain(one.symbol) for one in first}
    at_start = all(one.offset is not None and one.offset <= _ENTRY for one in first)
    return names.pop() if len(names) == 1 and (anywhere or at_start) else ""


def read(lines: Lines) -> Profile:
    """Read the maps whose keys are stacks."""
    return _Maps(lines).read()


READER = Reader(
    NAME,
    "`@[` with a function in each line below it, and `]: 42`",
    _claims,
    ("@[", "]: ", "attaching"),
    read,
)
