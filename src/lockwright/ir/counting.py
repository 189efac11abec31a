"""Loops that a counter ends: which branch tests the counter, and that the count must come to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.liveness import writes
from lockwright.ir.program import Constant, Reg
from lockwright.ir.types import Integer

if TYPE_CHECKING:
    from lockwright.ir.control_flow import ControlFlow, Loop
    from lockwright.ir.program import Function, Instruction, Operand

_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


def counting_tests(function: Function, flow: ControlFlow, loop: Loop) -> list[str]:
    """Return the blocks of a loop that end by leaving it or not, as a counter says that must run out.

    Every round must come through the test and through the step of the counter.
    """
    rounds = _Rounds(function, flow, loop)
    return [label for label, _ in loop.exits if rounds.every_round(label) and rounds.ends_at(label)]


@dataclass(slots=True)
class _Rounds:
    function: Function
    flow: ControlFlow
    loop: Loop

    def every_round(self, label: str) -> bool:
        """Whether each time round passes this block exactly once."""
        within = [one for one in self.flow.loops if label in one.blocks and one.blocks < self.loop.blocks]
        return not within and all(self.flow.dominates(label, latch) for latch in self.loop.latches)

    def ends_at(self, label: str) -> bool:
        """Whether the branch at the end of a block goes on only as long as some counter has not run out."""
        jump = self.flow.blocks[label].instructions[-1]
        if jump.op != "branch" or not isinstance(jump.operands[0], Reg):
            return False
        goes_on_if_true = jump.attributes[0] in self.loop.blocks
        return self._runs_out(jump.operands[0], negated=not goes_on_if_true)

    def _runs_out(self, condition: Reg, *, negated: bool) -> bool:
        made = self._made(condition)
        while made is not None and made.op in ("not", "copy") and isinstance(made.operands[0], Reg):
            negated ^= made.op == "not"
            made = self._made(made.operands[0])
        if made is None or made.op not in _OPPOSITE:
            return False
        relation = _OPPOSITE[made.op] if negated else made.op
        first, second = made.operands
        return self._is_bounded(first, relation, second) or self._is_bounded(second, _MIRRORED[relation], first)

    def _is_bounded(self, counter: Operand, relation: str, bound: Operand) -> bool:
        if not isinstance(counter, Reg) or not self._is_fixed(bound):
            return False
        kind, step = self.function.registers[counter.index].type, self._step(counter)
        if not isinstance(kind, Integer) or step == 0:
            return False
        limit = bound.value if isinstance(bound, Constant) else None
        return _reaches(kind, relation, step, limit)

    def _is_fixed(self, operand: Operand) -> bool:
        return isinstance(operand, Constant) or not self._definitions(operand.index)

    def _definitions(self, register: int) -> list[tuple[str, Instruction]]:
        return [
            (label, one)
            for label in self.loop.blocks
            for one in self.flow.blocks[label].instructions
            if writes(one) >> register & 1
        ]

    def _made(self, operand: Reg) -> Instruction | None:
        """Return the one instruction of the loop that makes a register."""
        made = self._definitions(operand.index)
        return made[0][1] if len(made) == 1 else None

    def _step(self, counter: Reg) -> int:
        """Return what is added to a counter each time round, 0 if it is none."""
        made = self._definitions(counter.index)
        if len(made) != 1 or not self.every_round(made[0][0]):
            return 0
        one = made[0][1]
        while one.op == "copy" and isinstance(one.operands[0], Reg):
            inner = self._made(one.operands[0])
            if inner is None:
                return 0
            one = inner
        return self._added(one, counter)

    def _added(self, one: Instruction, counter: Reg) -> int:
        match one.op, one.operands:
            case "add", ((Reg() as old), Constant(step)) | (Constant(step), (Reg() as old)):
                return self._signed(step, counter) if self._is_old(old, counter) else 0
            case "sub", ((Reg() as old), Constant(step)):
                return -self._signed(step, counter) if self._is_old(old, counter) else 0
        return 0

    def _signed(self, step: int, counter: Reg) -> int:
        """Read a step that wraps as the step back that it is: adding 2**16 - 1 to a `u16` counts down."""
        kind = self.function.registers[counter.index].type
        if isinstance(kind, Integer) and not kind.signed and step >> (kind.bits - 1):
            return step - (1 << kind.bits)
        return step

    def _is_old(self, old: Reg, counter: Reg) -> bool:
        while old != counter:
            made = self._made(old)
            if made is None or made.op != "copy" or not isinstance(made.operands[0], Reg):
                return False
            old = made.operands[0]
        return True


def _reaches(kind: Integer, relation: str, step: int, limit: int | None) -> bool:
    """Whether `while counter RELATION limit: counter += step` must end, whatever the counter begins with."""
    lowest, highest = (-(1 << kind.bits - 1), (1 << kind.bits - 1) - 1) if kind.signed else (0, (1 << kind.bits) - 1)
    match relation:
        case "lt" if step > 0:
            return step == 1 or (limit is not None and limit - 1 + step <= highest)
        case "le" if step > 0:
            return limit is not None and limit + step <= highest
        case "gt" if step < 0:
            return step == -1 or (limit is not None and limit + 1 + step >= lowest)
        case "ge" if step < 0:
            return limit is not None and limit + step >= lowest
        case "ne":
            return abs(step) == 1
    return relation == "eq"
