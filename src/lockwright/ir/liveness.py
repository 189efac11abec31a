"""Which registers are live before each instruction: those whose value may still be read.

A set of registers is a bit mask: bit r stands for register r.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.program import Reg

if TYPE_CHECKING:
    from lockwright.ir.program import Block, Function, Instruction


def reads(instruction: Instruction) -> int:
    """Return the registers that an instruction reads."""
    mask = 0
    for operand in instruction.operands:
        if isinstance(operand, Reg):
            mask |= 1 << operand.index
    return mask


def writes(instruction: Instruction) -> int:
    """Return the register that an instruction writes, as a mask of one bit or none."""
    return 0 if instruction.result is None else 1 << instruction.result


def members(mask: int) -> list[int]:
    """Return the numbers of the registers in a mask, lowest first."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


class Liveness:
    """Live registers of one function; those of unreachable blocks are not there."""

    def __init__(self, function: Function, flow: ControlFlow | None = None) -> None:
        self._flow = flow or ControlFlow(function)
        self.at_entry = self._solve()
        self._before = {label: self._within(self._flow.blocks[label]) for label in self._flow.order}

    def _solve(self) -> dict[str, int]:
        """Return the live registers at the begin of each block: the least fixed point, from the end backwards."""
        flow = self._flow
        summaries = {label: _summary(flow.blocks[label]) for label in flow.order}
        live = dict.fromkeys(flow.order, 0)
        waiting = list(flow.order)
        while waiting:
            label = waiting.pop()
            used, defined = summaries[label]
            now = used | (self._after(label, live) & ~defined)
            if now != live[label]:
                live[label] = now
                waiting.extend(flow.predecessors[label])
        return live

    def _after(self, label: str, live: dict[str, int]) -> int:
        mask = 0
        for follower in self._flow.successors[label]:
            mask |= live[follower]
        return mask

    def _within(self, block: Block) -> list[int]:
        """Return the live registers before each instruction of a block, and after the last."""
        live = self._after(block.label, self.at_entry)
        found = [live]
        for instruction in reversed(block.instructions):
            live = live & ~writes(instruction) | reads(instruction)
            found.append(live)
        return found[::-1]

    def before(self, label: str, index: int) -> int:
        """Return the registers that are live before instruction `index` of a block."""
        return self._before[label][index]

    def after(self, label: str, index: int) -> int:
        """Return the registers that are live after instruction `index` of a block."""
        return self._before[label][index + 1]


def _summary(block: Block) -> tuple[int, int]:
    """Return the registers that a block reads before it writes them, and those that it writes."""
    used = defined = 0
    for instruction in block.instructions:
        used |= reads(instruction) & ~defined
        defined |= writes(instruction)
    return used, defined
