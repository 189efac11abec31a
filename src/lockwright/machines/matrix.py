"""A table of core-to-core latencies, as published for many CPUs: read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import Span
from lockwright.errors import LockwrightError
from lockwright.machines.schema import MOST_CPUS
from lockwright.machines.toml import refuse

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]

MOST_NS = 100_000.0
SEPARATORS = (",", ";", "\t")
_SHAPE = "expected as many rows as columns, the numbers below the diagonal filled"


def read_matrix(path: str | Path) -> Matrix:
    """Return the latencies between all pairs of CPUs in nanoseconds, symmetric, with zeros on the diagonal.

    A row at the top and a column at the left that both name the CPUs are passed over.

    Raises:
        LockwrightError: The file cannot be read, or is no table of latencies.
    """
    import numpy as np

    file = str(path)
    text = _text(path)
    rows = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" ")]
    separator = next((one for one in SEPARATORS if any(one in line for _, line in rows)), SEPARATORS[0])
    names = _names([line.split(separator) for _, line in rows])
    rows = rows[1:] if names else rows
    if not 2 <= len(rows) <= MOST_CPUS:
        raise refuse("M010", f"`{file}` is no table of core-to-core latencies: it has {len(rows)} rows", _SHAPE)
    size = len(rows)
    matrix = np.zeros((size, size))
    for row, (number, line) in enumerate(rows):
        cells = line.split(separator)
        column = 1
        if names:
            column += len(cells.pop(0)) + 1
        if len(cells) != size:
            raise _wrong(file, text, Span(file, number, 1, number, len(line) + 1), _columns(len(cells), size))
        for other, cell in enumerate(cells):
            if cell.strip() or other < row:
                amount = _latency(cell)
                if amount is None or (amount <= 0 and other != row):
                    span = Span(file, number, column, number, column + max(1, len(cell)))
                    raise _wrong(file, text, span, "expected nanoseconds, more than 0")
                if other != row:
                    matrix[row, other] = amount
            column += len(cell) + 1
    below, above = np.tril(matrix, -1), np.triu(matrix, 1).T
    both = np.where(above > 0, (below + above) / 2, below)
    whole: Matrix = both + both.T
    return whole


def _names(cells: list[list[str]]) -> int:
    """Return how many CPUs a row at the top and a column at the left name alike; 0 if they don't."""
    if len(cells) <= 2 or _latency(cells[0][0]) is not None:
        return 0
    names = [cell.strip() for cell in cells[0][1:]]
    return len(names) if names == [row[0].strip() for row in cells[1:]] else 0


def _columns(found: int, size: int) -> str:
    return f"this row has {found} column{'s' * (found != 1)}, and there are {size} rows: {_SHAPE}"


def _latency(cell: str) -> float | None:
    try:
        amount = float(cell)
    except ValueError:
        return None
    return amount if 0 <= amount <= MOST_NS else None


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise refuse("U002", f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise refuse("M010", f"`{path}` is no table of core-to-core latencies: it is no text in UTF-8") from None


def _wrong(file: str, text: str, span: Span, label: str) -> LockwrightError:
    title = "this is no table of core-to-core latencies"
    return LockwrightError([Diagnostic("M010", title, Label(span, label))], {file: text})
