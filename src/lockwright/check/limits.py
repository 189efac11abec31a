"""What is too large to be explored at all: told before anything is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.errors import LockwrightError
from lockwright.ir.cells import Cells

if TYPE_CHECKING:
    from lockwright.ir.program import Program, Shape

MOST_CELLS = 100_000
"""Scalars in memory: a state of so many takes a megabyte, and laying them out takes seconds."""


def refuse_huge(program: Program, shape: Shape) -> None:
    """Refuse a program whose memory is too large.

    Raises:
        LockwrightError: It has more scalars than `MOST_CELLS`.
    """
    size = Cells(program, shape).size
    if size <= MOST_CELLS:
        return
    largest = max(program.globals.values(), key=lambda one: Cells(program, shape).stride(one.type))
    raise LockwrightError(
        [
            Diagnostic(
                "U009",
                f"{size:,} fields and elements are too many to be explored",
                Label(largest.span, f"at most {MOST_CELLS:,}; most of them are here"),
                helps=("take smaller arrays: every path of a table shows with few buckets, such as `:bits=8`",),
            )
        ],
        dict(program.sources),
    )
