"""Tell waiting from working: delays vanish, awaits are marked, bounded waits may give up at any moment.

An *await* is a loop whose repeating path only reads: at its *restart*, one of the reads, no register that the loop
changes is live, so that a thread that comes back there having read the same values is where it was.  A *bounded* await
leaves by a counter too; the counter is replaced by `give_up`, which leaves at any moment, for how long a thread spins
before it does something else is no property of the lock.  Functions that run alone (`setup`, at rest) keep their
counters.

The repeating path need not be the whole loop: in `while True: if held.load(): continue; if exchange() == 0: return`
the way from the load to the load is an await, the way through the failed exchange an ordinary retry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.ir.awaits import Await, counts_among_reads, find_awaits
from lockwright.ir.control_flow import ControlFlow
from lockwright.ir.counting import counting_tests
from lockwright.ir.dead_code import remove_dead_code
from lockwright.ir.delays import without_delays
from lockwright.ir.inline import entries
from lockwright.ir.program import Block, Function, Instruction, Program, Reg, Register
from lockwright.ir.sleeping import with_stops
from lockwright.ir.tidy import tidy
from lockwright.ir.types import BOOL

if TYPE_CHECKING:
    from lockwright.ir.control_flow import Loop

__all__ = ["Await", "Waiting", "waiting"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A program in which waiting is told from working, and its awaits by entry function."""

    program: Program
    awaits: dict[str, list[Await]]


def waiting(program: Program) -> Waiting:
    """Return an inlined program without delays, with its awaits."""
    alone = {program.setup, *program.at_rest}
    functions = dict(program.functions)
    awaits = {}
    for name in entries(program):
        function = without_delays(functions[name])
        functions[name] = function if name in alone else with_stops(_giving_up(function))
        awaits[name] = find_awaits(program, functions[name])
    return Waiting(replace(program, functions=functions), awaits)


def _giving_up(function: Function) -> Function:
    """Replace the counter of each bounded wait by `give_up`, inner loops first."""
    while (changed := _with_one_counter_less(function)) is not None:
        function = changed
    return tidy(_without_idle_choices(function))


def _with_one_counter_less(function: Function) -> Function | None:
    flow = ControlFlow(function)
    for loop in flow.loops:
        tests = counting_tests(function, flow, loop)
        if not tests or not counts_among_reads(flow, loop, tests):
            continue
        changed = remove_dead_code(_with_choices(function, loop, tests))
        if any(one.is_bounded for one in find_awaits(None, changed, loop.header)):
            return changed
    return None


def _with_choices(function: Function, loop: Loop, tests: list[str]) -> Function:
    """Return the function with `give_up` in place of each test of a counter."""
    registers, blocks = list(function.registers), []
    for block in function.blocks:
        if block.label in tests:
            registers.append(Register(BOOL))
            blocks.append(_leaving(block, loop, len(registers) - 1))
        else:
            blocks.append(block)
    return replace(function, registers=registers, blocks=blocks)


def _leaving(block: Block, loop: Loop, choice: int) -> Block:
    *before, jump = block.instructions
    yes, no = (str(label) for label in jump.attributes)
    if yes in loop.blocks:
        yes, no = no, yes
    give_up = Instruction("give_up", choice, (), (), jump.span, jump.inlined)
    return Block(block.label, [*before, give_up, replace(jump, operands=(Reg(choice),), attributes=(yes, no))])


def _without_idle_choices(function: Function) -> Function:
    """Remove a `give_up` that only leads back to itself, straight or through another one.

    Such is a bounded wait straight inside an endless one, or inside another bounded one.
    """
    function = tidy(function)
    by_label = {block.label: block for block in function.blocks}
    choices = {label: ways for label, block in by_label.items() if (ways := _choice(block)) is not None}
    blocks = [_decided(block, choices) for block in function.blocks]
    return remove_dead_code(replace(function, blocks=blocks))


def _choice(block: Block) -> tuple[str, str] | None:
    """Return where a block that does nothing but `give_up` leaves to and stays at."""
    if [one.op for one in block.instructions] != ["give_up", "branch"]:
        return None
    leave, stay = block.instructions[1].attributes
    return str(leave), str(stay)


def _decided(block: Block, choices: dict[str, tuple[str, str]]) -> Block:
    if block.label not in choices:
        return block
    leave, stay = choices[block.label]
    give_up, jump = block.instructions
    if leave == block.label:
        return Block(block.label, [replace(jump, op="jump", operands=(), attributes=(stay,))])
    further, back = choices.get(leave, ("", ""))
    if back == block.label and further != block.label:
        leave = further
    return Block(block.label, [give_up, replace(jump, attributes=(leave, stay))])
