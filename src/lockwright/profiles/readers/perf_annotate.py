"""`perf annotate`: shares of instructions inside one function, in text (`--stdio`, since 2009; `--stdio2`, since 4.16).

It says nothing of other functions, so it is no profile (tools/perf/util/annotate.c).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.reader import Reader, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

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


READER = Reader(
    NAME,
    "the head `Percent | Source code & Disassembly of` and rows such as `2.38 : 11a9: add $0x1,%eax`",
    _claims,
    ("disassembly", "percent |", "source code"),
    refusing(NAME, "`perf report --stdio` or `perf script` of the same recording"),
)
