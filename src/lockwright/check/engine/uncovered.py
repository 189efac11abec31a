"""What the explorers cannot do: refused before the run, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.inline import entries
from lockwright.ir.table import Effect

if TYPE_CHECKING:
    from lockwright.ir.program import Function, Program, Shape

REASONS: dict[str, str] = {
    "call": "calls must be inlined first",
    "call_table": "calls must be inlined first",
    "patch": "patches must be lowered first",
}
"""Instructions that no explorer runs, and why not."""

REASONS_C11: dict[str, str] = {
    "raise_interrupt": "interrupts are not explored under c11",
    "rcu_read": "RCU read sections are not explored under c11",
    "rcu_synchronize": "RCU grace periods are not explored under c11",
    "rcu_free": "RCU grace periods are not explored under c11",
}
"""And those that the one for `c11` does not."""


def uncovered(program: Program, model: str, shape: Shape) -> list[str]:
    """Return why a program (without calls) cannot be explored under a memory model; empty: it can."""
    reasons = REASONS | REASONS_C11 if model == "c11" else REASONS
    found: dict[str, None] = {}
    if model == "c11":
        found = dict.fromkeys(f"`{one.function}` handles an interrupt, c11 has none" for one in program.handlers)
        if shape.migrates:
            found["threads don't migrate under c11"] = None
        is_shared = len(set(shape.thread_cpus)) < len(shape.thread_cpus)
        if is_shared and _used(program) & {"preemption", "interrupts_off", "softirqs"}:
            found["under c11 a thread that cannot be preempted does not keep the others off its CPU"] = None
        if shape.offline:
            found["all CPUs are online under c11"] = None
    alone = {program.setup, *(handler.function for handler in program.handlers)} if model == "c11" else {program.setup}
    for name in entries(program):
        for block in program.functions[name].blocks if name not in alone else ():
            refused = [one.op for one in block.instructions if one.op in reasons]
            found.update(dict.fromkeys(f"`{name}`: {reasons[one]}" for one in refused))
    if model == "c11" and any(_changes(program.functions[name]) for name in program.at_rest):
        found["`at_rest` changes memory that is atomic or allocated; under c11 it only reads"] = None
    return list(found)


def _used(program: Program) -> set[str]:
    """Return the instructions that threads use."""
    functions = (program.functions[worker.function] for worker in program.workers)
    return {one.op for function in functions for block in function.blocks for one in block.instructions}


def _changes(function: Function) -> bool:
    """Return whether a function does more than read atomics, and read and write plain fields."""
    done = (one for block in function.blocks for one in block.instructions if one.op != "store")
    return any(one.entry.effect in (Effect.WRITE, Effect.UPDATE, Effect.STORAGE) for one in done)
