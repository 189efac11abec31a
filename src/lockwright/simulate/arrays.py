"""The arrays that the kernels of a simulation work on; `places` names the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lockwright.flat import opcodes as op
from lockwright.flat.bundle import Field, bundled
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELDS: tuple[tuple[str, Field], ...] = (
    ("cfg", ("int64", ())),  # parameters and counters
    ("code", ("int64", (op.COLUMNS,))),
    ("consts", ("int64", ())),
    ("kinds", ("int64", ())),  # of each row: its class
    ("costs", ("int64", ())),  # of each row: ticks
    ("straight", ("int64", (2,))),  # of each local row: those that surely run from there on, and what they take
    ("restarts", ("int64", ())),  # of each row: the number of the await that restarts there, 0: none
    ("leads_back", ("int64", ())),  # of each row: the await that surely restarts from there; 0: the thread may leave
    ("polls", ("int64", (2,))),  # of each row where a simple waiting loop restarts: how it compares, and with what
    ("sleeps", ("int64", ())),  # of each row: whether rounds of the await that restarts there take the same time each
    ("counters", ("int64", (at.COUNTERS, 2))),  # of each row where a loop restarts: slots that count, what each adds
    ("operations", ("int64", ())),  # of each row: its row of the latency table
    ("regs", ("int64", ())),  # [(threads + 2) * slots]: the last two to try what a round would do
    ("threads", ("int64", (at.THREAD_COLUMNS,))),
    ("counts", ("int64", (at.COUNTERS,))),  # of each thread: what its loop had counted at the restart before
    ("watches", ("int64", (at.WATCHES, 2))),  # of each thread: lines, and how often they had been written
    ("outcomes", ("uint8", (0,))),  # [threads, rows]: how the branch there ended last, 0: never taken
    ("lines", ("int64", (at.LINE_COLUMNS,))),
    ("copies", ("uint64", (0,))),  # [lines, words]: the cores with a copy
    ("requests", ("int64", (at.REQUEST_COLUMNS,))),
    ("queues", ("int64", (0, 2))),  # [queues, lanes, head and tail]
    ("turns", ("int64", (0,))),  # [queues, nodes]: when the node's turn is; NEVER: it asks for nothing
    ("free_queues", ("int64", ())),  # a stack
    ("heap", ("int64", ())),
    ("memory", ("int64", ())),
    ("line_of", ("int32", ())),  # of each cell
    ("latencies", ("int64", (5, 0))),  # [operations, states, distances]: ticks
    ("distances", ("int64", (0,))),  # [nodes, nodes]
    ("at_distance", ("uint64", (0, 0))),  # [nodes, distances, words]: cores at that distance of a node
    ("core_of", ("int64", ())),  # of each thread
    ("node_of", ("int64", ())),  # of each core
    ("on_core", ("int64", (0,))),  # [cores, most threads on a core]: threads, NONE
    ("woken", ("int64", ())),
    ("rows", ("int64", (at.ROW_COUNTERS,))),
    ("lock_of", ("int32", (0,))),  # [structs of marks, cells]
    ("locks", ("int64", (at.LOCK_COLUMNS,))),
    ("waited", ("int64", ())),  # a histogram
    ("handoffs", ("int64", ())),  # to the same thread, the same core, and each distance
    ("pools", ("int64", (4,))),
    ("record_of", ("int32", ())),  # of each cell: the record there, NONE
    ("records", ("int64", (5,))),
    ("first", ("int32", (0,))),  # [cores, sets * ways]: lines in L1
    ("second", ("int32", (0,))),  # likewise in L2
    ("last", ("int64", (0, 2))),  # [nodes, sets * ways]: line, and how often it had been written
)

Arrays: TypeAlias = Any
"""Inside kernels: the bundle of all fields, each an attribute."""

bundle = bundled(FIELDS)


class State:
    """All arrays of a simulation, and the table by which kernels find them."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        from lockwright.flat.bundle import table_of

        self.arrays = arrays
        self.table = table_of(FIELDS, arrays)

    def __getattr__(self, name: str) -> NDArray[Any]:
        """Return an array by its name."""
        return self.arrays[name]
