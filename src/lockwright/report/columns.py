"""The table of a counterexample: a step a row, a column for each thread; plain lines of a given width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from lockwright.results import thread_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.results import Fault, Row

_STEP = 6  # columns for the number of the step
_NARROWEST = 26  # of a column for one thread; below that, the threads share one


def table(fault: Fault, width: int) -> list[str]:
    """Return the lines of the table, with what each thread waits for at the end."""
    each = (width - _STEP) // max(1, fault.threads)
    lines = _side_by_side(fault, each) if each >= _NARROWEST else _one_below_the_other(fault, width)
    return [line.rstrip() for line in lines]


def words(row: Row) -> str:
    """Return what a row says, with its remark."""
    return f"{row.text} ({row.note})" if row.note else row.text


def _side_by_side(fault: Fault, each: int) -> Iterator[str]:
    names = "".join(f"{thread_name(thread):<{each}}" for thread in range(fault.threads))
    yield f"{'step':>{_STEP - 1}} {' '}{names}"
    for row in fault.rows:
        yield from _loop_line(fault, row, each * fault.threads)
        for number, part in enumerate(_wrapped(words(row), each - 2)):
            label = f"{row.step:>{_STEP - 1}}" if number == 0 else " " * (_STEP - 1)
            yield f"{label}  {' ' * each * row.thread}{part}"
    yield from _final(fault, each)


def _loop_line(fault: Fault, row: Row, width: int) -> Iterator[str]:
    if row.step == fault.loop_from:
        title = " from here on again and again "
        yield f"{' ' * (_STEP + 1)}{title:-^{min(width - 2, 72)}}"


def _final(fault: Fault, each: int) -> Iterator[str]:
    if not fault.final:
        return
    cells = [_wrapped(text, each - 2) for text in fault.final]
    for number in range(max(len(cell) for cell in cells)):
        parts = "".join(f"{cell[number] if number < len(cell) else '':<{each}}" for cell in cells)
        yield f"{' ' * (_STEP + 1)}{parts}"


def _one_below_the_other(fault: Fault, width: int) -> Iterator[str]:
    yield f"{'step':>{_STEP - 1}}"
    for row in fault.rows:
        yield from _loop_line(fault, row, width - _STEP)
        for number, part in enumerate(_wrapped(words(row), width - _STEP - 6)):
            label = f"{row.step:>{_STEP - 1}}  {thread_name(row.thread):<4}" if number == 0 else " " * (_STEP + 5)
            yield f"{label}{part}"
    for thread, text in enumerate(fault.final):
        yield f"{' ' * (_STEP + 1)}{thread_name(thread):<4}{text}"


def _wrapped(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, max(8, width), break_on_hyphens=False)
    return [lines[0], *(f"  {line}" for line in lines[1:])] if lines else [""]
