"""Percona's `pt-pmp`, the poor man's profiler: how many threads stand in a stack, its functions with commas between.

`   48 __lll_lock_wait,_L_lock_926,pthread_mutex_lock,remove,start_thread,clone`: the innermost first (pt-pmp of Percona
Toolkit, and the awk script that it was made of).  A debugger stops all threads, those that sleep too: the numbers are
threads, not time on a CPU.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.cpp_names import shortened
from lockwright.profiles.model import Frame, Profile
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.standing import THREADS, Task, profile_of, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "pt-pmp"
_LONGEST = 1 << 16
_ROW = re.compile(r"\s*(?P<count>\d{1,9})\s+(?P<stack>[A-Za-z_?<~(][^\s,;]*(?:,[^;]*)+)")
_FEWEST = 3  # functions that tell a stack from a list in a sentence
_DATE = re.compile(r"\s*[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d .*")


def _names(stack: str) -> list[str]:
    """Return the functions: commas inside of brackets are those of C++, where brackets that open also close."""
    if stack.count("(") != stack.count(")"):
        return [shortened(one.strip()) for one in stack.split(",") if one.strip()]
    names, depth, start = [], 0, 0
    for at, letter in enumerate(stack):
        if letter in "(<":
            depth += 1
        elif letter in ")>":
            depth = max(0, depth - 1)
        elif letter == "," and not depth:
            names.append(stack[start:at].strip())
            start = at + 1
    return [one for one in (*names, stack[start:].strip()) if one]


def _is_row(line: str) -> bool:
    got = _ROW.fullmatch(line) if len(line) < _LONGEST and "," in line else None
    if got is None:
        return False
    names = got["stack"].rstrip().split(",")
    return len(names) >= _FEWEST and not any(one[:1].isspace() for one in names[:_FEWEST])


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if _is_row(line)]


def read(lines: Lines) -> Profile:
    """Read the stacks."""
    found = Gathered()
    tasks = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (len(line) < _LONGEST and _DATE.fullmatch(line)):
            continue
        got = _ROW.fullmatch(line) if len(line) < _LONGEST and "," in line else None
        if got is None:
            found.skip(number)
            continue
        stack = tuple(map(Frame, _names(got["stack"])))
        kind, at = wanted(stack)
        tasks.append(Task("", stack, "", kind, at, count=int(got["count"])))
    return profile_of([tasks], found.profile(NAME, lines, "samples").provenance, THREADS, found.facts)


READER = Reader(NAME, "rows such as `48 innermost,caller,outermost`", _claims, ("pt-pmp", "start_thread,clone"), read)
