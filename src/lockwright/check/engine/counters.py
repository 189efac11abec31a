"""Where the search keeps count: states, edges, rooms, and the first fault of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.flat.jit import inner

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64, Int64s

(
    STATES, CURSOR, EDGES, TRANSITIONS, FOUND_OUTCOMES, STATE_ROOM, EDGE_ROOM, TABLE_MASK,
    BLOCKS, BLOCK_ROOM, SHARED, SHARED_ROOM, MORE,
) = range(13)  # fmt: skip
FAULTS = 16
COUNTERS = FAULTS + 2 * 32


@inner
def note_fault(counters: Int64s, kind: Int64, state: Int64, move: Int64) -> None:
    """Note the first fault of a kind."""
    place = FAULTS + 2 * kind
    if counters[place] == 0:
        counters[place] = state + 1
        counters[place + 1] = move
