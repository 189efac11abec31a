"""Remove what only takes time: pauses, computations, and the loops that do nothing else.

A delay loop changes nothing that is needed after it, leaves to one place, and surely ends because it counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.counting import counting_tests
from lockwright.ir.dead_code import Safety, remove_dead_code
from lockwright.ir.liveness import Liveness, writes
from lockwright.ir.program import Block
from lockwright.ir.table import Effect
from lockwright.ir.tidy import tidy

if TYPE_CHECKING:
    from lockwright.ir.control_flow import Loop
    from lockwright.ir.program import Function


def without_delays(function: Function) -> Function:
    """Return the function without delays and without what fed only them."""
    blocks = [
        Block(block.label, [one for one in block.instructions if one.entry.effect is not Effect.DELAY])
        for block in function.blocks
    ]
    function = tidy(remove_dead_code(replace(function, blocks=blocks)))
    while (shorter := _without_one_loop(function)) is not None:
        function = tidy(remove_dead_code(shorter))
    return function


def _without_one_loop(function: Function) -> Function | None:
    """Return the function with one delay loop, an innermost one, replaced by a jump; None if there is none."""
    flow = ControlFlow(function)
    for loop in flow.loops:
        after = {follower for _, follower in loop.exits}
        if len(after) == 1 and _only_delays(function, flow, loop, next(iter(after))):
            jump = replace(
                flow.blocks[loop.header].instructions[-1], op="jump", operands=(), attributes=(next(iter(after)),)
            )
            blocks = [Block(loop.header, [jump]) if block.label == loop.header else block for block in function.blocks]
            return replace(function, blocks=blocks)
    return None


def _only_delays(function: Function, flow: ControlFlow, loop: Loop, after: str) -> bool:
    safe, changed = Safety(function), 0
    for label in loop.blocks:
        for one in flow.blocks[label].instructions:
            if one.entry.effect is not Effect.JUMP and not safe.may_vanish(one):
                return False
            changed |= writes(one)
    is_forgotten = not changed & Liveness(function, flow).at_entry[after]
    return is_forgotten and bool(counting_tests(function, flow, loop))
