"""From what was counted for each row to what each function took, as `perf report` would list it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.points import FunctionProfile, StackCycles
from lockwright.simulate import places as at
from lockwright.simulate.accounting import ticks_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

CYCLES, INSTRUCTIONS, REFERENCES, MISSES, BRANCHES, BRANCH_MISSES = range(6)


def profile_of(
    code: Code, model: MachineModel, state: State
) -> tuple[tuple[FunctionProfile, ...], tuple[StackCycles, ...]]:
    """Return what each function took by its caller, and by all the calls that led to it, the most first."""
    counted = _counted(code, model, state)
    stacks: dict[tuple[str, ...], NDArray[np.int64]] = defaultdict(lambda: np.zeros(6, dtype=np.int64))
    for row in np.flatnonzero(counted.any(axis=1)):
        stacks[_stack(code, int(row))] += counted[row]
    cycles = [StackCycles(stack, int(one[CYCLES]) // at.TICKS_PER_CYCLE) for stack, one in stacks.items()]
    by_calls = tuple(sorted((one for one in cycles if one.cycles), key=lambda one: (-one.cycles, one.stack)))
    return _functions(stacks), by_calls


def _functions(stacks: dict[tuple[str, ...], NDArray[np.int64]]) -> tuple[FunctionProfile, ...]:
    total: dict[tuple[str, str], NDArray[np.int64]] = defaultdict(lambda: np.zeros(6, dtype=np.int64))
    for (name, *callers), numbers in stacks.items():
        total[name, callers[0] if callers else ""] += numbers
    for one in total.values():
        one[CYCLES] //= at.TICKS_PER_CYCLE
    busy = max(1, sum(int(one[CYCLES]) for one in total.values()))
    found = [
        FunctionProfile(name, caller, int(one[CYCLES]) / busy, *map(int, one))
        for (name, caller), one in total.items()
        if one[CYCLES] or one[INSTRUCTIONS]
    ]
    return tuple(sorted(found, key=lambda one: (-one.cycles, one.name)))


def _counted(code: Code, model: MachineModel, state: State) -> NDArray[np.int64]:
    """Return the six numbers of each row; of cycles, ticks."""
    rows, opcodes = state.rows, code.rows[:, op.OP]
    count = code.counts(rows[:, at.COUNT])
    is_memory = np.isin(code.kinds, (at.LOAD, at.STORE, at.UPDATE))
    is_branch = opcodes == op.BRANCH
    found = np.zeros((len(rows), 6), dtype=np.int64)
    found[:, CYCLES] = ticks_of_rows(code, model, state)
    is_instruction = ~np.isin(opcodes, (op.MARK, op.DOORWAY, op.RUNNING, op.JUMP))
    found[:, INSTRUCTIONS] = count * is_instruction + rows[:, at.POLLED_ROWS]
    found[:, REFERENCES] = count * is_memory + rows[:, at.POLLS]
    found[:, MISSES] = rows[:, at.MISSES]
    found[:, BRANCHES] = count * is_branch + rows[:, at.POLLS]
    found[:, BRANCH_MISSES] = rows[:, at.MISPREDICTED]
    return found


def _stack(code: Code, row: int) -> tuple[str, ...]:
    """Return the function that a row belongs to and those through whose calls it was reached, the innermost first."""
    name, instruction = code.sheet.tables.instructions[int(code.rows[row, op.SOURCE])]
    chain = [name, *(site.function for site in instruction.inlined)]
    return tuple(symbol(code.program, one) for one in reversed(chain))


def symbol(program: Program, function: str) -> str:
    """Return what a profile calls a function."""
    found = program.functions.get(function)
    return (found.symbol if found is not None else "") or function
