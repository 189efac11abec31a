"""Remove what computes a value that nobody needs.

An instruction that may fault stays, with one exception: `random` of a bound that may be 0, when only a delay needed it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.liveness import Liveness, reads, writes
from lockwright.ir.program import Block, Constant, Reg
from lockwright.ir.table import Effect
from lockwright.ir.types import Array, Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.program import Function, Instruction, Operand
    from lockwright.ir.types import Value

_CHOOSE_AND_READ = frozenset({"random", "give_up", "cpu", "numa_node", "in_nmi"})
"""Instructions beyond the local ones that do nothing but yield their result."""


def remove_dead_code(function: Function) -> Function:
    """Return the function without instructions whose results feed only each other, or nothing."""
    while True:
        kept = _without_dead(_without_unneeded(function))
        if _size(kept) == _size(function):
            return kept
        function = kept


def _size(function: Function) -> int:
    return sum(len(block.instructions) for block in function.blocks)


def _instructions(function: Function) -> Iterator[Instruction]:
    for block in function.blocks:
        yield from block.instructions


def _without_unneeded(function: Function) -> Function:
    """Keep what must stay and whatever feeds it, wherever it is written: a counter that only counts goes."""
    safe = Safety(function)
    needed = 0
    feeding = [one for one in _instructions(function) if safe.may_vanish(one)]
    for one in _instructions(function):
        if not safe.may_vanish(one):
            needed |= reads(one)
    while fed := [one for one in feeding if writes(one) & needed and reads(one) & ~needed]:
        for one in fed:
            needed |= reads(one)
    blocks = [
        Block(block.label, [one for one in block.instructions if not safe.may_vanish(one) or writes(one) & needed])
        for block in function.blocks
    ]
    return replace(function, blocks=blocks)


def _without_dead(function: Function) -> Function:
    """Remove values that are overwritten or forgotten before anyone reads them."""
    safe, live = Safety(function), Liveness(function)
    reachable = ControlFlow(function).successors
    blocks = []
    for block in function.blocks:
        if block.label in reachable:
            kept = [
                one
                for index, one in enumerate(block.instructions)
                if not safe.may_vanish(one) or writes(one) & live.after(block.label, index)
            ]
            blocks.append(Block(block.label, kept))
    return replace(function, blocks=blocks)


class Safety:
    """Which instructions of a function do nothing but compute, and cannot fault."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._definitions: dict[int, list[Instruction]] = {}
        for one in _instructions(function):
            if one.result is not None:
                self._definitions.setdefault(one.result, []).append(one)

    def may_vanish(self, one: Instruction) -> bool:
        """Whether nothing but its result would be missed."""
        if one.result is None:
            return False
        if one.op in _CHOOSE_AND_READ:
            return True
        return one.entry.effect is Effect.LOCAL and self._cannot_fault(one)

    def _cannot_fault(self, one: Instruction) -> bool:
        if not one.entry.faults:
            return True
        if one.op in ("div", "mod"):
            return isinstance(one.operands[1], Constant) and one.operands[1].value != 0
        if one.op in ("shl", "shr"):
            return self._fits(one)
        return self.is_place(one.operands[0]) and (one.op != "element" or self._is_inside(one))

    def _fits(self, one: Instruction) -> bool:
        """Whether a shift is by a constant below the width of what it shifts."""
        kind, by = self._type(one.operands[0]), one.operands[1]
        return isinstance(by, Constant) and not isinstance(kind, Pointer) and 0 <= by.value < kind.bits

    def _is_inside(self, one: Instruction) -> bool:
        """Whether an index is a constant below the length of its array."""
        kind, index = self._type(one.operands[0]), one.operands[1]
        if not (isinstance(kind, Pointer) and isinstance(kind.target, Array) and isinstance(index, Constant)):
            return False
        return isinstance(kind.target.length, int) and 0 <= index.value < kind.target.length

    def _type(self, operand: Operand) -> Value:
        return self._function.registers[operand.index].type if isinstance(operand, Reg) else operand.type

    def is_place(self, operand: Operand) -> bool:
        """Whether an address is surely not null: it comes from a `root` by fields and elements alone."""
        seen: set[Operand] = set()
        while isinstance(operand, Reg) and operand not in seen:
            seen.add(operand)
            made = self._definitions.get(operand.index, [])
            if len(made) != 1 or operand.index < self._function.parameters:
                return False
            if made[0].op == "root":
                return True
            if made[0].op not in ("field", "element", "part_address", "copy"):
                return False
            operand = made[0].operands[0]
        return False
