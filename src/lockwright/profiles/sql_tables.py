"""Tables as clients of databases print them: psql and mysql, aligned, with borders, vertical, separated."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Accepts = Callable[[frozenset[str]], bool]

_LONGEST = 1 << 16
_BLANKS = " "  # what tabs may have become
_SEPARATORS = ("|", "\t", ",", ";", _BLANKS)
_NAMED = 2  # columns: the name and what it is of
_OF_RULES = frozenset("+|-=: \t") | {chr(one) for one in range(0x2500, 0x2580)}
_BAR = re.compile("\u2502|\u2551")
_RECORD = re.compile(
    r"\s*(?:[+\u250c\u251c]?[-\u2500]\[ .{2,20}? (?P<a>\d+) \][-+\u2500-\u257f\s]*|\*+ (?P<b>\d+)\. row \*+)\s*"
)
_PAIR = re.compile(r"(?P<name>[A-Za-z_]\w{0,63}) *(?:\||:(?=\s|$))(?P<value>.*)")
_FOOT = re.compile(r"\s*\(?\d+ (?:rows?|lines?)\)?(?: in set.*)?(?: \([\d.]+ sec\))?\s*|\s*Time: .*|Empty set .*")
_WATCH = re.compile(r"\s*(?:\S.*?\s)?\w{3} \w{3} +\d+ [\d:]{8} (?:[AP]M )?(?:\w+ )?\d{4} \(every [\d.]+s\)\s*")
"""What `\\watch` prints above each table."""
_PROMPT = re.compile(r"\s*(?:\S{1,40}[=\-*(!]+[#>]|mysql>|MariaDB \[.{0,64}\]>|->)\s.*|Expanded display is on\.")


@dataclass(slots=True)
class Row:
    """One row.

    Args:
        values: By the name of the column, in lower case.
        table: The number of its table in the text, from 0.
        at: The number of the line, from 1; of a vertical one that of its last line.
    """

    values: dict[str, str]
    table: int
    at: int


@dataclass(slots=True)
class Scanner:
    """Reads lines one after the other.

    Args:
        accepts: Whether a table with columns of such names is looked for.
    """

    accepts: Accepts
    columns: list[str] = field(default_factory=list)
    separator: str = ""
    table: int = -1
    rows: list[Row] = field(default_factory=list)
    open_: dict[str, str] | None = None  # the vertical row that is open
    last_name: str = ""
    records: int = 0  # the number of the last vertical row
    is_continued: bool = False

    def take(self, line: str, number: int) -> bool:
        """Take in a line; return whether it is of a table that is looked for, or says nothing by itself."""
        if len(line) >= _LONGEST:
            return False
        text = _BAR.sub("|", line)
        if record := _RECORD.fullmatch(text):
            self.close(number)
            at = int(record["a"] or record["b"] or 0)
            if at <= max(1, self.records):
                self.table += 1
            self.records, self.open_, self.columns = at, {}, []
            return True
        if self.open_ is not None and (pair := _PAIR.fullmatch(_bare(text))):
            self.last_name = pair["name"].lower()
            self.open_[self.last_name] = pair["value"].strip()
            return True
        if not text.strip() or _FOOT.fullmatch(text):
            self.close(number)
            self.columns = [] if not text.strip() or self.separator != "\t" else self.columns
            return True
        if _is_rule(text) or _WATCH.fullmatch(text) or _PROMPT.fullmatch(text):
            return True
        return self._row(text, number) or self._head(text)

    def _head(self, text: str) -> bool:
        for separator in _SEPARATORS:
            cells = _cells(text, separator)
            names = [one.strip().strip('"').lower() for one in cells[not cells[0].strip() : len(cells)]]
            names = names[:-1] if names and not names[-1] else names
            if len(names) > 1 and self.accepts(frozenset(names)):
                self.columns, self.separator = names, separator
                self.table += 1
                return True
        return False

    def _row(self, text: str, number: int) -> bool:
        if not self.columns:
            return False
        cells, count = _cells(text, self.separator), len(self.columns)
        cells = _without_bars(cells, count)
        if [one.strip().lower() for one in cells] == self.columns:
            self.table += 1
            return True
        if self.separator == _BLANKS and len(cells) > count > _NAMED:  # a name with blanks in it stands second
            cells = [cells[0], " ".join(cells[1 : len(cells) - count + 2]), *cells[len(cells) - count + 2 :]]
        if len(cells) > count:  # a statement that has the separator in it
            cells = [*cells[: count - 1], self.separator.join(cells[count - 1 :])]
        if len(cells) != count:
            return self.is_continued
        values = {name: one.strip() for name, one in zip(self.columns, cells, strict=True)}
        was_continued = self.is_continued
        self.is_continued = any(one.endswith("+") for one in values.values()) and self.separator == "|"
        if was_continued and self.rows and sum(bool(one) for one in values.values()) <= 1:
            return True  # a statement of several lines
        self.rows.append(Row({name: one.rstrip("+ ") for name, one in values.items()}, max(0, self.table), number))
        return True

    def close(self, number: int) -> None:
        """End the vertical row that is open."""
        if self.open_ and self.accepts(frozenset(self.open_)):
            self.rows.append(Row(self.open_, max(0, self.table), number))
        self.open_, self.is_continued = None, False


def _bare(text: str) -> str:
    """Return a line without the bars at both of its ends."""
    bare = text.strip()
    return bare[1:-1].strip() if bare.startswith("|") and bare.endswith("|") and len(bare) > 1 else bare


def _without_bars(cells: list[str], count: int) -> list[str]:
    """Return the cells of a row without those outside of the bars at its ends, if there are as many then."""
    for some, outside in ((cells[1:-1], (0, -1)), (cells[1:], (0,)), (cells[:-1], (-1,))):
        if len(some) == count and not any(cells[at].strip() for at in outside):
            return some
    return cells


def _cells(text: str, separator: str) -> list[str]:
    if separator in {"|", "\t"}:
        return text.split(separator)
    if separator == _BLANKS:
        return text.split()
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return [text]


def claimed(head: Sequence[str], accepts: Accepts, fits: Callable[[dict[str, str]], bool]) -> list[int]:
    """Return the indices of the lines of tables that are looked for: of their heads, rows, and rules and feet of those.

    Args:
        head: The first lines.
        accepts: Whether a table with columns of such names is looked for.
        fits: Whether a row is one of those.
    """
    scanner, found = Scanner(accepts), set[int]()
    has_rows = False
    pending: list[int] = []  # of the vertical row that is open
    for at, line in enumerate([*head, ""]):
        tables, before, was_open = scanner.table, len(scanner.rows), scanner.open_ is not None
        scanner.take(line, at + 1)
        has_rows = has_rows or (len(scanner.rows) > before and fits(scanner.rows[-1].values))
        is_row = len(scanner.rows) > before and fits(scanner.rows[-1].values)
        if was_open:
            found.update(pending if is_row else ())
            pending = (
                [at] if scanner.open_ is not None and (len(scanner.rows) > before or not pending) else [*pending, at]
            )
        elif scanner.open_ is not None:
            pending = [at]
        elif is_row or scanner.table > tables or (at - 1 in found and line.strip() and _is_frame(line)):
            found.add(at)
        if scanner.open_ is None:
            pending = []
    return sorted(one for one in found if one < len(head)) if has_rows else []


def _is_frame(line: str) -> bool:
    """Return whether a line is a rule or the foot of a table."""
    text = _BAR.sub("|", line)
    return _is_rule(text) or _FOOT.fullmatch(text) is not None


def _is_rule(text: str) -> bool:
    """Return whether a line is drawn between a head and its rows."""
    letters = set(text)
    return letters <= _OF_RULES and bool(letters & {"-", "=", "\u2500", "\u2550"})


def rows_of(lines: Iterable[str], accepts: Accepts, skip: Callable[[int], None]) -> Iterator[Row]:
    """Yield the rows of the tables that are looked for; the numbers of lines that say nothing go to `skip`."""
    scanner, number = Scanner(accepts), 0
    for number, line in enumerate(lines, 1):
        if not scanner.take(line, number):
            skip(number)
        yield from scanner.rows[:-1] if scanner.is_continued else scanner.rows
        del scanner.rows[: -1 if scanner.is_continued else None]
    scanner.close(number)
    yield from scanner.rows
