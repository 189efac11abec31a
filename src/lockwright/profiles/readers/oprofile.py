"""oprofile's `opreport -l`: samples, share, image, application and function; the head may be wrapped by a mail.

`1719761 42.3741 ip_vs.ko ip_vs.ko ip_vs_conn_in_get` (OProfile manual, "opreport").  A name that begins with `/` in
place of the function is the image itself, where its symbols were not found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "oprofile"
_ROW = re.compile(
    r"\s*(?:[0-9a-f]{8,16}\s+)?(?P<count>\d{1,15})\s+(?P<share>\d{1,3}\.\d{2,6})\s+(?P<cells>(?!(?:[num]?s|[mh])\s+\d)[^\s%\d].*)"
)
_ABOUT = re.compile(r"\s*(?:CPU:|Counted|Profiling through|samples\b|vma\b|symbol name|warning:|-{10,}).*")
_LONGEST = 4096
_CELLS = 3  # image, application, function


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and _ROW.fullmatch(line)]


def read(lines: Lines) -> Profile:
    """Read the rows; weights are shares in percent."""
    found = Gathered()
    for number, line in enumerate(lines, 1):
        got = _ROW.fullmatch(line) if len(line) < _LONGEST else None
        if got:
            cells = got["cells"].split(maxsplit=_CELLS - 1)
            image = cells[0] if len(cells) > 1 else ""
            command = cells[1] if len(cells) == _CELLS and cells[1] != image else ""
            frame = Frame(cells[-1].strip().removeprefix("/"), image)
            found.add(Sample((frame,), float(got["share"]), int(got["count"]), command))
        elif line.strip() and not (len(line) < _LONGEST and _ABOUT.fullmatch(line)):
            found.skip(number)
        elif line.lstrip().startswith("Counted"):
            found.facts.setdefault("event", line.strip())
    return found.profile(NAME, lines, "percent")


READER = Reader(
    NAME,
    "rows such as `181984 4.4840 vmlinux vmlinux function`",
    _claims,
    ("image name", "app name", "symbol name", "samples", "%"),
    read,
)
