"""Replace every call by the body of what it calls, so that executors run threads without frames.

Each instruction keeps its span and learns through which calls it came.  A call of a function with a role gets a `mark`
on either side; calls that the lock itself makes of inner locks get none: they are how it works, not what it promises.
A call through a table becomes a chain of comparisons of the table's choice, and `patch` a store of that choice.
`in_nmi` is false in a program without NMIs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.ir.control_flow import targets
from lockwright.ir.liveness import members, reads, writes
from lockwright.ir.program import (
    Block,
    CallSite,
    Constant,
    Function,
    Instruction,
    Operand,
    Program,
    Reg,
    Register,
    Role,
)
from lockwright.ir.table import Effect, Order
from lockwright.ir.tidy import tidy
from lockwright.ir.types import BOOL, U8, Atomic, Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.types import Value


def entries(program: Program) -> list[str]:
    """Return the functions that the run starts by itself, each once: setup, workers, at rest, handlers."""
    names = [] if program.setup is None else [program.setup]
    names += [worker.function for worker in program.workers]
    names += [*program.at_rest, *(handler.function for handler in program.handlers)]
    return list(dict.fromkeys(names))


def inline(program: Program) -> Program:
    """Return the program with entry functions that call nothing; other functions stay, for their names and symbols."""
    inliner = _Inliner(program)
    functions = dict(program.functions)
    for name in entries(program):
        functions[name] = inliner.body(name, is_inside_lock=False)
    return replace(program, functions=functions)


class _Inliner:
    """Call-free bodies, each made once: inside a lock's own code (where calls get no marks) and outside."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.patched = {str(one.attributes[0]) for one in _instructions(program) if one.op == "patch"}
        self.has_nmi = any(not one.maskable for one in program.handlers)
        self._bodies: dict[tuple[str, bool], Function] = {}
        self._open: list[str] = []

    def body(self, name: str, *, is_inside_lock: bool) -> Function:
        """Return the function without calls."""
        key = (name, is_inside_lock)
        if key not in self._bodies:
            if name in self._open:
                raise ValueError(f"`{name}` calls itself: {' -> '.join([*self._open, name])}")
            self._open.append(name)
            self._bodies[key] = tidy(_Splicer(self, self.program.functions[name], is_inside_lock).run())
            self._open.pop()
        return self._bodies[key]


def _instructions(program: Program) -> Iterator[Instruction]:
    for function in program.functions.values():
        for block in function.blocks:
            yield from block.instructions


@dataclass(slots=True)
class _Splicer:
    """Copies one function, with the bodies of what it calls in place of the calls."""

    inliner: _Inliner
    function: Function
    is_inside_lock: bool
    registers: list[Register] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)

    def run(self) -> Function:
        self.registers = list(self.function.registers)
        self.labels = {block.label for block in self.function.blocks}
        for block in self.function.blocks:
            self._enter(block.label)
            self._copy(block)
        return replace(self.function, registers=self.registers, blocks=self.blocks)

    def _enter(self, label: str) -> None:
        self.blocks.append(Block(label))

    def _append(self, *instructions: Instruction) -> None:
        self.blocks[-1].instructions.extend(instructions)

    def _register(self, kind: Value) -> Reg:
        self.registers.append(Register(kind))
        return Reg(len(self.registers) - 1)

    def _label(self, hint: str) -> str:
        label, number = hint, 1
        while label in self.labels:
            number += 1
            label = f"{hint}.{number}"
        self.labels.add(label)
        return label

    def _copy(self, block: Block) -> None:
        for index, one in enumerate(block.instructions):
            if one.entry.effect is Effect.CALL:
                self._call(one)
                self._append(*_parts_needed_again(block, index))
            elif one.op == "patch":
                self._patch(one)
            elif one.op == "in_nmi" and not self.inliner.has_nmi:
                self._append(replace(one, op="copy", operands=(Constant(0, BOOL),)))
            else:
                self._append(one)

    # Tables.

    def _patch(self, one: Instruction) -> None:
        table = self.inliner.program.tables[str(one.attributes[0])]
        position = list(table.implementations).index(str(one.attributes[1]))
        choice = self._choice_address(table.choice, one)
        order = (Order.SEQ_CST,)
        self._append(replace(one, op="atomic_store", operands=(choice, Constant(position, U8)), attributes=order))

    def _choice_address(self, choice: str, one: Instruction) -> Reg:
        address = self._register(Pointer(Atomic(U8)))
        self._append(replace(one, op="root", result=address.index, operands=(), attributes=(choice,)))
        return address

    def _call(self, one: Instruction) -> None:
        if one.op == "call":
            self._marked_call(one, str(one.attributes[0]))
            return
        table = self.inliner.program.tables[str(one.attributes[0])]
        functions = [operations[str(one.attributes[1])] for operations in table.implementations.values()]
        if table.name not in self.inliner.patched:
            self._marked_call(one, functions[0])
            return
        self._chosen_call(one, table.choice, functions)

    def _chosen_call(self, one: Instruction, choice: str, functions: list[str]) -> None:
        """Load the choice of the table and compare it with each position but the last."""
        address, chosen = self._choice_address(choice, one), self._register(U8)
        self._append(
            replace(one, op="atomic_load", result=chosen.index, operands=(address,), attributes=(Order.ACQUIRE,))
        )
        after = self._label("called")
        for position, name in enumerate(functions):
            if position < len(functions) - 1:
                here, other = self._label("choice"), self._label("choice")
                is_chosen = self._register(BOOL)
                operands = (chosen, Constant(position, U8))
                self._append(
                    replace(one, op="eq", result=is_chosen.index, operands=operands, attributes=()),
                    replace(one, op="branch", result=None, operands=(is_chosen,), attributes=(here, other)),
                )
                self._enter(here)
            self._marked_call(one, name)
            self._append(_jump(one, after))
            self._enter(after if position == len(functions) - 1 else other)

    # Marks.

    def _marked_call(self, one: Instruction, name: str) -> None:
        role = None if self.is_inside_lock else self.inliner.program.functions[name].role
        if role is None:
            self._splice(one, name)
            return
        lock = self._kept(one, one.operands[0])
        if role is Role.TRYLOCK and one.result is None:
            one = replace(one, result=self._register(BOOL).index)
        self._append(_mark(one, f"{role}_begin", lock))
        self._splice(one, name)
        got = (Reg(one.result),) if role is Role.TRYLOCK and one.result is not None else ()
        self._append(_mark(one, f"{role}_end", lock, *got))

    def _kept(self, one: Instruction, operand: Operand) -> Operand:
        """Return an operand whose value the result of the call does not overwrite."""
        if not isinstance(operand, Reg) or operand.index != one.result:
            return operand
        kept = self._register(self.registers[operand.index].type)
        self._append(replace(one, op="copy", result=kept.index, operands=(operand,), attributes=()))
        return kept

    # Bodies.

    def _splice(self, one: Instruction, name: str) -> None:
        callee = self.inliner.program.functions[name]
        body = self.inliner.body(name, is_inside_lock=self.is_inside_lock or callee.role is not None)
        copy = _BodyCopy(one, body, len(self.registers), self._renamed(body), self._label("after"))
        self.registers.extend(body.registers)
        copy.pass_arguments()
        self._append(*copy.arguments)
        self._append(_jump(one, copy.labels[body.blocks[0].label]))
        for block in body.blocks:
            self._enter(copy.labels[block.label])
            for instruction in block.instructions:
                self._append(*copy.translated(instruction))
        self._enter(copy.after)

    def _renamed(self, body: Function) -> dict[str, str]:
        return {block.label: self._label(f"{_short(body.name)}.{block.label}") for block in body.blocks}


