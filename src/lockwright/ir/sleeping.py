"""A sleeper runs into a fault when it is woken, not when it falls asleep.

A step is a visible instruction and what nobody sees behind it, and explorers do all of that when the thread falls
asleep.  Where that could fail, a stop is put behind the sleep: a visible instruction without effect.
"""

from __future__ import annotations

from dataclasses import replace

from lockwright.ir.control_flow import targets
from lockwright.ir.program import Block, Function, Instruction, Reg, Register
from lockwright.ir.table import Effect
from lockwright.ir.types import BOOL

_SLEEPS = frozenset({"halt", "halt_if", "park", "futex_wait", "event_poll", "rcu_synchronize"})
_ADDRESSES = frozenset({"root", "field"})
_UNSEEN = frozenset({Effect.LOCAL, Effect.JUMP, Effect.DELAY, Effect.CHECK})


def with_stops(function: Function) -> Function:
    """Return an inlined function with a stop behind each sleep that is followed by what may fail unseen."""
    code = {block.label: block.instructions for block in function.blocks}
    places = _places(function)
    registers, blocks = list(function.registers), []
    for block in function.blocks:
        made: list[Instruction] = []
        for index, one in enumerate(block.instructions):
            made.append(one)
            if one.op in _SLEEPS and _may_fail(code, block.instructions[index + 1 :], places, {}):
                registers.append(Register(BOOL))
                made.append(Instruction("in_nmi", len(registers) - 1, span=one.span, inlined=one.inlined))
        blocks.append(Block(block.label, made))
    return function if len(registers) == len(function.registers) else replace(
        function, registers=registers, blocks=blocks
    )  # fmt: skip


def _places(function: Function) -> set[int]:
    """Return the registers that only ever hold the address of a place: such a one is never null."""
    made = [(one.result, one.op) for block in function.blocks for one in block.instructions]
    return {one for one, op in made if one is not None and op in _ADDRESSES} - {
        one for one, op in made if one is not None and op not in _ADDRESSES
    }


def _may_fail(
    code: dict[str, list[Instruction]], rest: list[Instruction], places: set[int], known: dict[str, bool]
) -> bool:
    """Return whether a fault, or a loop without end, may come before the next visible instruction."""
    for one in rest:
        if one.entry.effect not in _UNSEEN:
            return False
        of = one.operands[0] if one.operands else None
        if one.entry.faults and not (one.op == "field" and isinstance(of, Reg) and of.index in places):
            return True
    for label in targets(rest[-1]) if rest else ():
        if label not in known:
            known[label] = True  # met again on the way: a loop
            known[label] = _may_fail(code, code[label], places, known)
        if known[label]:
            return True
    return False
