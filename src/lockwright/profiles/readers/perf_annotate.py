"""`perf annotate`: shares of instructions inside one function, in text (`--stdio`, since 2009; `--stdio2`, since 4.16).

It says nothing of other functions, so it is no profile; but it shows whether a function waits
(tools/perf/util/annotate.c).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles.reader import Gathered, Reader, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines
    from lockwright.profiles.model import Profile

NAME = "perf annotate"
_LONGEST = 4096
_HEAD = re.compile(r"\s*+Percent\s*\|\s+Source code & Disassembly of .*")
_PLAIN_HEAD = re.compile(r"\s*+Percent(?:\s*[|│].*|\s*)")
_TITLE = re.compile(r"[\w.]+\(\)\s+\S*/\S*\s*")
_ROW = re.compile(r"\s*+(?:\d{1,3}\.\d\d)?\s*[:|│]\s+[0-9a-f]{1,16}:\s+\S.*")
_DISASSEMBLY = re.compile(r"\s*+:?\s*(?:\d{1,6}\s+)?Disassembly of section \S+:?\s*")


def _claims(head: Sequence[str]) -> list[int]:
    patterns = (_HEAD, _PLAIN_HEAD, _TITLE, _ROW, _DISASSEMBLY)
    found = [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and any(one.fullmatch(line) for one in patterns)
    ]
    is_certain = any(_HEAD.fullmatch(head[one]) or _ROW.fullmatch(head[one]) for one in found)
    return found if is_certain or len(found) > len(patterns) // 2 else []


def read(lines: Lines) -> Profile:
    """Read which of the functions wait for another CPU; refuse a text that shows none."""
    from lockwright.profiles.machine_code.listing import listings  # not where other files are read
    from lockwright.profiles.machine_code.loops import loop_of

    found = [loop for one in listings(lines) if (loop := loop_of(one)) is not None]
    if not found:
        kind = f"{NAME} of functions none of whose loops waits for another CPU"
        return refusing(kind, "`perf report --stdio` or `perf script` of the same recording")(lines)
    return replace(Gathered().profile(NAME, lines, "samples"), loops=tuple(found))


READER = Reader(
    NAME,
    "the head `Percent | Source code & Disassembly of` and rows such as `2.38 : 11a9: add $0x1,%eax`",
    _claims,
    ("disassembly", "percent |", "source code"),
    read,
)
