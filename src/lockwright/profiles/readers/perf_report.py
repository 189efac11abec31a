"""`perf report --stdio`, and what `perf top` shows since 2011: a row for each function, call graphs below the rows.

Rows have a share, or more (with children and without, of user space, of each event of a group), then what the head says
or, where the head was cut off, what can be told from the cells (tools/perf/ui/stdio/hist.c of Linux 6.1; `Events: 305K
cycles` is how 2011 wrote the head).  Of the screens of `perf top --stdio` the last one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockwright.profiles.call_graph import Graph, is_inward, lent, stacks
from lockwright.profiles.model import Frame, Profile, Sample
from lockwright.profiles.reader import Gathered, Reader
from lockwright.profiles.report_columns import Columns, head, is_row
from lockwright.profiles.truncated import beginning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.profiles.lines import Lines

NAME = "perf report"
_LONGEST = 4096  # characters of a line that can be one of these
_SAMPLES = re.compile(
    r"\s*+#?\s*+Samples?:\s*(?P<count>\S+)\s+of events?\s+(?:'(?P<quoted>[^']+)'|(?P<event>[^',]+)).*"
)
_EVENTS_2011 = re.compile(r"\s*+#?\s*+Events:\s*(?P<count>\S+)\s+(?P<event>[\w:.-]+)\s*")
_GROUP = re.compile(r"(?:[\w ]*\{)?(?P<events>[^{}]*)\}?")
_COUNT = re.compile(r"\s*+#\s*+Event count \(approx\.\):\s*(?P<count>\d+).*")
_LOST = re.compile(r"\s*+#\s*+Total Lost Samples:\s*(?P<count>\d+).*")
_TOP = re.compile(r"\s*+PerfTop:\s.*\[(?:\d+Hz |\d+ )?(?P<event>[^\]]*)\].*")
_DIFF = re.compile(r"\s*+#\s*+Baseline\b")
"""The head of `perf diff`, whose rows have a share and a number as well."""
_EMPTY = re.compile(r"\s*+(?:no entry >= [\d.]+%|-{20,}|\.\.\.)\s*")


def _claims(head_lines: Sequence[str]) -> list[int]:
    """Rows are certain by the mark of a function, or by the head above them where they have none."""
    claimed: list[int] = []
    columns, is_diff = Columns(), False
    for number, line in enumerate(head_lines):
        if len(line) >= _LONGEST:
            continue
        found = head(line, ())
        columns, is_diff = found or columns, (is_diff or bool(_DIFF.match(line))) and not found
        if is_diff:
            continue
        is_named = columns.names_rows and columns.cells(line) is not None
        if found or is_named or (is_row(line) and columns.cells(line)):
            claimed.append(number)
    return claimed


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

    def complete(self) -> None:
        """Take the whole name from the graph where that of the row was cut at the right of a screen."""
        start = beginning(self.symbol)
        whole = {one for one in self.graph.ends() if one.startswith(start)} if start else set()
        if len(whole) == 1:
            self.symbol = whole.pop()


class _Report:
    """The state of reading: the columns that the head names, and the rows so far."""

    def __init__(self, lines: Lines) -> None:
        self.lines, self.found = lines, Gathered()
        self.columns = Columns()
        self.events: tuple[str, ...] = ("",)
        self.rows: list[_Row] = []
        self.screens = 0

    def read(self) -> Profile:
        """Read to the end."""
        for number, line in enumerate(self.lines, 1):
            if not line.strip():
                continue
            if len(line) >= _LONGEST:
                self.found.skip(number)
            elif not (self._about(line) or self._row(line) or line.lstrip().startswith("#") or _EMPTY.fullmatch(line)):
                graph = self._graph()
                if graph is None or not graph.add(line):
                    self.found.skip(number)
        self._add_all()
        if self.screens > 1:
            self.found.facts["screens"] = f"the last of {self.screens}"
        return self.found.profile(NAME, self.lines, "percent", cut=self._cut())

    def _graph(self) -> Graph | None:
        """Return the graph that lines below the last row belong to: that of its first event."""
        return self.rows[-max(1, len(self.columns.events))].graph if self.rows else None

    def _about(self, line: str) -> bool:
        """Take in a line of the head; return whether it was one."""
        for pattern in (_SAMPLES, _EVENTS_2011):
            got = pattern.fullmatch(line)
            if got:
                self._sampled(got["count"], (got.groupdict().get("quoted") or got["event"] or "").strip())
                return True
        for name, pattern in (("event count", _COUNT), ("lost samples", _LOST)):
            got = pattern.fullmatch(line)
            if got:
                self.found.facts.setdefault(name, got["count"])
                return True
        if got := _TOP.fullmatch(line):
            self.events, self.screens = (got["event"].strip(),), self.screens + bool(self.rows) + (not self.screens)
            self.rows.clear()
            return True
        found = head(line, self.events if len(self.events) > 1 else ())
        self.columns = found or self.columns
        return found is not None or self.found.is_fact(line)

    def _sampled(self, count: str, text: str) -> None:
        got = _GROUP.fullmatch(text)
        events = tuple(re.split(r",\s+", got["events"].strip())) if got else (text,)
        self.events = events
        self.columns.events = events if len(events) > 1 else ()
        self.found.facts.setdefault("samples", f"{count} of {', '.join(events)}")

    def _row(self, line: str) -> bool:
        cells = self.columns.cells(line)
        if cells is None:
            return False
        if not cells.symbol:  # of a group: what it is of follows
            return True
        for at, event in enumerate(self.columns.events or self.events[:1]):
            first = at == 0
            own = cells.own if first else cells.shares[at] if at < len(cells.shares) else 0.0
            whole = cells.shares[0] if first else own
            count = cells.counts[at] if at < len(cells.counts) else 0
            self.rows.append(_Row(cells.symbol, cells.module, cells.command, event, own, whole, count))
        return True

    def _add_all(self) -> None:
        for row in self.rows:
            row.complete()
        relative = any(row.graph.is_relative(row.whole) for row in self.rows)
        every = [list(row.graph.paths(row.whole, relative=relative)) for row in self.rows]
        lenders = [lent(paths, row.symbol, row.whole - row.own) for row, paths in zip(self.rows, every, strict=True)]
        inward = any(is_inward(paths, row.symbol) for row, paths in zip(self.rows, every, strict=True))
        for row, own in zip(self.rows, every, strict=True):
            some = (one[row.symbol] for one in lenders if row.symbol in one)
            # folded on a screen: the graph of a caller may have what this one does not show
            paths = own or max(some, key=_share, default=[])
            for place, (path, weight) in enumerate(stacks(paths, row.symbol, row.own, inward=inward and bool(own))):
                frames = (Frame(row.symbol, row.module), *map(Frame, path[1:]))
                count = row.count if place == 0 else 0
                if weight > 0 or row.own > 0:
                    self.found.add(Sample(frames, weight, count, row.command, None, row.event))

    def _cut(self) -> str:
        graph = self._graph()
        return "the last call graph breaks off" if graph and graph.roots and not graph.roots[-1].symbols else ""


def _share(paths: Sequence[tuple[tuple[str, ...], float]]) -> float:
    return sum(share for _, share in paths)


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
