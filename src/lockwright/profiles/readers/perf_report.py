"""`perf report --stdio`, and what `perf top` shows since 2011: a row for each function, call graphs below the rows.

Rows have one share, or two (with children and without), then what the head says or, where the head was cut off, what
can be told from the cells: samples, command, object, and the function behind `[k]` or `[.]`
(tools/perf/ui/stdio/hist.c and util/sort.c of Linux 6.1; `Events: 305K cycles` is how 2011 wrote the head).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.call_graph import Graph, stacks
from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf report"
_LONGEST = 4096  # characters of a line that can be one of these
_ROW = re.compile(
    r"\s*+(?:[-+]\s++)?(?P<first>\d{1,3}\.\d{1,2})%(?:\s+(?P<second>\d{1,3}\.\d{1,2})%)?\s++(?P<cells>(?![-+]?\d{1,3}\.\d\d%)\S.*)"
)
_SYMBOL = re.compile(r"(?:(?P<before>.*?)\s+)?\[(?P<level>[.kguH!])\]\s+(?P<symbol>\S.*)")
_GAP = re.compile(r"\s{2,}|\t")
_HEAD = re.compile(r"#\s+(?:Children\s+Self|Overhead)(?:\s{2,}\S|\t|\s*$)")
_SAMPLES = re.compile(r"#?\s*+Samples?:\s*(?P<count>\S+)\s+of events?\s+'?(?P<event>[^',]+)'?.*")
_EVENTS_2011 = re.compile(r"#?\s*+Events:\s*(?P<count>\S+)\s+(?P<event>[\w:.-]+)\s*")
_COUNT = re.compile(r"#\s*+Event count \(approx\.\):\s*(?P<count>\d+).*")
_LOST = re.compile(r"#\s*+Total Lost Samples:\s*(?P<count>\d+).*")


def _claims(head: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(head) if len(line) < _LONGEST and (_is_row(line) or _HEAD.match(line))]


def _is_row(line: str) -> bool:
    got = _ROW.fullmatch(line)
    return got is not None and _SYMBOL.fullmatch(got["cells"]) is not None


@dataclass(slots=True)
class _Row:
    """One function, or one object where the table has no functions."""

    symbol: str
    module: str
    command: str
    event: str
    own: float
    whole: float
    count: int
    graph: Graph = field(default_factory=Graph)


class _Report:
    """The state of reading: the columns that the head names, and the rows so far."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found = lines, Gathered()
        self.columns: list[str] = []
        self.event = ""
        self.rows: list[_Row] = []
        self.in_graph = False

    def read(self) -> Profile:
        """Read to the end."""
        for number, line in enumerate(self.lines, 1):
            if not line.strip() or len(line) >= _LONGEST or self._about(line):
                continue
            row = self._row(line)
            if row is not None:
                self.rows.append(row)
            elif line.lstrip().startswith("#") or line.strip() == "...":
                continue
            elif not (self.rows and self.rows[-1].graph.add(line)):
                self.found.skip(number)
        self._add_all()
        return self.found.profile(NAME, self.lines, "percent", cut=self._cut())

    def _about(self, line: str) -> bool:
        """Take in a line of the head; return whether it was one."""
        for name, pattern in (("samples", _SAMPLES), ("samples", _EVENTS_2011)):
            got = pattern.fullmatch(line)
            if got:
                self.event = got["event"].strip()
                self.found.facts.setdefault(name, f"{got['count']} of {self.event}")
                return True
        for name, pattern in (("event count", _COUNT), ("lost samples", _LOST)):
            got = pattern.fullmatch(line)
            if got:
                self.found.facts.setdefault(name, got["count"])
                return True
        if _HEAD.match(line):
            self.columns = [one.lower() for one in re.split(r"\s{2,}|\t", line.lstrip("# ").strip())]
            return True
        return False

    def _row(self, line: str) -> _Row | None:
        got = _ROW.fullmatch(line)
        if got is None:
            return None
        symbol = _SYMBOL.fullmatch(got["cells"])
        if symbol is None and (not self.columns or any(one.startswith("symbol") for one in self.columns)):
            return None
        before = (symbol["before"] or "") if symbol else got["cells"]
        cells = self._cells(before.strip())
        whole = float(got["first"])
        own = float(got["second"]) if got["second"] and "overhead" not in self.columns[:1] else whole
        name = _GAP.split(symbol["symbol"].strip())[0] if symbol else cells.get("module", "") or "[all]"
        count = int(cells["samples"]) if cells.get("samples", "").isdecimal() else 0
        return _Row(name, cells.get("module", ""), cells.get("command", ""), self.event, own, whole, count)

    def _cells(self, text: str) -> dict[str, str]:
        """Return what stands between the shares and the function, by what it is."""
        parts = [one.strip() for one in _GAP.split(text) if one.strip()]
        names = [_CELLS.get(one, one) for one in self.columns if one not in _SHARES and not one.startswith("symbol")]
        if names and len(parts) != len(names):
            parts = text.split(maxsplit=len(names) - 1)
        if names and len(parts) == len(names):
            cells = dict(zip(names, parts, strict=True))
            task = cells.get("pid:command") or cells.get("tid:command")
            return cells | {"command": task.partition(":")[2]} if task else cells
        return _guessed(parts if len(parts) > 1 else text.split())

    def _add_all(self) -> None:
        relative = any(row.graph.is_relative(row.whole) for row in self.rows)
        for row in self.rows:
            paths = list(row.graph.paths(row.whole, relative=relative))
            for place, (path, weight) in enumerate(stacks(paths, row.symbol, row.own)):
                frames = (Frame(row.symbol, row.module), *map(Frame, path[1:]))
                count = row.count if place == 0 else 0
                if weight > 0 or row.own > 0:
                    self.found.add(Sample(frames, weight, count, row.command, None, row.event))

    def _cut(self) -> str:
        if self.rows and self.rows[-1].graph.roots and not self.rows[-1].graph.roots[-1].symbols:
            return "the last call graph breaks off"
        return ""


_SHARES = frozenset({"overhead", "children", "self"})
_CELLS = {"shared object": "module", "dso": "module", "samples": "samples", "command": "command", "comm": "command"}


def _guessed(parts: list[str]) -> dict[str, str]:
    """Tell the cells of a row without a head: a count comes first, the object last."""
    cells: dict[str, str] = {}
    if parts and parts[0].isdecimal():
        cells["samples"] = parts.pop(0)
    if parts:
        cells["module"] = parts.pop()
    if parts:
        cells["command"] = " ".join(parts)
    return cells


def read(lines: Lines) -> Profile:
    """Read the rows and their call graphs."""
    return _Report(lines).read()


READER = Reader(
    NAME,
    "rows such as `12.34%  command  object  [k] function`",
    _claims,
    ("overhead", "children", "shared object", "symbol", "[kernel.kallsyms]", "[k]", "[.]", "%"),
    read,
)
