"""`go tool pprof -top`: functions of a Go program by what they took themselves, as shares of all.

`3.82s 15.51% 15.51%  11.60s 47.10%  runtime.pcvalue`: itself, its share, the sum of shares so far, with what it calls,
its share, the function (internal/report/report.go of google/pprof, printText).  `-peek`, `-list` and `-tree` have other
rows and are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "go tool pprof -top"
_LONGEST = 4096
_VALUE = r"-?\d{1,18}(?:\.\d{1,9})?(?:ns|us|\u00b5s|ms|s|mins|hrs|[kMGT]?B)?"
_SHARE = r"\d{1,3}(?:\.\d{1,4})?%"
_ROW = re.compile(rf"\s*{_VALUE}\s+(?P<share>{_SHARE})\s+{_SHARE}\s+{_VALUE}\s+{_SHARE}\s+(?P<symbol>[^\s|].*?)\s*")
_TYPE = re.compile(r"\s*(?P<what>File|Type|Time|Duration):\s*(?P<text>.*)")
_ABOUT = re.compile(
    r"\s*(?:flat\s+flat%.*|Showing .*|Dropped .*|Build ID:.*|\$ go tool.*|\(pprof\).*|.* of .* total .*)"
)


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and _ROW.fullmatch(line)]


def read(lines: Lines) -> Profile:
    """Read the rows; weights are shares in percent."""
    found = Gathered()
    for number, line in enumerate(lines, 1):
        row = _ROW.fullmatch(line) if len(line) < _LONGEST else None
        about = _TYPE.fullmatch(line) if len(line) < _LONGEST and not row else None
        if row:
            symbol = row["symbol"].removesuffix("(inline)").strip()
            share = float(row["share"].rstrip("%"))
            if share:
                found.add(Sample((Frame(symbol),), share, 0, "", None, found.facts.get("type", "")))
        elif about:
            found.facts.setdefault(about["what"].lower(), about["text"])
        elif line.strip() and not (len(line) < _LONGEST and _ABOUT.fullmatch(line)):
            found.skip(number)
    return found.profile(NAME, lines, "percent")


READER = Reader(
    NAME,
    "rows such as `3.82s 15.51% 15.51%  11.60s 47.10%  function`",
    _claims,
    ("flat%", "sum%", "cum%", "nodes accounting for"),
    read,
)
