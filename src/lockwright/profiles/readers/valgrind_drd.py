"""Valgrind's DRD with `--exclusive-threshold` or `--shared-threshold`: locks that were held for long, and by whom.

`Lock on mutex 0x10c160 was held during 15 ms (threshold: 10 ms).`, with the stack that took it before, below `Acquired
at:`, and the one that gave it back behind (valgrind, drd/drd_error.c).  Nobody is seen to wait, and a program under
Valgrind runs one thread at a time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Holding, Profile
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "Valgrind's DRD"
KIND = "pthread lock"
_LONGEST = 1 << 14
_HEAD = r"\s*(?:==\d+== ?)?\s*"
_HELD = re.compile(
    _HEAD + r"Lock on (?P<what>mutex|rwlock|spinlock) (?P<address>0x[0-9a-f]+) was held during (?P<ms>\d+) ms"
    r" \(threshold: \d+ ms\)\.\s*"
)
_ACQUIRED = re.compile(_HEAD + r"Acquired at:\s*")
_FRAME = re.compile(_HEAD + r"(?P<first>at|by) (?P<address>0x[0-9A-F]+): (?P<symbol>\S.*?) \((?P<where>.*)\)\s*")
_OWN = re.compile(r"==\d+==.*")
_OBJECT = re.compile(r"in (?P<module>\S+)")
_NS_PER_MS = 1e6


def _claims(head: Sequence[str]) -> list[int]:
    if not any("was held during" in one for one in head):
        return []
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and any(one.fullmatch(line) for one in (_OWN, _HELD, _ACQUIRED, _FRAME))
    ]


def _frame(got: re.Match[str]) -> Frame:
    module = _OBJECT.fullmatch(got["where"])
    symbol = "[unknown]" if got["symbol"].startswith("???") else got["symbol"].removesuffix("@*")
    return Frame(symbol, module["module"] if module else "", None, int(got["address"], 16))


def read(lines: Lines) -> Profile:
    """Read who held which lock for how long."""
    found = Gathered()
    holds: dict[tuple[str, tuple[str, ...]], Holding] = {}
    stack: list[Frame] = []
    is_acquiring = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) >= _LONGEST:
            found.skip(number)
        elif _ACQUIRED.fullmatch(line):
            stack, is_acquiring = [], True
        elif held := _HELD.fullmatch(line):
            is_acquiring = False
            key = (held["address"], tuple(one.symbol for one in stack))
            known = holds.get(key)
            took_ns = int(held["ms"]) * _NS_PER_MS
            count, total_ns, longest_ns = (known.acquired, known.total_ns, known.longest_ns) if known else (0, 0.0, 0.0)
            longest_ns = max(longest_ns, took_ns)
            holds[key] = Holding(held["address"], KIND, tuple(stack), count + 1, total_ns + took_ns, longest_ns)
        elif frame := _FRAME.fullmatch(line):
            if is_acquiring:
                stack.append(_frame(frame))
        elif not _OWN.fullmatch(line):
            found.skip(number)
        else:
            is_acquiring = False
    holdings = tuple(sorted(holds.values(), key=lambda one: -one.total_ns))
    found.facts["holds"] = "only those above the threshold"
    return found.profile(NAME, lines, "samples", holdings=holdings)


READER = Reader(
    NAME,
    "`Lock on mutex 0x1 was held during 15 ms` with a stack below `Acquired at:`",
    _claims,
    ("was held during", "acquired at:", "drd, a thread error detector"),
    read,
)
