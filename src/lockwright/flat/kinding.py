"""Kinds as numbers: what each register and each cell holds, as `ir.kinds` infers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.flat import opcodes as op
from lockwright.ir.types import Pointer

if TYPE_CHECKING:
    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Program


class KindNumbers:
    """Kinds of the registers and cells of a program, in the coding of flat code."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def register(self, function: str, register: int) -> int:
        """Return the kind of a register."""
        kind = self._program.functions[function].registers[register].type
        return op.POINTER_KIND if isinstance(kind, Pointer) else op.VALUE_KIND

    def cells(self, cells: Cells) -> list[int]:
        """Return the kind of each cell."""
        return [op.POINTER_KIND if isinstance(one.type, Pointer) else op.VALUE_KIND for one in cells.cells]

    def words(self) -> tuple[tuple[tuple[int, int, int], ...], ...]:
        """Return, for each kind of word, its parts: shift, bits and kind."""
        return ()
