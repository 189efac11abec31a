"""Loops that a counter or the clock ends: which branch tests it, and that it must come to its end."""

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
    """Return the blocks of a loop that end by leaving it or not, as a counter says that must run out, or the clock.

    Every round must come through the test and through the step of the counter.
    """
    rounds = _Rounds(function, flow, loop)
    return [label for label, _ in loop.exits if rounds.every_round(label) and rounds.ends_at(label)]


def counters(function: Function, flow: ControlFlow, loop: Loop) -> int:
    """Return the registers of a loop to which each round adds one constant."""
    rounds = _Rounds(function, flow, loop)
    return sum(1 << number for number in range(len(function.registers)) if rounds.steps(number))


@dataclass(slots=True)
class _Rounds:
    function: Function
    flow: ControlFlow
    loop: Loop

    def every_round(self, label: str) -> bool:
        """Whether each time round passes this block exactly once."""
        within = [one for one in self.flow.loops if label in one.blocks and one.blocks < self.loop.blocks]
        return not within and all(self.flow.dominates(label, latch) for latch in self.loop.latches)

    def steps(self, register: int) -> bool:
        """Whether a constant is added to a register each time round."""
        return self._step(Reg(register)) != 0

    def ends_at(self, label: str) -> bool:
        """Whether the branch at the end of a block goes on only as long as some counter has not run out."""
        jump = self.flow.blocks[label].instructions[-1]
        if jump.op != "branch" or not isinstance(jump.operands[0], Reg):
            return False
        goes_on_if_true = jump.attributes[0] in self.loop.blocks
        return self._runs_out(jump.operands[0], negated=not goes_on_if_true)

    def _runs_out(self, condition: Reg, *, negated: bool) -> bool:
        *before, made = self._chain(condition, ("not", "copy"))
        if made is None or made.op not in _OPPOSITE:
            return False
        negated ^= sum(one is not None and one.op == "not" for one in before) % 2 == 1
        relation = _OPPOSITE[made.op] if negated else made.op
        first, second = made.operands
        return self._is_bounded(first, relation, second) or self._is_bounded(second, _MIRRORED[relation], first)

    def _is_bounded(self, counter: Operand, relation: str, bound: Operand) -> bool:
        if not isinstance(counter, Reg) or not self._is_fixed(bound):
            return False
        if relation in ("lt", "le") and self._is_clock(counter):
            return True
        kind, step = self.function.registers[counter.index].type, self._step(counter)
        if not isinstance(kind, Integer) or step == 0:
            return False
        limit = bound.value if isinstance(bound, Constant) else None
        return _reaches(kind, relation, step, limit)

    def _is_clock(self, operand: Reg) -> bool:
        """Whether a register is the time, or the time since something, read anew each round."""
        *before, made = self._chain(operand, ("copy", "add", "sub"))
        added = [one.operands[1:] for one in before if one is not None]
        return made is not None and made.op == "now" and all(self._is_fixed(one) for rest in added for one in rest)

    def _is_fixed(self, operand: Operand) -> bool:
        return isinstance(operand, Constant) or not self._definitions(operand.index)

    def _definitions(self, register: int) -> list[tuple[str, Instruction]]:
        return [
            (label, one)
            for label in self.loop.blocks
            for one in self.flow.blocks[label].instructions
            if writes(one) >> register & 1
        ]

    def _made(self, operand: Operand) -> Instruction | None:
        """Return the one instruction of the loop, run once a round, that makes a register."""
        made = [] if isinstance(operand, Constant) else self._definitions(operand.index)
        return made[0][1] if len(made) == 1 and self.every_round(made[0][0]) else None

    def _chain(self, operand: Reg, through: tuple[str, ...]) -> list[Instruction | None]:
        """Return what makes a register, and what makes the first operand of that, as long as they are `through`.

        The last is the first that is not, None if nothing in the loop, or a ring, is.
        """
        made = self._made(operand)
        found = [made]
        while made is not None and made.op in through:
            made = self._made(made.operands[0])
            found.append(None if made in found else made)
            made = found[-1]
        return found

    def _step(self, counter: Reg) -> int:
        """Return what is added to a counter each time round, 0 if it is none."""
        made = self._chain(counter, ("copy",))[-1]
        return 0 if made is None else self._added(made, counter)

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
        copied = [one.operands[0] for one in self._chain(old, ("copy",)) if one is not None and one.op == "copy"]
        return old == counter or counter in copied


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
