"""Stacks as bcc's tools print them: `profile`, `offcputime`, `offwaketime`, `wakeuptime`, `stackcount`.

The functions of a stack, the innermost first, below them the task (with `-` and its number, or alone), and a number of
samples, or of microseconds for which the task did not run (tools/*.py of bcc; libbpf-tools print the same).
`wakeuptime` and `offwaketime` have the stack of who ended the wait between or before: it is the other thread's, and is
told apart by `waker:` and `target:`. What only wakes says nothing about who waited for what, and is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.off_cpu import OFF_CPU, counted, sleeps, waits
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "stacks of bcc"
_LONGEST = 4096
_NS_PER = {"us": 1e3, "ns": 1.0, "ms": 1e6}
_TITLE = re.compile(
    r"\s*(?:Tracing (?P<what>off-CPU|blocked) time \((?P<unit>\w+)\).*|Sampling at \d+ (?:Hertz|Hz|events) .*"
    r"|Tracing \d+ functions? for (?P<counted>.*?)\.\.\..*)"
)
_COUNT = re.compile(r"\s+(?P<count>\d{1,19})\s*")
_TASK = re.compile(r"\s+(?:-\s{2,}(?P<command>\S.*?)(?:\s+\(\d{1,10}\))?|(?:b')?(?P<counted>\S.*?)'? \[\d{1,10}\])\s*")
_ROLE = re.compile(r"\s+(?P<role>target|waker):\s+(?P<command>\S.*?)\s*")
_DELIMITER = re.compile(r"\s+-{1,2}(?:\s+-{1,2})?\s*")
_FRAME = re.compile(
    r"\s+(?:(?:0x)?[0-9a-f]{8,16}\s+)?(?:b')?(?P<symbol>[^\s'].*?)(?:\+0x(?P<offset>[0-9a-f]{1,16}))?"
    r"(?:\s+[\[(](?P<module>[^\[\]()]+)[\])])?'?\s*"
)
_ABOUT = re.compile(r"\s*(?:\^C|Detaching\.\.\.|\[\.\.\.\]|#.*|WARNING: .*|\d\d:\d\d:\d\d)\s*")
_DRAWN = re.compile(r"\s*(?:\||-{2,}[^\s-])")  # of a call graph of `perf report`, whose path may end at address 0
_DEEPEST = 1024


def _claims(head: Sequence[str]) -> list[int]:
    """Claim titles, and stacks with a number that stands alone below and right of their last line."""
    claimed: list[int] = []
    block: list[int] = []
    before, is_drawn = "", False
    for number, line in enumerate(head):
        is_empty = len(line) >= _LONGEST or not line.strip()
        is_drawn = not is_empty and (is_drawn or _DRAWN.match(line) is not None)
        if is_empty or is_drawn:
            block = []
        elif _TITLE.fullmatch(line):
            claimed.append(number)
        elif block and _COUNT.fullmatch(line) and _indent(line) > _indent(before):
            claimed += [*block, number]
            block = []
        elif line[0].isspace():
            block.append(number)
        before = line
    return claimed


def _indent(line: str) -> int:
    text = line.expandtabs(8)
    return len(text) - len(text.lstrip())


@dataclass(slots=True)
class _Block:
    """The lines of one stack."""

    frames: list[Frame] = field(default_factory=list)
    other: list[Frame] = field(default_factory=list)
    command: str = ""
    has_target: bool = False
    is_waker: bool = False
    plain: str = ""  # the last line that may be the task

    def take(self, line: str) -> bool:
        """Take in a line; return whether it belongs to a stack."""
        role, task = _ROLE.fullmatch(line), _TASK.fullmatch(line)
        if role:
            self._begin(role["role"], role["command"])
        elif _DELIMITER.fullmatch(line):
            if self.is_waker:  # below it stands the stack of who waited
                self.other, self.frames, self.is_waker = self.frames, [], False
        elif task:
            self.command, self.has_target = task["command"] or task["counted"], True
        else:
            frame = _FRAME.fullmatch(line)
            if frame is None or len(self.frames) >= _DEEPEST:
                return False
            offset = int(frame["offset"], 16) if frame["offset"] else None
            self.frames.append(Frame(frame["symbol"], frame["module"] or "", offset))
            self.plain = line.strip()
        return True

    def _begin(self, role: str, command: str) -> None:
        if role == "target":
            self.command, self.has_target = command, True
            self.is_waker = not self.frames  # `wakeuptime` has nothing but who woke it
        else:
            self.is_waker = True

    def sample(self, weight: float, event: str) -> Sample | None:
        """Return the stack; None if it is only that of a waker, or has no function."""
        frames, command = self.frames, self.command
        if not self.has_target and event == OFF_CPU:  # the task stands below the functions, like one of them
            command, frames = self.plain, frames[:-1]
        if not frames or self.is_waker:
            return None
        return Sample(tuple(frames), weight, 0 if event else int(weight), command, None, event)


class _Stacks:
    """The state of reading: the blocks so far, and the one that is open."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found = lines, Gathered()
        self.block = _Block()
        self.begun = 0
        self.blocks: list[tuple[_Block, int]] = []
        self.title: re.Match[str] | None = None

    def read(self) -> Profile:
        """Read to the end."""
        for number, line in enumerate(self.lines, 1):
            if len(line) >= _LONGEST:
                self.found.skip(number)
            elif not line.strip():
                self._drop()
            else:
                self._take(line, number)
        cut = f"the stack at line {self.begun} has no number" if self.begun else ""
        return self._profile(cut)

    def _take(self, line: str, number: int) -> None:
        title, count = _TITLE.fullmatch(line), _COUNT.fullmatch(line)
        if title:
            self.title = self.title or title
            self.found.facts.setdefault("title", line.strip())
        elif _ABOUT.fullmatch(line) and not self.begun:
            return
        elif count and self.begun:
            self.blocks.append((self.block, int(count["count"])))
            self.block, self.begun = _Block(), 0
        elif line[0].isspace() and self.block.take(line):
            self.begun = self.begun or number
        else:
            self._drop()
            self.found.skip(number)

    def _drop(self) -> None:
        """End a block that has no number: prose, or what was cut out."""
        if self.begun:
            self.found.skip(self.begun)
            self.block, self.begun = _Block(), 0

    def _profile(self, cut: str) -> Profile:
        stacks = [one.frames for one, _ in self.blocks if one.frames]
        timed = self.title["what"] is not None if self.title else sleeps(tuple(one) for one in stacks)
        ns_per = _NS_PER.get(self.title["unit"], 1e3) if self.title and timed else 1e3
        if timed and self.title is None:
            self.found.guessed = ("numbers as microseconds off the CPU, as `offcputime` writes them",)
        for block, count in self.blocks:
            sample = block.sample(count * ns_per if timed else float(count), OFF_CPU if timed else "")
            if sample is None:
                self.found.facts["stacks of wakers"] = "not kept: they are of the thread that ended a wait"
            else:
                self.found.add(sample)
        profile = self.found.profile(NAME, self.lines, "period" if timed else "samples", cut=cut)
        if timed:
            return self.found.profile(NAME, self.lines, "period", waits(profile.samples), cut)
        if self.title is not None and self.title["counted"]:
            return counted(profile, self.title["counted"])
        return profile


def read(lines: Lines) -> Profile:
    """Read the stacks."""
    return _Stacks(lines).read()


READER = Reader(
    NAME,
    "indented functions, a task, and a number further right below them, as `profile` and `offcputime` write them",
    _claims,
    ("hertz", "off-cpu time", "blocked time", "target:", "waker:", "hit ctrl-c to end"),
    read,
)
