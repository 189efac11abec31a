"""What `perf annotate` prints, as rows: the share of each instruction in the samples of its function.

`--stdio` has rows such as `27.63 :   1244:   jmp    1238 <f+0x18>`; `--stdio2`, and what is copied off a screen, have
labels where something jumps to: ` 27.63      ↑ jmp        18` (tools/perf/util/annotate.c of Linux 6.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 4096  # characters of a line
_MOST_ROWS = 20_000  # of a function: more is none that a person wrote
_HEAD = re.compile(
    r"\s*+Percent\s*\|\s+Source code & Disassembly of (?P<module>\S+) for (?P<event>\S+)[^(]*(?P<rest>.*)"
)
_SAMPLES = re.compile(r".*?(\d[\d,]*) samples")
_TITLE = re.compile(r"\s*+(?P<symbol>\S.*?)(?:\(\))?  ?(?P<module>/\S+)(?: \[.*)?\s*")
_STDIO2_HEAD = re.compile(r"\s*+Samples: (?P<count>\d[\d.,]*[KMG]?)\s+of events? '?(?P<event>[^',]+)'?.*")
_FUNCTION = re.compile(r".*?\b[0-9a-f]{8,16} <(?P<symbol>.+)>:\s*")
_ROW = re.compile(
    r"\s*+(?P<share>\d{1,3}\.\d\d)?\s*[:|│]\s+(?P<address>[0-9a-f]{1,16}):\s+(?P<text>[a-z]\S*(?:\s+\S.*)?)\s*"
)
_ROW_2 = re.compile(
    r"\s*+(?P<share>\d{1,3}\.\d\d)?\s*│?\s*(?:(?P<address>[0-9a-f]{1,8}):)?[ ↑↓→←│├┌└─↪]*"
    r"(?P<text>[a-z][\w.]*(?:\s+\S.*)?)\s*"
)


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction.

    Args:
        share_percent: Of the samples of its function.
        address: Its address or label, in hexadecimal digits; empty where nothing tells.
        text: Mnemonic and operands.
    """

    share_percent: float
    address: str
    text: str


@dataclass(slots=True)
class Listing:
    """A function.

    Args:
        symbol: Its name; empty if the text does not say.
        module: Its object, likewise.
        samples: How many samples it has; 0 if the text does not say.
        rows: Its instructions.
    """

    symbol: str = ""
    module: str = ""
    samples: int = 0
    rows: list[Row] = field(default_factory=list)


def listings(lines: Iterable[str]) -> list[Listing]:
    """Return the functions of a text, those without instructions left out."""
    found = [Listing()]
    is_plain = False  # rows without addresses, as `--stdio2` has them
    for line in lines:
        if len(line) >= _LONGEST or not line.strip():
            continue
        if head := _HEAD.fullmatch(line):
            found.append(Listing(module=head["module"], samples=_count(head["rest"])))
            is_plain = False
        elif head := _STDIO2_HEAD.fullmatch(line):
            found.append(Listing(samples=int(head["count"]) if head["count"].isdigit() else 0))
            is_plain = True
        elif got := _FUNCTION.fullmatch(line):
            found[-1].symbol = found[-1].symbol or got["symbol"]
        elif is_plain and not found[-1].rows and (got := _TITLE.fullmatch(line)):
            found[-1].symbol, found[-1].module = got["symbol"], got["module"]
        elif (row := _row(line, is_plain=is_plain)) and len(found[-1].rows) < _MOST_ROWS:
            found[-1].rows.append(row)
    return [one for one in found if one.rows]


def _row(line: str, *, is_plain: bool) -> Row | None:
    got = _ROW.fullmatch(line) or (_ROW_2.fullmatch(line) if is_plain else None)
    if got is None:
        return None
    return Row(float(got["share"] or 0), got["address"] or "", " ".join(got["text"].split()))


def _count(text: str) -> int:
    got = _SAMPLES.match(text)
    return int(got[1].replace(",", "")) if got else 0
