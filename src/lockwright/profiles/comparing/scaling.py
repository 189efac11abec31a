"""The table from 1 to N threads that maintainers ask for: a file with the columns threads, before and after."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import Span
from lockwright.errors import LockwrightError
from lockwright.profiles.comparing.results import ThreadRow

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMNS = 3
_MOST_ROWS = 10_000
_MOST_CHARACTERS = 10_000_000
_INSTEAD = "`threads,before,after`, and a row of three numbers for each number of threads"


def read_thread_table(path: str) -> tuple[ThreadRow, ...]:
    """Return the rows of a file, as `thread_table`.

    Raises:
        LockwrightError: As `thread_table`.
        OSError: It is not there, or may not be read.
    """
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return thread_table(file.read(_MOST_CHARACTERS), path)


def thread_table(text: str, name: str) -> tuple[ThreadRow, ...]:
    """Return the rows of a table, fewest threads first.

    Args:
        text: The file; a first line of words, empty lines and lines that begin with `#` are passed over.
        name: Of the file, for messages.

    Raises:
        LockwrightError: A row has other columns, something is no number, a number of threads comes twice, or there is
            no row.
    """
    rows: dict[int, ThreadRow] = {}
    lines = text.removeprefix("\ufeff").splitlines()
    has_begun = False
    for number, line in enumerate(lines[:_MOST_ROWS], 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [one.strip() for one in _cells(line)]
        is_head, has_begun = not has_begun and not any(map(_is_number, cells)), True
        if is_head:
            continue
        if len(cells) != _COLUMNS:
            raise _wrong(name, number, lines, f"has {len(cells)} cells, expected threads, before and after")
        row = _row(cells)
        if row is None:
            raise _wrong(name, number, lines, "expected a whole number of threads and two numbers")
        if row.threads in rows:
            raise _wrong(name, number, lines, f"{row.threads} threads stand here for the second time")
        rows[row.threads] = row
    if not rows:
        raise _wrong(name, 1, lines or [""], "no row with numbers follows")
    return tuple(rows[threads] for threads in sorted(rows))


def _cells(line: str) -> Iterable[str]:
    """Return the cells, parted by comma, semicolon or tabs."""
    sign = next((one for one in (",", ";", "\t") if one in line), " ")
    return line.split() if sign == " " else next(csv.reader([line], delimiter=sign), [])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _row(cells: list[str]) -> ThreadRow | None:
    threads, *values = cells
    if not threads.isdecimal() or len(threads) > 9 or int(threads) < 1 or not all(map(_is_number, values)):
        return None
    before, after = map(float, values)
    return ThreadRow(int(threads), before, after) if all(abs(one) < 1e300 for one in (before, after)) else None


def _wrong(name: str, number: int, lines: list[str], what: str) -> LockwrightError:
    shown = [line[:200] for line in lines[:number]]
    place = Span(name, number, 1, number, len(shown[number - 1]) + 1)
    diagnostic = Diagnostic(
        "P044", f"`{name}` is no table of threads, before and after", Label(place, what), helps=(_INSTEAD,)
    )
    return LockwrightError([diagnostic], {name: "\n".join(shown)})
