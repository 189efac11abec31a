"""What the explorers cannot do: refused before the run, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.inline import entries

if TYPE_CHECKING:
    from lockwright.ir.program import Program

REASONS: dict[str, str] = {
    "raise_interrupt": "interrupts are not explored",
    "rcu_read": "RCU read sections are not explored",
    "rcu_synchronize": "RCU grace periods are not explored",
    "rcu_free": "RCU grace periods are not explored",
    "call": "calls must be inlined first",
    "call_table": "calls must be inlined first",
    "patch": "patches must be lowered first",
}
"""Instructions that no explorer runs, and why not."""


def uncovered(program: Program) -> list[str]:
    """Return why a program (without calls) cannot be explored; empty: it can."""
    found = dict.fromkeys(f"`{handler.function}` handles an interrupt" for handler in program.handlers)
    alone = {program.setup, *(handler.function for handler in program.handlers)}
    for name in entries(program):
        for block in program.functions[name].blocks if name not in alone else ():
            refused = [one.op for one in block.instructions if one.op in REASONS]
            found.update(dict.fromkeys(f"`{name}`: {REASONS[name]}" for name in refused))
    return list(found)
