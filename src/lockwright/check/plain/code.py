"""A program prepared for the machine: its blocks by label, the places where awaits begin, and what is live where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockwright.ir.program import Reg
from lockwright.ir.table import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockwright.ir.program import Block, Function, Instruction, Program
    from lockwright.ir.waiting import Await

INVISIBLE = frozenset({Effect.LOCAL, Effect.JUMP, Effect.DELAY, Effect.CHECK})


class Place(NamedTuple):
    """A position in the code: the instruction that comes next."""

    function: str
    block: str
    offset: int


class Code:
    """The functions of an inlined program."""

    def __init__(self, program: Program, awaits: Mapping[str, Iterable[Await]]) -> None:
        self.program = program
        self._blocks = {
            (name, block.label): block.instructions
            for name, function in program.functions.items()
            for block in function.blocks
        }
        self._live = {name: live_registers(function) for name, function in program.functions.items()}
        self.restarts = {Place(one.function, *one.restart) for several in awaits.values() for one in several}
        self.with_doorway = {
            name
            for name, function in program.functions.items()
            if any(one.op == "doorway" for block in function.blocks for one in block.instructions)
        }

    def uses(self, functions: Iterable[str], ops: Sequence[str]) -> bool:
        """Return whether one of these functions has one of these instructions."""
        blocks = (block for name in functions for block in self.program.functions[name].blocks)
        return any(one.op in ops for block in blocks for one in block.instructions)

    def entry(self, function: str) -> Place:
        """Return the first place of a function."""
        return Place(function, self.program.functions[function].blocks[0].label, 0)

    def at(self, place: Place) -> Instruction:
        """Return the instruction at a place."""
        return self._blocks[place.function, place.block][place.offset]

    def live(self, place: Place) -> frozenset[int]:
        """Return the registers whose values may still be read from this place on."""
        return self._live[place.function][place.block][place.offset]


def targets(instruction: Instruction) -> tuple[str, ...]:
    """Return the labels to which an instruction may jump."""
    return tuple(map(str, instruction.attributes)) if instruction.op in ("jump", "branch") else ()


def live_registers(function: Function) -> dict[str, list[frozenset[int]]]:
    """Return, for each block, the registers that are live before each of its instructions."""
    live: dict[str, list[frozenset[int]]] = {block.label: [frozenset()] for block in function.blocks}
    changed = True
    while changed:
        changed = False
        for block in function.blocks:
            fresh = _live_in_block(block, live)
            changed |= fresh != live[block.label]
            live[block.label] = fresh
    return live


def _live_in_block(block: Block, live: dict[str, list[frozenset[int]]]) -> list[frozenset[int]]:
    after: frozenset[int] = frozenset().union(*(live[label][0] for label in targets(block.instructions[-1])))
    before: list[frozenset[int]] = []
    for instruction in reversed(block.instructions):
        used = {operand.index for operand in instruction.operands if isinstance(operand, Reg)}
        after = (after - {instruction.result}) | used if instruction.result is not None else after | used
        before.append(after)
    return before[::-1]
