"""The builder of the IR as this front end uses it: it tells in which block it is, and drops what cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.build import FunctionBuilder

if TYPE_CHECKING:
    from lockwright.ir.program import Block, Function, Instruction


class Writer(FunctionBuilder):
    """A function being written."""

    @property
    def here(self) -> str:
        """The label of the current block."""
        return self._block.label

    @property
    def block(self) -> Block:
        """The current block."""
        return self._block

    def finish(self) -> Function:
        """Add the function to the program, without blocks that no jump leads to."""
        blocks = {block.label: block for block in self.function.blocks}
        reached: set[str] = set()
        pending = [self.function.blocks[0].label]
        while pending:
            label = pending.pop()
            if label not in reached:
                reached.add(label)
                pending += targets(blocks[label].instructions[-1]) if blocks[label].instructions else []
        self.function.blocks = [block for block in self.function.blocks if block.label in reached]
        return super().finish()


def targets(instruction: Instruction) -> list[str]:
    """Return the labels that a jump leads to."""
    return [str(label) for label in instruction.attributes] if instruction.op in ("jump", "branch") else []
