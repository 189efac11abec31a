"""`go tool pprof -traces`: stacks of a Go program with samples, times, or the time that mutexes made others wait.

A rule, a value with its unit and the innermost function, then the callers, one in each line (internal/report/report.go
of google/pprof, printTraces).  A block profile has the stacks of those who waited (`sync.(*Mutex).Lock`), a mutex
profile those of who released the lock while others waited (`sync.(*Mutex).Unlock`): the time is that of the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample, Wait
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "go tool pprof -traces"
_LONGEST = 4096
_RULE = re.compile(r"\s*-{11}\+-{20,60}\s*")
_ABOUT = re.compile(
    r"\s*(?P<what>File|Build ID|Type|Time|Duration|Entering interactive mode.*|Active filters):?\s*(?P<text>.*)"
)
_VALUE = re.compile(
    r"\s*(?P<value>\d{1,18}(?:\.\d{1,9})?)(?P<unit>ns|us|\u00b5s|ms|s|mins|hrs|[kMGT]?B)?\s{2,}(?P<symbol>\S.*?)\s*"
)
_LABEL = re.compile(r"\s*[\w.-]{1,64}:\s{2}\S.*")
_FRAME = re.compile(r"\s+(?P<symbol>\S.*?)\s*")
_NS_PER = {"ns": 1.0, "us": 1e3, "\u00b5s": 1e3, "ms": 1e6, "s": 1e9, "mins": 60e9, "hrs": 3600e9}
_LOCKS = re.compile(
    r"(?:internal/)?sync\.\(\*(?P<kind>Mutex|RWMutex)\)\.(?P<side>R?)(?P<verb>Lock|Unlock|lockSlow|unlockSlow)\b.*"
)
_DEEPEST = 1024


def _claims(head: Sequence[str]) -> list[int]:
    """Claim rules, and the values below them."""
    claimed, after = [], False
    for number, line in enumerate(head):
        rule = len(line) < _LONGEST and _RULE.fullmatch(line) is not None
        if rule or (after and len(line) < _LONGEST and _VALUE.fullmatch(line)):
            claimed.append(number)
        after = rule
    return claimed


def read(lines: Lines) -> Profile:
    """Read the stacks; those that begin in a mutex are waits where the values are times."""
    found = Gathered()
    stacks: list[tuple[float, str, list[Frame]]] = []
    is_open = False
    for number, line in enumerate(lines, 1):
        if len(line) >= _LONGEST:
            found.skip(number)
        elif _RULE.fullmatch(line):
            is_open = True
            stacks.append((0.0, "", []))
        elif not line.strip() or _take(line, stacks if is_open else []):
            continue
        elif about := _ABOUT.fullmatch(line):
            found.facts.setdefault(about["what"].lower(), about["text"])
        else:
            found.skip(number)
    waits = []
    timed = any(unit in _NS_PER for _, unit, stack in stacks if stack)
    for value, unit, frames in stacks:
        stack, weight = tuple(frames), float(round(value * _NS_PER.get(unit, 1.0)))
        lock = _LOCKS.fullmatch(stack[0].symbol) if stack else None
        if lock and timed and found.facts.get("type") != "cpu":
            waits.append(Wait("", _kind(lock), stack, 0, 0, weight, 0.0))
            if "nlock" in lock["verb"]:
                found.facts["stacks"] = "of who released the lock; the times are of those who waited"
        elif stack:
            found.add(Sample(stack, weight, 0 if timed else int(value), "", None, found.facts.get("type", "")))
    return found.profile(NAME, lines, "period" if timed else "samples", tuple(waits))


def _take(line: str, stacks: list[tuple[float, str, list[Frame]]]) -> bool:
    """Take a line into the stack that is open; return whether it belongs there."""
    if not stacks:
        return False
    value, unit, frames = stacks[-1]
    first = _VALUE.fullmatch(line) if not frames else None
    if first:
        stacks[-1] = (float(first["value"]), first["unit"] or "", [Frame(first["symbol"])])
        return True
    if not frames:
        return _LABEL.fullmatch(line) is not None
    frame = _FRAME.fullmatch(line)
    if frame is None or len(frames) >= _DEEPEST:
        return False
    stacks[-1] = (value, unit, [*frames, Frame(frame["symbol"])])
    return True


def _kind(lock: re.Match[str]) -> str:
    if lock["kind"] == "Mutex":
        return "Go mutex"
    return f"Go RWMutex:{lock['side'] or 'W'}"


READER = Reader(
    NAME,
    "`-----------+------` with a value and functions below it",
    _claims,
    ("type: mutex", "type: delay", "sync.(*mutex)", "runtime."),
    read,
)
