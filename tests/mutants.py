"""Small changes of a program, each of the kind that a person makes by mistake: all of them, in a fixed order.

    for edit in edits(program):             every change of one instruction (or of two neighbours)
        mutant = apply(program, edit)       a program of its own, or None if it is not well formed any more
        edit.change                         what was done: "T.unlock, block entry, 2: atomic_store dropped"

Kinds: dropped, doubled, swapped with the next, another order, a constant one off, a branch the other way round,
a neighbouring operation (`eq` for `ne`, `fetch_add` for `fetch_sub`), an update torn into a load and a store.
`only` limits them to functions with these names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.ir.program import Block, Constant, Function, Instruction, Program, Reg, Register
from lockwright.ir.table import Effect, Order
from lockwright.ir.types import Integer, Pointer
from lockwright.ir.verify import FAILURE_ORDERS, ORDERS, find_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

NEIGHBOURS = {
    "eq": "ne", "ne": "eq", "lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "add": "sub", "sub": "add",
    "fetch_add": "fetch_sub", "fetch_sub": "fetch_add", "fetch_or": "fetch_and", "fetch_and": "fetch_or",
}  # fmt: skip
TORN = {"exchange": "", "fetch_add": "add", "fetch_sub": "sub", "fetch_or": "or", "fetch_and": "and"}
DOUBLED = (Effect.WRITE, Effect.UPDATE, Effect.CPU, Effect.STORAGE)


@dataclass(frozen=True)
class Edit:
    """New instructions for one block of a function, and registers that they need besides those it has."""

    change: str
    function: str
    label: str
    instructions: tuple[Instruction, ...]
    registers: tuple[Register, ...] = ()


def apply(program: Program, edit: Edit) -> Program | None:
    """Return a program that differs by one edit; the one given stays as it is."""
    old = program.functions[edit.function]
    blocks = [
        Block(block.label, list(edit.instructions if block.label == edit.label else block.instructions))
        for block in old.blocks
    ]
    changed = replace(old, blocks=blocks, registers=[*old.registers, *edit.registers])
    mutant = replace(program, functions={**program.functions, edit.function: changed})
    return None if find_problems(mutant) else mutant


def edits(program: Program, only: Collection[str] | None = None) -> Iterator[Edit]:
    """Yield every edit of a program."""
    for function in program.functions.values():
        if only is None or function.name in only:
            for block in function.blocks:
                for index in range(len(block.instructions)):
                    yield from _edits_at(function, block, index)


def _edits_at(function: Function, block: Block, index: int) -> Iterator[Edit]:
    old, instruction = tuple(block.instructions), block.instructions[index]
    where = f"{function.name}, block {block.label}, {index}: {instruction.op}"
    for change, new in _replacements(instruction):
        yield Edit(f"{where} {change}", function.name, block.label, (*old[:index], *new, *old[index + 1 :]))
    if instruction.op in TORN and instruction.result is not None:
        torn, registers = _torn(function, instruction)
        new_block = (*old[:index], *torn, *old[index + 1 :])
        yield Edit(f"{where} torn", function.name, block.label, new_block, registers)
    if _may_swap(old, index):
        swapped = (*old[:index], old[index + 1], instruction, *old[index + 2 :])
        yield Edit(f"{where} swapped with the next", function.name, block.label, swapped)


def _may_swap(block: tuple[Instruction, ...], index: int) -> bool:
    pair = [one.entry.effect for one in block[index : index + 2]]
    return (
        len(pair) == 2
        and block[index] != block[index + 1]
        and Effect.JUMP not in pair
        and any(one is not Effect.LOCAL for one in pair)
    )


def _replacements(instruction: Instruction) -> Iterator[tuple[str, tuple[Instruction, ...]]]:
    effect = instruction.entry.effect
    if effect not in (Effect.JUMP, Effect.LOCAL) and instruction.result is None:
        yield "dropped", ()
    if effect in DOUBLED and instruction.op != "alloc":
        yield "doubled", (instruction, instruction)
    if instruction.op in NEIGHBOURS:
        op = NEIGHBOURS[instruction.op]
        yield f"became {op}", (replace(instruction, op=op),)
    if instruction.op == "branch":
        yield "turned round", (replace(instruction, attributes=instruction.attributes[::-1]),)
    yield from _other_orders(instruction)
    yield from _other_constants(instruction)


def _other_orders(instruction: Instruction) -> Iterator[tuple[str, tuple[Instruction, ...]]]:
    for position, name in enumerate(instruction.entry.attributes):
        if name not in ("order", "failure"):
            continue
        allowed = FAILURE_ORDERS if name == "failure" else ORDERS.get(instruction.op, tuple(Order))
        for order in allowed:
            if order is not instruction.attributes[position]:
                attributes = list(instruction.attributes)
                attributes[position] = order
                yield f"with {name} {order.value}", (replace(instruction, attributes=tuple(attributes)),)


def _other_constants(instruction: Instruction) -> Iterator[tuple[str, tuple[Instruction, ...]]]:
    for position, operand in enumerate(instruction.operands):
        if isinstance(operand, Constant) and isinstance(operand.type, Integer):
            for step in (1, -1):
                other = operand.type.wrap(operand.value + step)
                operands = list(instruction.operands)
                operands[position] = Constant(other, operand.type)
                yield f"with {other} for {operand.value}", (replace(instruction, operands=tuple(operands)),)


def _torn(function: Function, instruction: Instruction) -> tuple[tuple[Instruction, ...], tuple[Register, ...]]:
    """Return an update as three steps that others can come between."""
    assert instruction.result is not None
    kind, fresh = function.registers[instruction.result].type, len(function.registers)
    address, operand = instruction.operands
    seen, new, place = Reg(fresh), Reg(fresh + 1), instruction
    order = instruction.attributes[0]
    assert isinstance(order, Order)
    load_order = Order.ACQUIRE if order.acquires else Order.RELAXED
    store_order = Order.RELEASE if order.releases else Order.RELAXED
    op = TORN[instruction.op]
    computed = ("copy", (operand,)) if not op or isinstance(kind, Pointer) else (op, (seen, operand))
    return (
        replace(place, op="atomic_load", result=seen.index, operands=(address,), attributes=(load_order,)),
        replace(place, op=computed[0], result=new.index, operands=computed[1], attributes=()),
        replace(place, op="atomic_store", result=None, operands=(address, new), attributes=(store_order,)),
        replace(place, op="copy", operands=(seen,), attributes=()),
    ), (Register(kind), Register(kind))
