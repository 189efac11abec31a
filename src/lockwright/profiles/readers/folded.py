"""Folded stacks: functions from the outermost to the innermost with `;` between them, a blank, a number.

What `stackcollapse-perf.pl` of FlameGraph and most profilers write; its marks `_[k]` (kernel), `_[j]` (made at run
time) and `_[i]` (inlined) are taken off.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "folded stacks"
_ROW = re.compile(r"(?P<stack>\S.*?)\s+(?P<weight>\d{1,20}(?:\.\d{1,9})?)\s*")
_MARK = re.compile(r"_\[([kij])\]$")
_LONGEST = 1 << 16


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if ";" in line and len(line) < _LONGEST and not line.startswith("#") and _ROW.fullmatch(line)
    ]


def read(lines: Lines) -> Profile:
    """Read a stack from each line."""
    found = Gathered()
    kept: dict[str, Frame] = {}
    for number, line in enumerate(lines, 1):
        got = _ROW.fullmatch(line) if len(line) < _LONGEST else None
        if got is None:
            if line.strip() and not line.startswith("#"):
                found.skip(number)
            continue
        names = [one.strip() for one in got["stack"].split(";") if one.strip()]
        stack = tuple(kept.setdefault(one, _frame(one)) for one in reversed(names))
        if stack:
            found.add(Sample(stack, float(got["weight"])))
    return found.profile(NAME, lines, "samples")


def _frame(name: str) -> Frame:
    got = _MARK.search(name)
    if got is None:
        return Frame(name)
    return Frame(name[: got.start()], "[kernel]" if got[1] == "k" else "")


READER = Reader(NAME, "lines such as `outer;inner;innermost 42`", _claims, (";",), read)
