"""`perf top` as it was until 2011: samples, share, function and object, without marks.

`1036.00 10.0% _xfs_buf_find [kernel.kallsyms]` (tools/perf/builtin-top.c of Linux 2.6.37); people often cut off the
head and the object.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf top of 2009 to 2011"
_ROW = re.compile(
    r"\s*(?P<count>\d{1,15})\.\d\d\s+(?:-\s+)?(?P<share>\d{1,3}\.\d)%\s+(?:[0-9a-f]{16}\s+)?:?\s*"
    r"(?P<symbol>[^\s:]\S*)(?:\s+(?P<module>\S.*))?"
)
_HEAD = re.compile(r"\s*samples\s+pcnt\b.*|[\s_]*_[\s_]*|\s*-{20,}\s*|\s*PerfTop:.*")
_LONGEST = 4096


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and _ROW.fullmatch(line)]


def read(lines: Lines) -> Profile:
    """Read the rows; weights are shares in percent."""
    found = Gathered()
    for number, line in enumerate(lines, 1):
        got = _ROW.fullmatch(line) if len(line) < _LONGEST else None
        if got:
            frame = Frame(got["symbol"], (got["module"] or "").strip())
            found.add(Sample((frame,), float(got["share"]), int(got["count"])))
        elif line.strip() and not (len(line) < _LONGEST and _HEAD.fullmatch(line)):
            found.skip(number)
    return found.profile(NAME, lines, "percent")


READER = Reader(NAME, "rows such as `1036.00 10.0% function [kernel]`", _claims, ("pcnt", "perftop", "samples"), read)
