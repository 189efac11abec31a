"""Kinds as numbers: what each register and each cell holds, as `ir.kinds` infers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.flat import opcodes as op
from lockwright.ir.kinds import Kind, Sort, infer_kinds

if TYPE_CHECKING:
    from lockwright.ir.cells import Cells
    from lockwright.ir.program import Program

_PLAIN = {Sort.VALUE: op.VALUE_KIND, Sort.THREAD: op.THREAD_KIND, Sort.POINTER: op.POINTER_KIND}


class KindNumbers:
    """Kinds of the registers and cells of a program, in the coding of flat code."""

    def __init__(self, program: Program) -> None:
        self.kinds = infer_kinds(program)
        self._words: list[tuple[tuple[int, int, int], ...]] = []

    def number(self, kind: Kind) -> int:
        """Return the number of a kind."""
        if kind.sort is Sort.TICKET:
            return op.TICKET_KIND + kind.group
        if kind.sort is not Sort.WORD:
            return _PLAIN[kind.sort]
        parts = tuple((part.shift, part.bits, self.number(part.kind)) for part in kind.parts)
        if parts not in self._words:
            self._words.append(parts)
        return op.WORD_KIND + self._words.index(parts)

    def register(self, function: str, register: int) -> int:
        """Return the kind of a register."""
        return self.number(self.kinds.register(function, register))

    def cells(self, cells: Cells) -> list[int]:
        """Return the kind of each cell."""
        return [self.number(kind) for kind in self.kinds.cells(cells)]

    def words(self) -> tuple[tuple[tuple[int, int, int], ...], ...]:
        """Return, for each kind of word, its parts: shift, bits and kind."""
        return tuple(self._words)
