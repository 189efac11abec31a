"""`perf diff`: what each function had in one recording, and how much more or less it has in others.

`16.28%  +68.97%  mutexer  [.] outside` (tools/perf/builtin-diff.c of Linux 2.6.33 to 6.1).  The profile is the first
file, what it is compared with are the others: first share and difference added, or its count and the ratio multiplied,
or the counts themselves where they are printed (`-p`, `-F`).  A weighted difference without counts says nothing of the
other side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Sample
from lockwright.profiles.reader import Gathered, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.lines import Lines
    from lockwright.profiles.model import Profile

NAME = "perf diff"
_LONGEST = 4096
_HEAD = re.compile(r"\s*+#\s*Baseline(?:/\d+)?(?P<separator>\s|[^\w\s]).*")
_EVENT = re.compile(r"\s*+#\s*Event '(?P<event>[^']+)'\s*")
_FILES = re.compile(r"\s*+#\s*(?:Data files:|\[\d+\] .*)\s*")
_SHARE = r"\d{1,3}\.\d\d%"
_SIGNED = rf"[-+]{_SHARE}"
_SURE = re.compile(rf"\s*+(?:{_SHARE}\s+{_SIGNED}|{_SIGNED})\s.*\[[.kguH!]\]\s+\S.*")
_NUMBER = re.compile(
    rf"\s*+(?:(?P<share>{_SHARE})|(?P<delta>{_SIGNED})|(?P<ratio>\d{{1,12}}\.\d{{6}})|(?P<none>N/A)"
    r"|(?P<count>-?\d{1,20}))(?=\s)"
)
_FORMULA = re.compile(
    r"\s*+(?:\((?P<after>\d{1,20}) \* (?:100 / \d{1,20}|\d{1,9})\)"
    r" - \((?P<before>\d{1,20}) \* (?:100 / \d{1,20}|\d{1,9})\)"
    r"|(?P<after2>\d{1,20}) / (?P<before2>\d{1,20}))(?=\s)"
)
_SYMBOL = re.compile(r"(?:(?P<before>.*?)\s+)?\[[.kguH!]\]\s+(?P<symbol>\S.*)")
_GAP = re.compile(r"\s{2,}|\t")
_KINDS = {"delta": "differences of shares", "ratio": "ratios of counts", "weighted": "weighted differences"}


def _claims(head: Sequence[str]) -> list[int]:
    """Rows are certain below their head, or by the sign of a difference."""
    claimed, diff = [], _Diff()
    for number, line in enumerate(head):
        if len(line) >= _LONGEST:
            continue
        if _HEAD.fullmatch(line):
            diff.head(line)
            claimed.append(number)
        elif _SURE.fullmatch(line) or (diff.names and not line.lstrip().startswith("#") and diff.add(line)):
            claimed.append(number)
    return claimed


@dataclass(slots=True)
class _Row:
    """A function on all sides."""

    stack: tuple[Frame, ...]
    command: str
    event: str
    share: float | None
    before: int | None = None  # its count
    values: dict[int, float | None] = field(default_factory=dict)  # of each other side; None is `N/A`
    after: dict[int, int] = field(default_factory=dict)  # counts there


class _Diff:
    """The state of reading: the columns of the head, and the rows so far."""

    def __init__(self) -> None:
        self.kind, self.event, self.separator = "delta", "", ""
        self.names: list[str] = []
        self.ends: list[int] = []  # where the columns of numbers end
        self.sides = 1
        self.rows: list[_Row] = []

    def head(self, line: str) -> None:
        """Take in the names of the columns."""
        separator = _HEAD.fullmatch(line)["separator"]  # type: ignore[index]
        self.separator = "" if separator.isspace() else separator
        parts = line.lstrip("# ").split(self.separator) if self.separator else _GAP.split(line.lstrip("# ").strip())
        self.names = [one.strip().lower() for one in parts]
        values = [one for one in self.names if one.startswith(tuple(_KINDS))]
        self.kind = next((one for one in _KINDS if values and values[0].startswith(one)), "delta")
        self.sides = max(1, len(values))
        self.ends = [line.index(one) + len(one) for one in parts if one in line]

    def add(self, line: str) -> bool:
        """Take in a row; return False if it is none."""
        row = self._separated(line) if self.separator else self._aligned(line)
        if row is not None:
            self.rows.append(row)
        return row is not None

    def _separated(self, line: str) -> _Row | None:
        cells = [one.strip() for one in line.split(self.separator)]
        if len(cells) != len(self.names):
            return None
        named = dict(zip(self.names, cells, strict=True))
        try:
            share = float(cells[0]) if cells[0] else None
            row = self._row(named.get("symbol", ""), named.get("shared object", ""), named.get("command", ""), share)
            numbers = [one for name, one in named.items() if name.startswith(tuple(_KINDS))]
            for side, one in enumerate(numbers, 1):
                if one:
                    row.values[side] = None if one == "N/A" else float(one.rstrip("%"))
            if named.get("base period"):
                row.before = int(named["base period"])
            if named.get("period"):
                row.after[1] = int(named["period"])
        except ValueError:
            return None
        return row

    def _aligned(self, line: str) -> _Row | None:
        at, share, counts = 0, None, []
        values: list[tuple[int, float | None]] = []
        while got := _NUMBER.match(line, at):
            if got["count"] and not self._has_counts():
                break
            at = got.end()
            if got["share"]:
                if share is not None or values:
                    return None
                share = float(got["share"].rstrip("%"))
            elif got["count"]:
                counts.append((at, int(got["count"])))
            else:
                text = got["delta"] or got["ratio"]
                values.append((at, float(text.rstrip("%")) if text else None))
        formula = _FORMULA.match(line, at)
        at = formula.end() if formula else at
        if share is None and not values and not counts:
            return None
        row = self._named(line[at:], share)
        if row is not None:
            self._fill(row, values, counts, formula)
        return row

    def _has_counts(self) -> bool:
        return self.kind == "weighted" or "period" in self.names or any("period/" in one for one in self.names)

    def _fill(
        self,
        row: _Row,
        values: list[tuple[int, float | None]],
        counts: list[tuple[int, int]],
        formula: re.Match[str] | None,
    ) -> None:
        """Give the numbers of a row to the sides; with several files, columns tell which is which by where they end."""
        columns = [end for name, end in zip(self.names, self.ends, strict=False) if name.startswith(tuple(_KINDS))]
        for place, (end, value) in enumerate(values, 1):
            row.values[columns.index(end) + 1 if self.sides > 1 and end in columns else place] = value
        if self.sides > 1:
            return
        numbers = [one for _, one in counts]
        if self.kind == "weighted":
            has_base = "base period" in self.names
            if len(numbers) > has_base:  # there is a pair
                row.values.setdefault(1, None)
            numbers = [numbers[0], *numbers[1:][-1:]] if has_base and numbers else []
        if numbers:
            row.before = numbers[0]
            row.after = {1: numbers[-1]} if len(numbers) > 1 else {}
        if formula:
            row.before = int(formula["before"] or formula["before2"])
            row.after = {1: int(formula["after"] or formula["after2"])}

    def _named(self, text: str, share: float | None) -> _Row | None:
        got = _SYMBOL.fullmatch(text.strip())
        if got is None and any(one.startswith("symbol") for one in self.names or ["symbol"]):
            return None
        names = [one for one in self.names if one in {"command", "shared object"}]
        text = (got["before"] or "").strip() if got else text.strip()
        parts = [one for one in _GAP.split(text) if one]
        if len(parts) == 1 and len(names or parts) > 1:
            parts = text.split(maxsplit=len(names) - 1)
        cells = dict(zip(names, parts, strict=False)) if names else {"shared object": parts[-1]} if parts else {}
        symbol = _GAP.split(got["symbol"].strip())[0] if got else ""
        return self._row(symbol, cells.get("shared object", ""), cells.get("command", ""), share)

    def _row(self, symbol: str, module: str, command: str, share: float | None) -> _Row:
        got = _SYMBOL.fullmatch(symbol)
        name = got["symbol"].strip() if got else symbol
        return _Row((Frame(name or module or "[all]", module),), command, self.event, share)

    def has_counts(self) -> bool:
        """Return whether counts are known on both sides, but for what is gone: a formula leaves it out."""
        known = all(one.before is not None or not one.values for one in self.rows)
        return self.sides == 1 and known and any(one.after for one in self.rows)

    def before(self, *, counted: bool) -> Iterator[Sample]:
        """Yield the samples of the first file."""
        largest = max(((one.before, one.share) for one in self.rows if one.before and one.share), default=(0, 1.0))
        for row in self.rows:
            weight = row.share or 0.0
            if counted:
                weight = float(round(weight * largest[0] / largest[1]) if row.before is None else row.before)
            if weight > 0:
                yield Sample(row.stack, weight, 0, row.command, None, row.event)

    def after(self, side: int, *, counted: bool) -> Iterator[Sample]:
        """Yield the samples of another file, as far as they follow from the row."""
        for row in self.rows:
            weight = float(row.after.get(side, 0)) if counted else self._weight(row, side)
            if weight > 0:
                yield Sample(row.stack, weight, 0, row.command, None, row.event)

    def _weight(self, row: _Row, side: int) -> float:
        value = row.values.get(side)
        if value is None or self.kind == "weighted":
            return 0.0  # it is gone, or nothing says how much it is
        share = row.share or 0.0
        return share * value if self.kind == "ratio" else round(share + value, 2)


def read(lines: Lines) -> Profile:
    """Read the rows into one profile for each file that was compared."""
    diff, found = _Diff(), Gathered()
    for number, line in enumerate(lines, 1):
        if not line.strip() or (len(line) < _LONGEST and _FILES.fullmatch(line)):
            continue
        if len(line) < _LONGEST and _HEAD.fullmatch(line):
            diff.head(line)
        elif len(line) < _LONGEST and (got := _EVENT.fullmatch(line)):
            diff.event = got["event"]
        elif not line.lstrip().startswith("#") and not (len(line) < _LONGEST and diff.add(line)):
            found.skip(number)
    counted = diff.has_counts()
    unit = "period" if counted else "percent"
    found.facts["diff"] = _KINDS[diff.kind]
    for one in diff.before(counted=counted):
        found.add(one)
    others = []
    for side in range(1, diff.sides + 1):
        other = Gathered(facts=dict(found.facts))
        for one in diff.after(side, counted=counted):
            other.add(one)
        others.append(other.profile(NAME, lines, unit))
    compared = tuple(one for one in others if one.samples)
    profile = found.profile(NAME, lines, unit, compared=compared)
    return replace(profile, compared=tuple(replace(one, provenance=profile.provenance) for one in compared))


READER = Reader(
    NAME,
    "the head `# Baseline  Delta  Shared Object  Symbol`, and rows such as `16.28%  +68.97%  object  [.] function`",
    _claims,
    ("baseline", "delta", "weighted diff", "ratio"),
    read,
)