def _short(name: str) -> str:
    """Return the last word of a function's name, for labels."""
    return name.rpartition(".")[2]


def _jump(one: Instruction, label: str) -> Instruction:
    return replace(one, op="jump", result=None, operands=(), attributes=(label,))


def _mark(one: Instruction, event: str, *operands: Operand) -> Instruction:
    return replace(one, op="mark", result=None, operands=operands, attributes=(event,))


def _parts_needed_again(block: Block, index: int) -> list[Instruction]:
    """Return the `part_address`es before a call whose results are used after it, where executors look for them."""
    used = 0
    for one in block.instructions[index + 1 :]:
        used |= reads(one)
    return [one for one in block.instructions[:index] if one.op == "part_address" and writes(one) & used]


@dataclass(slots=True)
class _BodyCopy:
    """One copy of a call-free body: its registers behind the caller's, its labels renamed, its returns jumps."""

    call: Instruction
    body: Function
    first_register: int
    labels: dict[str, str]
    after: str
    arguments: list[Instruction] = field(default_factory=list)
    replaced: dict[int, Operand] = field(default_factory=dict)
    site: CallSite = field(init=False)

    def __post_init__(self) -> None:
        self.site = CallSite(self.body.name, self.call.span)

    def pass_arguments(self) -> None:
        """Use an argument itself for a parameter that the body never writes; copy it for one that it does."""
        written = 0
        for block in self.body.blocks:
            for one in block.instructions:
                written |= writes(one)
        changed = set(members(written))
        for index, argument in enumerate(self.call.operands):
            if index in changed:
                result = index + self.first_register
                self.arguments.append(replace(self.call, op="copy", result=result, operands=(argument,), attributes=()))
            else:
                self.replaced[index] = argument

    def translated(self, one: Instruction) -> list[Instruction]:
        """Return what an instruction of the body becomes in the caller."""
        inlined = (*self.call.inlined, self.site, *one.inlined)
        operands = tuple(self._operand(operand) for operand in one.operands)
        if one.op == "return":
            leave = replace(one, op="jump", operands=(), attributes=(self.after,), inlined=inlined)
            if self.call.result is None or not operands:
                return [leave]
            return [replace(one, op="copy", result=self.call.result, operands=operands, inlined=inlined), leave]
        result = None if one.result is None else one.result + self.first_register
        attributes = tuple(self.labels[label] for label in targets(one)) or one.attributes
        return [replace(one, result=result, operands=operands, attributes=attributes, inlined=inlined)]

    def _operand(self, operand: Operand) -> Operand:
        if isinstance(operand, Constant):
            return operand
        return self.replaced.get(operand.index, Reg(operand.index + self.first_register))
