"""`perf script`: samples with stacks, and the events of locks.

A sample is a line with command, thread, time and event, then a line for each function, the innermost first, then an
empty line (tools/perf/builtin-script.c of Linux 6.1).  Events of locks and futexes become waits, all others samples.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from lockwright.profiles.address_spaces import AddressSpaces
from lockwright.profiles.futex_events import FutexEvents
from lockwright.profiles.hot_loops import HOT_LOOP, LOOKED_AT, from_facts
from lockwright.profiles.lock_events import LockEvents
from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader, refusing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf script"
_HEAD = re.compile(
    r"\s*(?P<command>\S.{0,63}?)\s+(?P<thread>-?\d{1,10}(?:/-?\d{1,10})?)\s+(?:\[(?P<cpu>\d{1,6})\]\s+)?"
    r"(?P<seconds>\d{1,12})\.(?P<fraction>\d{3,9}):\s+(?:(?P<period>\d{1,20})\s+)?(?P<event>[^\s%]{1,200}):"
    r"(?:\s+(?P<rest>.*))?$"
)
_FRAME = re.compile(
    r"\s*(?P<address>[0-9a-f]{1,16})\s+(?P<symbol>(?!\d+(?:\.\d\d)? )\S.*?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?"
    r"\s+\((?P<module>\[[^\]]*\]\S*|[^()]*(?: \(deleted\))?|inlined)\)\s*$"
)
_BARE = re.compile(
    r"\s+(?P<address>(?=[a-f]*\d)[0-9a-f]{1,16})\s+(?P<symbol>[^\s()]\S*?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?\s*$"
)
"""A function where the objects were not asked for (`-F ip,sym`)."""
_SOURCE = re.compile(
    r"\s*(?:\S.{0,1000})?(?::\d{1,7}|\[[0-9a-f]{1,16}\])(?: \(discriminator \d{1,9}\))?(?: \(inlined\))?\s*"
)
"""Where a function stands in its file, on a line of its own below it (`-F srcline`): `futex.c:52`, or `vmlinux[ff...]`,
or `:0`."""
_SHORT_HEAD = re.compile(
    r"(?P<command>(?!\d+\.\d+:)[^\s:].{0,63}?)??(?:\s+\d{1,10}(?:/\d{1,10})?)?(?:\s*\d{1,12}\.\d{3,9}:)?"
    r"(?:(?:^|\s+)(?P<event>[^\s%]{1,200}):)?\s*$"
)
"""What begins a sample where times or threads were not asked for (`-F comm,ip,sym`): only if functions follow."""
_RECORD = re.compile(r".{0,200}?:\s+PERF_RECORD_[A-Z0-9_]+\b|\s*PERF_RECORD_[A-Z0-9_]+\b")
"""What `--show-task-events`, `--show-mmap-events` and the like add: no samples."""
_LOST = re.compile(r".{0,200}\bPERF_RECORD_LOST(?:_SAMPLES)?\b\D{0,20}(?P<count>\d{1,18})")
"""What `--show-lost-events` adds; a record of them alone tells no place."""
_TRACEPOINT = re.compile(
    r"\w+:(?![ukhpPGHISDWeRb]+$)\w+"
)  # `sched:sched_switch`; not `cycles:ukH`, which has modifiers
_ADDED = (f"# {HOT_LOOP}", f"# {LOOKED_AT}")
"""What begins the facts that `lockwright record` adds at the end."""
_OF_CPU = "`perf record -g` of the same load, or `lockwright record -- COMMAND`"
_FEWEST_DIGITS = 4  # of an address, where nothing else tells that it is one
_EVENTS_SHOWN = 2  # in a message
_LONGEST = 4096  # characters of a line that can be one of these
_MOST_KEPT = 200_000  # lines of frames, and stacks, remembered: they repeat themselves
_NAMELESS = (Frame("[unknown]"),)


def _claims(head: Sequence[str]) -> list[int]:
    own = [len(line) < _LONGEST and bool(_HEAD.match(line) or _is_function(line)) for line in head]
    return [
        number
        for number, line in enumerate(head)
        if own[number] or (number and own[number - 1] and _is_source(line) and _is_function(head[number - 1]))
    ]


def _is_source(line: str) -> bool:
    """Return whether a line may tell where the function above stands."""
    return len(line) < _LONGEST and _SOURCE.fullmatch(line) is not None


def _is_function(line: str) -> bool:
    """Return whether a line is certainly one of a stack."""
    if line[:1] not in {"\t", " "}:
        return False
    bare = _BARE.match(line)
    is_sure = bare is not None and len(bare["address"]) >= _FEWEST_DIGITS and bare["symbol"][0] != "<"
    return is_sure or _FRAME.match(line) is not None


def read(lines: Lines) -> Profile:
    """Read samples and lock events."""
    return _Script(lines).read()


@dataclass(slots=True)
class _Sum:
    """The samples with one stack, command, CPU and event; it keeps the stack, whose identity is its key."""

    stack: tuple[Frame, ...]
    command: str
    cpu: int | None
    event: str
    weight: float = 0.0
    count: int = 0

    def sample(self) -> Sample:
        """Return them as one."""
        return Sample(self.stack, self.weight, self.count, self.command, self.cpu, self.event)


class _Script:
    """The state of reading: the line that began a sample, and the lines of its stack."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found, self.locks, self.futexes = lines, Gathered(), LockEvents(), FutexEvents()
        self.spaces = AddressSpaces()
        self.head: re.Match[str] | None = None
        self.frames: list[str] = []
        self.kept: dict[str, Frame] = {}
        self.stacks: dict[tuple[str, ...], tuple[Frame, ...]] = {}
        self.sums: dict[tuple[int, str, int | None, str], _Sum] = {}  # by the identity of the stack
        self.first_s, self.last_s = inf, -inf
        self.weighed = False
        self.short, self.first_short = Gathered(), 0
        self.threads = set[tuple[str, str]]()  # that ran in a sample, with their commands
        self.is_whole = False  # whether a head with a time was met
        self.other = ""  # a line that is no such head
        self.number = 0  # of the line where the sample began

    def read(self) -> Profile:
        """Read to the end."""
        kept = self.kept
        for number, line in enumerate(self.lines, 1):
            if line in kept:
                self.frames.append(line)
            elif not line or line.isspace():
                self._finish()
            elif line[0] in "\t " and self._frame(line) is not None:
                self.frames.append(line)
            elif not (self.frames and _is_source(line)):
                self._finish()
                self._begin(line, number)
        cut = f"the stack at line {self.number} is not closed and may be incomplete" if self.frames else ""
        self._finish()
        for one in self.sums.values():
            self.found.add(one.sample())
        if not self.is_whole:
            self.found.weights = self.short.weights
        elif self.first_short:
            self.found.skipped += sum(int(count) for _, count in self.short.weights.values())
            self.found.first_skipped = min(self.found.first_skipped or self.first_short, self.first_short)
        if self.locks.has_facts:
            self.found.facts |= self.locks.facts()
        self.found.facts |= self.futexes.facts()
        if self.last_s > self.first_s:
            self.found.facts.setdefault("seconds", f"{self.last_s - self.first_s:.6f}")
        if self.threads:
            self.found.facts.setdefault("threads", str(len({thread for _, thread in self.threads})))
        unit = "period" if self.weighed else "samples"
        holdings = self.locks.holdings()
        self._refuse_bare_tracepoints()
        waits = self.locks.waits() + self.futexes.waits()
        found = self.found.profile(NAME, self.lines, unit, waits, cut, holdings=holdings)
        loops = tuple(from_facts(self.found.facts))
        return replace(found, threads=Counter(command for command, _ in self.threads), loops=loops)

    def _refuse_bare_tracepoints(self) -> None:
        """Refuse what tells neither where CPUs are nor who waits: events of the kernel that have no stacks."""
        stacks_and_events = {(stack, event) for stack, _, _, event in self.found.weights}
        is_bare = all(stack == _NAMELESS and _TRACEPOINT.fullmatch(event) for stack, event in stacks_and_events)
        if stacks_and_events and is_bare and not (self.locks.has_facts or self.futexes.seen):
            some = sorted(event for _, event in stacks_and_events)[:_EVENTS_SHOWN]
            refusing(f"a trace of bare events ({', '.join(some)}), without stacks", _OF_CPU)(self.lines)

    def _frame(self, line: str) -> Frame | None:
        """Return the function of a line, None if it is none, and remember it."""
        got = (_FRAME.match(line) or _BARE.match(line)) if len(line) < _LONGEST else None
        frame = got and Frame(
            sys.intern(got["symbol"]),
            sys.intern(got.groupdict().get("module", "")),
            None if got["offset"] is None else int(got["offset"], 16),
            int(got["address"], 16),
        )
        if frame is None:
            return None
        if len(self.kept) >= _MOST_KEPT:
            self._forget()
        self.kept[line] = frame
        return frame

    def _forget(self) -> None:
        """Sum up what was remembered of lines and stacks; those of the sample at hand stay."""
        for one in self.sums.values():
            self.found.add(one.sample())
        self.sums.clear()
        self.stacks.clear()
        now = {line: self.kept[line] for line in self.frames}
        self.kept.clear()
        self.kept.update(now)

    def _begin(self, line: str, number: int) -> None:
        """Begin a sample; whether a line that has no time begins one, the next ones tell."""
        is_record = "PERF_RECORD_" in line and _RECORD.match(line) is not None
        lost = _LOST.match(line) if is_record else None
        if lost:
            self.locks.lose(int(lost["count"]))
            self.futexes.lose()
        elif is_record:
            self.spaces.add(line)
        is_fact = not self.is_whole or line.startswith(_ADDED)
        if is_record or (is_fact and self.found.is_fact(line)):
            self.head, self.other = None, ""
            return
        self.head, self.number = (_HEAD.match(line) if len(line) < _LONGEST else None), number
        self.other = "" if self.head is not None or line.lstrip().startswith("#") else line

    def _finish(self) -> None:
        head, frames = self.head, self.frames
        if head is not None:
            self._add(head, frames)
        elif frames:
            self._add_short(frames)
        elif self.other:
            self.found.skip(self.number)
        self.head, self.other = None, ""
        if frames:
            self.frames = []

    def _add_short(self, frames: list[str]) -> None:
        """Add a sample that has a command at most and weighs one; in a file with whole ones it is none."""
        head = _SHORT_HEAD.match(self.other) if len(self.other) < _LONGEST else None
        if self.is_whole or head is None:
            self.found.skip(self.number)
            return
        command, event = (head["command"] or "").strip(), head["event"] or ""
        self.first_short = self.first_short or max(1, self.number)
        self.short.add(Sample(self._stack(frames), 1.0, 1, command, None, event))

    def _add(self, head: re.Match[str], frames: list[str]) -> None:
        event, self.is_whole = head["event"], True
        now_s = float(f"{head['seconds']}.{head['fraction']}")
        self.first_s, self.last_s = min(self.first_s, now_s), max(self.last_s, now_s)
        if event.startswith("lock:") and self.locks.knows(event):
            stack = self._stack(frames) if self.locks.needs_stack(event) else ()
            self.locks.add(event, head, self.spaces.placed(head["thread"].rpartition("/")[2], stack))
            return
        if self.futexes.knows(event):
            self.futexes.add(event, head, self._stack(frames))
            return
        command = head["command"].strip()
        self.threads.add((command, head["thread"]))
        stack = self._stack(frames)
        if not stack and head["rest"]:
            inline = _FRAME.match(head["rest"])
            stack = self._one(Frame(inline["symbol"], inline["module"])) if inline else ()
        self.weighed = self.weighed or head["period"] is not None
        weight = float(head["period"] or 1)
        cpu = int(head["cpu"]) if head["cpu"] else None
        key = (id(stack or _NAMELESS), command, cpu, event)
        found = self.sums.get(key)
        if found is None:
            found = self.sums[key] = _Sum(stack or _NAMELESS, *key[1:])
        found.weight += weight
        found.count += 1

    def _one(self, frame: Frame) -> tuple[Frame, ...]:
        return self.stacks.setdefault((f"{frame.symbol} ({frame.module})",), (frame,))

    def _stack(self, frames: Iterable[str]) -> tuple[Frame, ...]:
        key = tuple(frames)
        stack = self.stacks.get(key)
        if stack is None:
            if len(self.stacks) >= _MOST_KEPT:
                self._forget()
            stack = tuple(self.kept[one] for one in key)
            self.stacks[key] = stack
        return stack


READER = Reader(
    NAME,
    "`command thread [cpu] seconds: event:` with lines `address function+0x1f (object)` below it",
    _claims,
    ("[unknown]", "([kernel.kallsyms])", "cycles:", "cpu-clock", "lock:contention", "sched:"),
    read,
)
