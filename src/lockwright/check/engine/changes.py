"""Changes of a state that can be undone.

Every change outside the block of the acting thread is logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.check.engine import places as at
from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s


@inner
def put(w: Int64s, cfg: Int64s, index: Int64, value: Int64) -> None:
    """Change a number of the state, and log what it was."""
    log = cfg[at.LOG] + 2 * cfg[at.LOGGED]
    w[log] = index
    w[log + 1] = w[index]
    cfg[at.LOGGED] += 1
    w[index] = value


@inner
def undo(w: Int64s, cfg: Int64s, block: Int64) -> None:
    """Take back all changes of a move: the logged ones, and those of the block of the thread, which was kept."""
    for number in range(cfg[at.LOGGED] - 1, -1, -1):
        log = cfg[at.LOG] + 2 * number
        w[w[log]] = w[log + 1]
    cfg[at.LOGGED] = 0
    for index in range(cfg[at.BLOCK]):
        w[block + index] = w[cfg[at.KEEP] + index]


@inner
def value_of(consts: Int64s, w: Int64s, block: Int64, place: Int64) -> Int64:
    """Return the value of an operand."""
    if place >= 0:
        return w[block + at.SLOT + place]
    return consts[~place]
