"""Where the objects of a task lie in memory, from the records that `perf script --show-mmap-events` adds.

Addresses of user space are printed relative to their object (tools/perf/util/evsel_fprintf.c of Linux 6.1).  Records of
maps, forks and programs begun (`--show-task-events`) give them back: two processes that run the same code at different
places have different stacks then, as they have for perf itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Stack

_HEX = r"(?:0x)?([0-9a-f]{1,16})"
_MAP = re.compile(rf".*PERF_RECORD_MMAP2? (-?\d+)/-?\d+: \[{_HEX}\({_HEX}\) @ {_HEX}[^\]]*\]: (\S+) (.+)")
_FORK = re.compile(r".*PERF_RECORD_FORK\((\d+):(\d+)\):\((\d+):(\d+)\)")
_COMM = re.compile(r".*PERF_RECORD_COMM( exec)?: .*:(\d+)/(\d+)\s*")
_LONGEST = 4096  # characters of a record
_MOST_MAPS = 4096  # of a process; older ones are forgotten


@dataclass(frozen=True, slots=True)
class _Map:
    start: int
    size: int
    offset: int  # in the file
    path: str


@dataclass(slots=True)
class _Space:
    """The maps of a process, and its stacks with the places of their functions."""

    maps: tuple[_Map, ...] = ()
    placed: dict[Stack, Stack] = field(default_factory=dict)


class AddressSpaces:
    """Those of all tasks, as their records come in."""

    def __init__(self) -> None:
        self._spaces: dict[str, _Space] = {}
        self._processes: dict[str, str] = {}  # of threads

    def add(self, line: str) -> None:
        """Take in a record; one that says nothing of memory changes nothing."""
        if len(line) >= _LONGEST:
            return
        if got := _MAP.fullmatch(line):
            process, start, size, offset, rights, path = got.groups()
            if "x" in rights:
                one = _Map(int(start, 16), int(size, 16), int(offset, 16), path.strip())
                self._spaces[process] = _Space((one, *self._maps(process))[:_MOST_MAPS])
        elif got := _FORK.match(line):
            process, thread, parent, _ = got.groups()
            self._processes[thread] = process
            if process != parent:
                self._spaces[process] = _Space(self._maps(parent))
        elif got := _COMM.fullmatch(line):
            begins, process, thread = got.groups()
            self._processes[thread] = process
            if begins:
                self._spaces.pop(process, None)

    def placed(self, thread: str, stack: Stack) -> Stack:
        """Return a stack with the addresses that its functions have in memory, as far as maps tell."""
        space = self._spaces.get(self._processes.get(thread, thread))
        if space is None:
            return stack
        found = space.placed.get(stack)
        if found is None:
            found = space.placed[stack] = tuple(_placed(one, space.maps) for one in stack)
        return found

    def _maps(self, process: str) -> tuple[_Map, ...]:
        space = self._spaces.get(process)
        return space.maps if space else ()


def _placed(frame: Frame, maps: tuple[_Map, ...]) -> Frame:
    for one in maps:
        if frame.address is not None and one.path == frame.module and 0 <= frame.address - one.offset < one.size:
            return replace(frame, address=frame.address - one.offset + one.start)
    return frame
