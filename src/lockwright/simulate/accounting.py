"""Every tick of every CPU goes to a row or to idleness: what was measured adds up to time x CPUs.

Rows are charged when they end.  At both ends of the measured window threads stand in the middle of something: what
they have not been charged yet, or were charged ahead, is settled here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat import opcodes as op
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.machines.model import MachineModel
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

_SLEEPS = (op.HALT, op.HALT_IF, op.PARK, op.FUTEX_WAIT, op.EVENT_POLL, op.RCU_SYNCHRONIZE)


def begin(code: Code, state: State) -> None:
    """Let what threads are in the middle of count from now on only."""
    _settle(code, state, -1)


def end(code: Code, state: State) -> None:
    """Let what threads are in the middle of count until now only."""
    _settle(code, state, 1)


def ticks_of_rows(code: Code, model: MachineModel, state: State) -> NDArray[np.int64]:
    """Return what each row took in all; rows that are not local were charged as a whole when they ended."""
    local = np.where(code.kinds == at.LOCAL, code.counts(state.rows[:, at.COUNT]) * code.costs(model), 0)
    return np.asarray(local + state.rows[:, at.STALL], dtype=np.int64)


def _settle(code: Code, state: State, sign: int) -> None:
    now = int(state.cfg[at.NOW])
    for thread in state.threads:
        owed, row = now - int(thread[at.TIME]), int(thread[at.PC])
        if owed < 0:  # it is what the row before took; behind a sleep, that it was waking up
            row = max(0, row - 1)
        slept = owed < 0 and code.rows[row, op.OP] in _SLEEPS
        if slept or thread[at.STATE] >= at.FIRST_SLEEP_OF_SYSTEM:
            state.cfg[at.IDLE] += sign * owed
        else:
            state.rows[row, at.STALL] += sign * owed
