"""`jfr print` of a JVM's flight recording: waits for monitors and locks, and samples of what ran.

`jdk.JavaMonitorEnter {` with `duration`, `monitorClass`, `previousOwner` and a stack below it, `jdk.ThreadPark` with
the class that a thread parked for, `jdk.ExecutionSample` (OpenJDK, jdk.jfr, internal/tool/PrettyWriter.java).  Only
waits above a threshold are recorded, and five functions of a stack are printed unless `--stack-depth` asks for more.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.jvm import CUT_STACKS, LEFT_OUT, MONITOR, OWNABLE, lock_name, parked_kind
from lockwright.profiles.model import Frame, Profile, Sample, Wait
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.standing import pool, wanted
from lockwright.profiles.symbols import INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.lines import Lines

NAME = "events of a JVM's flight recording"
_LONGEST = 1 << 14
_BEGIN = re.compile(r"\s*(?P<event>(?:jdk\.)?[A-Z]\w*) \{\s*")
_FIELD = re.compile(r"\s*(?P<name>[a-z]\w*) = (?P<value>.*?)\s*")
_FRAME = re.compile(r"\s+(?P<method>[\w.$/<>\-]{1,1000})\((?P<types>[^()]*)\)(?:\s+line: -?\d+)?(?: .*)?\s*")
_CLOSE, _MORE = re.compile(r"\s*[\]}]\s*"), re.compile(r"\s*\.\.\.\s*")
_THREAD = re.compile(r'"(?P<name>.*)"(?: \(.*\))?')
_CLASS = re.compile(r"(?P<of>\S+)(?: \(.*\))?")
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d(?:[.,]\d+)?)(?: .*)?")
_PART = re.compile(r"(?P<value>\d+(?:[.,]\d+)?) ?(?P<unit>h|min|ms|us|\u00b5s|ns|m|s|d)\b")
_NS = {"d": 86400e9, "h": 3600e9, "min": 60e9, "m": 60e9, "s": 1e9, "ms": 1e6, "us": 1e3, "\u00b5s": 1e3, "ns": 1.0}
_ENTER, _PARK, _RUNS = "JavaMonitorEnter", "ThreadPark", "ExecutionSample"
_FEWEST = 10  # events that tell how long a recording was
_DAY_NS = 86400e9


def _claims(head: Sequence[str]) -> list[int]:
    """Claim events from their beginning to their end."""
    claimed, inside = [], False
    for number, line in enumerate(head):
        if len(line) < _LONGEST and line.startswith(("jdk.", " ")) and _BEGIN.fullmatch(line):
            inside = "jdk." in line
        if inside and line.strip():
            claimed.append(number)
        inside = inside and line.rstrip() != "}"
    return claimed


class _Events:
    """The state of reading: the event that is open, and what was made of those before."""

    def __init__(self, found: Gathered) -> None:
        self.found = found
        self.waits: dict[tuple[str, ...], Wait] = {}
        self.event, self.fields = "", dict[str, str]()
        self.frames: list[Frame] = []
        self.in_stack = self.is_cut = False
        self.begin_ns, self.end_ns, self.events = -1.0, -1.0, 0
        self.cut = 0

    def take(self, line: str) -> bool:
        """Take in a line; return whether it is of an event."""
        if begin := _BEGIN.fullmatch(line):
            self.close()
            self.event, self.fields, self.frames = begin["event"].removeprefix("jdk."), {}, []
            self.in_stack = self.is_cut = False
            return True
        if not self.event:
            return False
        if self.in_stack and _MORE.fullmatch(line):
            self.is_cut = True
        elif self.in_stack and (frame := _FRAME.fullmatch(line)):
            self.frames.append(Frame(frame["method"]))
        elif _CLOSE.fullmatch(line):
            if line.strip() == "}":
                self.close()
            self.in_stack = False
        elif field := _FIELD.fullmatch(line):
            self.fields[field["name"]] = field["value"]
            self.in_stack = field["name"] == "stackTrace" and field["value"].startswith("[")
        else:
            return False
        return True

    def close(self) -> None:
        """End the event that is open."""
        if self.event in {_ENTER, _PARK}:
            self._wait()
        elif self.event == _RUNS and self.frames:
            thread = _THREAD.fullmatch(self.fields.get("sampledThread", ""))
            name = pool(thread["name"]) if thread else ""
            self.found.add(Sample(tuple(self.frames), 1.0, 1, name, None, "execution samples"))
        if self.event:
            self._clock()
        self.event = ""

    def _wait(self) -> None:
        of = _CLASS.fullmatch(self.fields.get("monitorClass", self.fields.get("parkedClass", "")))
        kind = MONITOR if self.event == _ENTER else parked_kind(of["of"]) if of else ""
        if not kind:
            return
        if kind == MONITOR:
            self.frames.insert(0, Frame("ObjectMonitor::enter"))
        stack = tuple(self.frames)
        found, at = wanted(stack)
        kind = found if kind == OWNABLE and found.startswith(OWNABLE) else kind
        thread, owner = (_THREAD.fullmatch(self.fields.get(one, "")) for one in ("eventThread", "previousOwner"))
        address = self.fields.get("address", "").lower().removeprefix("0x")
        name = lock_name(of["of"] if of else "", address)
        lock = name if address else name.removesuffix("@").removeprefix("0x")
        took_ns = duration_ns(self.fields.get("duration", ""))
        who, held = (pool(one["name"]) if one else "" for one in (thread, owner))
        key = (lock, kind, who, held, *(one.symbol for one in stack))
        known = self.waits.get(key)
        count, total_ns, longest_ns = (known.contended, known.total_ns, known.longest_ns) if known else (0, 0.0, 0.0)
        self.waits[key] = Wait(
            lock, kind, stack[at:], count + 1, count + 1, total_ns + took_ns, max(longest_ns, took_ns), who, owner=held
        )
        self.cut += self.is_cut and folding.role(stack[-1].symbol) in INSIDE

    def _clock(self) -> None:
        """Note when an event began and ended."""
        clock = _CLOCK.fullmatch(self.fields.get("startTime", ""))
        if clock is None:
            return
        start_ns = (int(clock["h"]) * 3600 + int(clock["m"]) * 60 + float(clock["s"].replace(",", "."))) * 1e9
        self.begin_ns = start_ns if self.begin_ns < 0 else min(self.begin_ns, start_ns)
        self.end_ns = max(self.end_ns, start_ns + duration_ns(self.fields.get("duration", "")))
        self.events += 1

    def facts(self) -> dict[str, str]:
        """Return how long the events took, and what is not among them."""
        found = {}
        span_ns = self.end_ns - self.begin_ns
        if self.events >= _FEWEST and 0 < span_ns < _DAY_NS:
            found["seconds"] = f"{span_ns / 1e9:.3f}"
        if self.waits:
            found[LEFT_OUT] = (
                "a flight recording has only waits above a threshold: 20 ms unless it was set, 10 ms with "
                "`settings=profile`; many short ones are not here"
            )
            whole = sum(one.contended for one in self.waits.values())
            if self.cut:
                found[CUT_STACKS] = f"{self.cut} of {whole}"
        return found


def duration_ns(text: str) -> float:
    """Return a time in nanoseconds: `60.6 ms`, `1 m 3 s`; 0 for what is none."""
    return sum(float(one["value"].replace(",", ".")) * _NS[one["unit"]] for one in _PART.finditer(text))


def _named(waits: Iterable[Wait]) -> list[Wait]:
    """Return waits, those for the only lock of a class without its address."""
    some = list(waits)
    locks: dict[str, set[str]] = defaultdict(set)
    for one in some:
        locks[one.lock.partition("@")[0]].add(one.lock)
    return [replace(one, lock=name) if len(locks[name := one.lock.partition("@")[0]]) == 1 else one for one in some]


def read(lines: Lines) -> Profile:
    """Read the waits, by lock, stack and owner, and the samples."""
    found = Gathered()
    events = _Events(found)
    for number, line in enumerate(lines, 1):
        if line.strip() and (len(line) >= _LONGEST or not events.take(line)):
            found.skip(number)
    events.close()
    found.facts.update(events.facts())
    waits = tuple(sorted(_named(events.waits.values()), key=lambda one: -one.total_ns))
    return found.profile(NAME, lines, "samples", waits)


READER = Reader(
    NAME,
    "`jdk.JavaMonitorEnter {` or `jdk.ThreadPark {`, with fields and a stack below it",
    _claims,
    ("jdk.javamonitorenter", "jdk.threadpark", "monitorclass", "stacktrace = ["),
    read,
)
