"""Build a function by hand: fresh registers, blocks, instructions with the types of their results filled in.

For example:
    build = FunctionBuilder(program, "T.lock", [("self", Pointer(StructRef("T")))])
    next_ = build.emit("field", build.parameters[0], attributes=("next",))
    ticket = build.emit("fetch_add", next_, build.constant(1, U16), attributes=(Order.RELAXED,), name="ticket")
    build.jump("wait")
    build.enter("wait")
    ...
    build.give_back()
    build.finish()  # the function, now also in program.functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.arithmetic import wrap
from lockwright.ir.program import (
    Attribute,
    Block,
    Constant,
    Function,
    Instruction,
    Operand,
    Program,
    Reg,
    Register,
    Role,
)
from lockwright.ir.result_types import result_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.types import Value


class FunctionBuilder:
    """One function under construction; `span` is given to each instruction emitted while it is set."""

    def __init__(
        self,
        program: Program,
        name: str,
        parameters: Sequence[tuple[str, Value]] = (),
        result: Value | None = None,
        *,
        role: Role | None = None,
        span: Span = NOWHERE,
    ) -> None:
        self.program = program
        self.span = span
        registers = [Register(kind, called) for called, kind in parameters]
        self.function = Function(name, len(registers), result, registers, [Block("entry")], role=role, span=span)
        self.parameters = [Reg(index) for index in range(len(registers))]
        self._block = self.function.blocks[0]

    def register(self, kind: Value, name: str = "") -> Reg:
        """Return a fresh register."""
        self.function.registers.append(Register(kind, name))
        return Reg(len(self.function.registers) - 1)

    def constant(self, value: int, kind: Value) -> Constant:
        """Return a constant, wrapped into its type."""
        return Constant(wrap(value, kind), kind)

    def label(self, hint: str = "block") -> str:
        """Return a label that no block has yet, and add its block (enter it to fill it)."""
        taken = {block.label for block in self.function.blocks}
        label, number = hint, 1
        while label in taken:
            number += 1
            label = f"{hint}{number}"
        self.function.blocks.append(Block(label))
        return label

    def enter(self, label: str) -> None:
        """Go on in the block called `label`, which is added if it is not there."""
        found = [block for block in self.function.blocks if block.label == label]
        if not found:
            found = [Block(label)]
            self.function.blocks += found
        self._block = found[0]

    @property
    def is_closed(self) -> bool:
        """Whether the current block has its jump."""
        return bool(self._block.instructions) and self._block.instructions[-1].op in ("jump", "branch", "return")

    def type_of(self, operand: Operand) -> Value:
        """Return the type of an operand."""
        return operand.type if isinstance(operand, Constant) else self.function.registers[operand.index].type

    def emit(
        self,
        op: str,
        *operands: Operand,
        attributes: Sequence[Attribute] = (),
        kind: Value | None = None,
        into: Reg | None = None,
        name: str = "",
    ) -> Reg:
        """Append an instruction with a result and return the register.

        Args:
            op: A mnemonic of the table.
            operands: Registers and constants.
            attributes: As the table lists them.
            kind: Type of the result, for `convert` and `pack`; all others know it.
            into: An existing register for the result; without it a fresh one.
            name: Name of the fresh register, if an author gave it one.
        """
        if into is None:
            types = [self.type_of(one) for one in operands]
            known = kind if kind is not None else result_type(self.program, op, types, tuple(attributes))
            if known is None:
                raise ValueError(f"`{op}` needs the type of its result")
            into = self.register(known, name)
        self._append(Instruction(op, into.index, operands, tuple(attributes), self.span))
        return into

    def do(self, op: str, *operands: Operand, attributes: Sequence[Attribute] = ()) -> None:
        """Append an instruction without a result."""
        self._append(Instruction(op, None, operands, tuple(attributes), self.span))

    def jump(self, label: str) -> None:
        """End the block by going on at `label`."""
        self.do("jump", attributes=(label,))

    def branch(self, condition: Operand, if_true: str, if_false: str) -> None:
        """End the block by going on at one of two blocks."""
        self.do("branch", condition, attributes=(if_true, if_false))

    def give_back(self, value: Operand | None = None) -> None:
        """End the block by leaving the function."""
        self.do("return", *([] if value is None else [value]))

    def finish(self) -> Function:
        """Add the function to the program and return it."""
        self.program.functions[self.function.name] = self.function
        return self.function

    def _append(self, instruction: Instruction) -> None:
        if self.is_closed:
            raise ValueError(f"block `{self._block.label}` of `{self.function.name}` has ended")
        self._block.instructions.append(instruction)
