"""The table of a counterexample: a step a row, a column for each thread; plain lines of a given width."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.report.places import line_label
from lockwright.results import main_file, thread_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.results import Fault, Row

_STEP = 5  # columns for the number of the step
_NARROWEST = 26  # of a column for one thread; below that, the threads share one


@dataclass(frozen=True, slots=True)
class _Table:
    """A counterexample, and the columns to the left of what the threads do."""

    fault: Fault
    main: str
    label_width: int

    @property
    def left(self) -> int:
        """Columns before the first thread."""
        return _STEP + 2 + self.label_width + 2

    @property
    def has_several_files(self) -> bool:
        """Whether the lines of steps are those of more files than one."""
        return any(":" in line_label(row, self.main) for row in self.fault.rows)

    def head(self, step: str, line: str) -> str:
        """Return the cells to the left of a row."""
        return f"{step:>{_STEP}}  {line:>{self.label_width}}  "

    def of(self, row: Row) -> str:
        """Return the cells to the left of a step."""
        return self.head(str(row.step), line_label(row, self.main))


def table(fault: Fault, width: int) -> list[str]:
    """Return the lines of the table, with what each thread waits for at the end."""
    main = main_file(fault.rows)
    labels = [len(line_label(row, main)) for row in fault.rows]
    shape = _Table(fault, main, max([len("line"), *labels]))
    each = (width - shape.left) // max(1, fault.threads)
    lines = _side_by_side(shape, each) if each >= _NARROWEST else _one_below_the_other(shape, width)
    note = [f"lines are those of {main}, unless another file is named"] if shape.has_several_files else []
    return [*note, *(line.rstrip() for line in lines)]


def words(row: Row) -> str:
    """Return what a row says, with its remark."""
    return f"{row.text} ({row.note})" if row.note else row.text


def _side_by_side(shape: _Table, each: int) -> Iterator[str]:
    fault = shape.fault
    names = "".join(f"{thread_name(thread):<{each}}" for thread in range(fault.threads))
    yield f"{shape.head('step', 'line')}{names}"
    for row in fault.rows:
        yield from _loop_line(shape, row, each * fault.threads)
        for number, part in enumerate(_wrapped(words(row), each - 2)):
            left = shape.of(row) if number == 0 else " " * shape.left
            yield f"{left}{' ' * each * row.thread}{part}"
    yield from _final(shape, each)


def _loop_line(shape: _Table, row: Row, width: int) -> Iterator[str]:
    if row.step == shape.fault.loop_from:
        title = " from here on again and again "
        yield f"{' ' * shape.left}{title:-^{min(width - 2, 72)}}"


def _final(shape: _Table, each: int) -> Iterator[str]:
    if not shape.fault.final:
        return
    cells = [_wrapped(text, each - 2) for text in shape.fault.final]
    for number in range(max(len(cell) for cell in cells)):
        parts = "".join(f"{cell[number] if number < len(cell) else '':<{each}}" for cell in cells)
        yield f"{' ' * shape.left}{parts}"


def _one_below_the_other(shape: _Table, width: int) -> Iterator[str]:
    fault = shape.fault
    yield shape.head("step", "line")
    for row in fault.rows:
        yield from _loop_line(shape, row, width - shape.left)
        for number, part in enumerate(_wrapped(words(row), width - shape.left - 6)):
            left = f"{shape.of(row)}{thread_name(row.thread):<4}" if number == 0 else " " * (shape.left + 4)
            yield f"{left}{part}"
    for thread, text in enumerate(fault.final):
        yield f"{' ' * shape.left}{thread_name(thread):<4}{text}"


def _wrapped(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, max(8, width), break_on_hyphens=False)
    return [lines[0], *(f"  {line}" for line in lines[1:])] if lines else [""]
