"""`perf lock info`: which lock has which address, which task which number (tools/perf/builtin-lock.c): no profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.reader import Reader, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "perf lock info"
_LONGEST = 4096
_HEADS = (re.compile(r"\s*+Thread ID: comm\s*"), re.compile(r"\s*+Address of instance: name of class\s*"))
_ROWS = (re.compile(r"\s*+-?\d{1,10}: \S.{0,63}"), re.compile(r"\s*+0x[0-9a-f]{1,16}: \S.*"))


def _claims(head: Sequence[str]) -> list[int]:
    """Rows are certain only below their head."""
    claimed, row = [], None
    for number, line in enumerate(head):
        if len(line) >= _LONGEST:
            continue
        kind = next((at for at, one in enumerate(_HEADS) if one.fullmatch(line)), None)
        row = row if kind is None else _ROWS[kind]
        if kind is not None or (row is not None and row.fullmatch(line)):
            claimed.append(number)
    return claimed


READER = Reader(
    NAME,
    "the heads `Thread ID: comm` and `Address of instance: name of class`",
    _claims,
    ("thread id: comm", "address of instance"),
    refusing(NAME, "`perf lock contention`, or `perf lock report`, of the same recording"),
)
