"""What a check leaves out besides what every check does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.kinds import infer_kinds
from lockwright.ir.types import StructRef
from lockwright.results import instance

if TYPE_CHECKING:
    from lockwright.check.search import Underway
    from lockwright.ir.program import Program


def left_out(one: Underway) -> list[str]:
    """Return what this check leaves out besides what every check does."""
    missing = [
        f"{model} with {instance(*size)}: too many states at once (`--threads {size[0]}` goes on)"
        for size, model in one.too_large.items()
    ]
    missing += one.left_behind
    if "c11" in one.settings.models:
        missing += _left_out_by_c11(one)
    return missing


def _left_out_by_c11(one: Underway) -> list[str]:
    """Return what is not looked at under `c11`."""
    missing = ["order, bypass and starvation under c11"]
    if uses(one.waiting.program, "part_address"):
        missing.append("parts of a word under c11, where the word is one location: tso decides")
    if _has_tickets(one.waiting.program):
        missing.append("under c11, tickets that wrap round while an old store is still unseen")
    return missing


def _has_tickets(program: Program) -> bool:
    """Return whether a lock has tickets (what its harness counts is none)."""
    root = program.globals[program.subject[0]].type if program.subject else None
    harness = root.name if isinstance(root, StructRef) else ""
    groups = infer_kinds(program).groups
    return any(member.split(".")[0] != harness for group in groups for member in group.members)


def uses(program: Program, op: str) -> bool:
    """Return whether any function that runs has this instruction."""
    names = {worker.function for worker in program.workers} | {one.function for one in program.handlers}
    blocks = (block for name in names for block in program.functions[name].blocks)
    return any(one.op == op for block in blocks for one in block.instructions)
