"""Simplify the blocks of a function: constant branches, empty blocks, unreachable blocks, straight lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.ir.control_flow import ControlFlow, targets
from lockwright.ir.program import Block, Constant, Function, Instruction, Reg

if TYPE_CHECKING:
    from collections.abc import Mapping


def tidy(function: Function) -> Function:
    """Return the same function with as few blocks as its branches need; instructions other than jumps stay."""
    known = _known(function)
    blocks = [_with_jump(block, _decided(_filled_in(block.instructions[-1], known))) for block in function.blocks]
    skipped = _skipped(blocks)
    for block in blocks:
        block.instructions[-1] = _decided(retarget(block.instructions[-1], skipped))
    return replace(function, blocks=_merged(replace(function, blocks=blocks)))


def _known(function: Function) -> dict[int, Constant]:
    """Return the registers that only one instruction writes, and that with a constant."""
    written = Counter(one.result for block in function.blocks for one in block.instructions)
    written.update(range(function.parameters))
    return {
        one.result: one.operands[0]
        for block in function.blocks
        for one in block.instructions
        if one.op == "copy"
        and one.result is not None
        and isinstance(one.operands[0], Constant)
        and written[one.result] == 1
    }


def _filled_in(jump: Instruction, known: Mapping[int, Constant]) -> Instruction:
    """Return a branch with its condition, if that is known."""
    if jump.op != "branch" or not isinstance(jump.operands[0], Reg):
        return jump
    condition = known.get(jump.operands[0].index)
    return jump if condition is None else replace(jump, operands=(condition,))


def _with_jump(block: Block, jump: Instruction) -> Block:
    return Block(block.label, [*block.instructions[:-1], jump])


def retarget(jump: Instruction, labels: Mapping[str, str]) -> Instruction:
    """Return a jump that goes to `labels[target]` wherever it went to `target`."""
    if not targets(jump):
        return jump
    return replace(jump, attributes=tuple(labels.get(label, label) for label in targets(jump)))


def _decided(jump: Instruction) -> Instruction:
    """Turn a branch that has no choice into a jump."""
    if jump.op != "branch":
        return jump
    yes, no = targets(jump)
    condition = jump.operands[0]
    if isinstance(condition, Constant):
        return replace(jump, op="jump", operands=(), attributes=(yes if condition.value else no,))
    return replace(jump, op="jump", operands=(), attributes=(yes,)) if yes == no else jump


def _skipped(blocks: list[Block]) -> dict[str, str]:
    """Return where a jump to each block that only jumps may go at once (a ring of such blocks stays)."""
    direct = {
        block.label: targets(block.instructions[0])[0]
        for block in blocks
        if len(block.instructions) == 1 and block.instructions[0].op == "jump"
    }
    ends: dict[str, str] = {}
    for label, first in direct.items():
        path, now = {label}, first
        while now in direct and now not in path:
            path.add(now)
            now = direct[now]
        ends[label] = now
    return ends


def _merged(function: Function) -> list[Block]:
    """Return the reachable blocks, each joined with the one that follows it if that follows nothing else."""
    flow = ControlFlow(function)
    appended = {flow.successors[label][0] for label in flow.order if _is_straight(flow, label)}
    kept = [block.label for block in function.blocks if block.label in flow.successors]
    return [_chain(flow, label) for label in kept if label not in appended]


def _is_straight(flow: ControlFlow, label: str) -> bool:
    """Whether the block is followed by one that nothing else comes before."""
    followers = flow.successors[label]
    return len(followers) == 1 and followers[0] not in (flow.entry, label) and len(flow.predecessors[followers[0]]) == 1


def _chain(flow: ControlFlow, label: str) -> Block:
    joined = list(flow.blocks[label].instructions)
    now = label
    while _is_straight(flow, now):
        now = flow.successors[now][0]
        joined[-1:] = flow.blocks[now].instructions
    return Block(label, joined)
