"""`perf c2c report --stdio`: cache lines that bounce between caches, and who touches which bytes of them.

`Shared Data Cache Line Table` has a row for each line, `Shared Cache Line Distribution Pareto` a head and rows for each
(tools/perf/builtin-c2c.c of Linux 4.10 to 6.13).  The table had the number of records before the share of a line until
Linux 5.10, and has it behind since; Arm prints answers of peers in place of modified lines.  Shares in the second part
are of the counts in the head of the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.profiles.model import LineAccess, SharedLine
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines
    from lockwright.profiles.model import Profile

NAME = "perf c2c report"
_LONGEST = 4096
_TITLE = re.compile(
    r"\s*+(?:Trace Event Information|Global Shared Cache Line Event Information|c2c details"
    r"|Shared Data Cache Line Table|Shared Cache Line Distribution Pareto)\s*"
)
_ADDRESS = r"0x[0-9a-f]{1,16}"
_NODE = r"(?:N/A|\d{1,5}(?:\{[^}]*\})?(?:,\d{1,5})*)"
_LINE = re.compile(
    rf"\s*+\d{{1,6}}\s+(?P<address>{_ADDRESS})(?:\s+{_NODE}\s+\d{{1,12}})?(?P<records>\s+\d{{1,15}})?"
    r"\s+\d{1,3}\.\d\d%(?P<counts>(?:\s+\d{1,15}){3,30})\s*"
)
_HEAD = re.compile(rf"\s*+\d{{1,6}}(?P<counts>(?:\s+\d{{1,15}}){{4,6}})\s+(?P<address>{_ADDRESS})\s*")
_ACCESS = re.compile(
    rf"\s*+(?P<shares>(?:\d{{1,3}}\.\d\d%\s+){{4,6}})(?P<offset>{_ADDRESS})\s+{_NODE}\s+\d{{1,12}}\s+"
    r"(?P<task>-?\d{1,10}\s+(?=0x)|(?:-?\d{1,10}\s+)?-?\d{1,10}:\S.{0,20}?\s+)?"
    rf"(?:{_ADDRESS}\s+)?(?P<numbers>(?:-?\d{{1,15}}\s+){{2,8}})"
    r"(?P<code>\S.*)"
)
_ABOUT = re.compile(r"\s+(?P<name>(?:[A-Z][\w /()-]*?)?)\s*:\s+(?P<value>\S.*)")
_RULE = re.compile(r"\s*+[-=]{5,}\s*")
_SYMBOL = re.compile(r"\[[.kguH!]\]\s+")
_GAP = re.compile(r"\s{2,}")
_PEERS = re.compile(r"-- Peer Snoop --|Load Peer")
_WITH_PEER = re.compile(r"HITM\s-+\s+Snoop")
_FACTS = frozenset(
    {"Total records", "Load Operations", "Store Operations", "Load Local HITM", "Load Remote HITM", "Events"}
)
_HUNDRED = 100.0


def _claims(head: Sequence[str]) -> list[int]:
    return [
        number
        for number, line in enumerate(head)
        if len(line) < _LONGEST and any(one.fullmatch(line) for one in (_TITLE, _LINE, _HEAD, _ACCESS))
    ]


@dataclass(slots=True)
class _Report:
    """What was read so far: lines by address, and to which the rows that come now belong."""

    found: Gathered = field(default_factory=Gathered)
    lines: dict[str, SharedLine] = field(default_factory=dict)
    accesses: dict[str, list[LineAccess]] = field(default_factory=dict)
    peers: bool = False  # counts are answers of peers
    with_peer: bool = False  # a column for them beside those of modified lines
    counts: list[int] = field(default_factory=list)  # of the line whose rows come now
    address: str = ""

    def add(self, line: str) -> bool:
        """Take in a line; return False if it says nothing."""
        got = _ACCESS.fullmatch(line)
        if got and self.address:
            self.accesses.setdefault(self.address, []).append(self._access(got))
            return True
        if got := _LINE.fullmatch(line):
            self._line(got)
        elif got := _HEAD.fullmatch(line):
            self._head(got)
        elif got := _ABOUT.fullmatch(line):
            if got["name"] in _FACTS:
                self.found.facts.setdefault(got["name"].lower(), got["value"].strip())
        elif line.lstrip().startswith("#"):
            self.peers = self.peers or bool(_PEERS.search(line))
            self.with_peer = self.with_peer or bool(_WITH_PEER.search(line))
        else:
            return bool(_TITLE.fullmatch(line) or _RULE.fullmatch(line))
        return True

    def _line(self, got: re.Match[str]) -> None:
        """A row of the first table: total, local and remote, then what the order of columns says."""
        counts = [int(one) for one in got["counts"].split()]
        local, remote = counts[1:3]
        if got["records"]:  # until 5.10: stores, 2 of their parts, 2 kinds of memory, misses, loads
            peer, records, (stores, loads) = 0, int(got["records"]), _some(counts, 3, 9)
        elif self.with_peer:
            peer, records, loads, stores = _some(counts, 3, 4, 5, 6)
        else:
            peer, (records, loads, stores) = 0, _some(counts, 3, 4, 5)
        one = self._counted(got["address"], local, remote, peer)
        self.lines[one.address] = replace(one, records=records, loads=loads, stores=stores)

    def _head(self, got: re.Match[str]) -> None:
        """The head of a line in the second part; all that is known where the first was cut off."""
        self.address, self.counts = got["address"], [int(one) for one in got["counts"].split()]
        if self.address not in self.lines:
            remote, local = self.counts[:2]
            peer = self.counts[2] if len(self.counts) == _ALL_COLUMNS else 0
            one = self._counted(self.address, local, remote, peer)
            self.lines[one.address] = replace(one, stores=sum(self.counts[_before_stores(self.counts) :]))

    def _counted(self, address: str, local: int, remote: int, peer: int) -> SharedLine:
        return SharedLine(address, peer=local + remote) if self.peers else SharedLine(address, local, remote, peer)

    def _access(self, got: re.Match[str]) -> LineAccess:
        shares = [float(one) / _HUNDRED for one in got["shares"].replace("%", "").split()]
        counted = [share * count for share, count in zip(shares, self.counts, strict=False)]
        remote, local, *_ = [*counted, 0.0, 0.0]
        numbers = [int(one) for one in got["numbers"].split()]
        symbol, module, source, *_ = [*_GAP.split(_SYMBOL.sub("", got["code"], count=1).strip()), "", ""]
        return LineAccess(
            int(got["offset"], 16),
            symbol,
            module,
            source,
            hitm_local=0.0 if self.peers else local,
            hitm_remote=0.0 if self.peers else remote,
            peer=local + remote if self.peers else counted[2] if len(counted) == _ALL_COLUMNS else 0.0,
            stores=sum(counted[_before_stores(counted) :]),
            records=numbers[-2],
            cpus=numbers[-1],
            task=" ".join((got["task"] or "").split()),
        )

    def shared_lines(self) -> tuple[SharedLine, ...]:
        """Return the lines, the worst first, each with who touches it."""
        whole = [replace(one, accesses=tuple(self.accesses.get(one.address, ()))) for one in self.lines.values()]
        return tuple(sorted(whole, key=lambda one: -one.transfers))


_ALL_COLUMNS = 6  # remote, local, peer, stores that hit, that missed, of which it is unknown


def _before_stores(columns: Sequence[float]) -> int:
    return 3 if len(columns) == _ALL_COLUMNS else 2


def _some(counts: Sequence[int], *places: int) -> tuple[int, ...]:
    return tuple(counts[one] if one < len(counts) else 0 for one in places)


def read(lines: Lines) -> Profile:
    """Read both tables."""
    report = _Report()
    for number, line in enumerate(lines, 1):
        if line.strip() and not (len(line) < _LONGEST and report.add(line)):
            report.found.skip(number)
    cut = ""
    if report.address and report.address not in report.accesses:
        cut = f"the rows of the cache line {report.address} are missing"
    return report.found.profile(NAME, lines, "samples", cut=cut, shared_lines=report.shared_lines())


READER = Reader(
    NAME,
    "the titles `Shared Data Cache Line Table` and `Shared Cache Line Distribution Pareto`, and their rows",
    _claims,
    ("hitm", "cacheline", "lclhitm", "pareto", "store refs"),
    read,
)
