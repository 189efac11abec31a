"""The arrays of a search that grow: states, their pieces, and the edges of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine import counters as count
from lockwright.check.engine import expand, pieces, table
from lockwright.check.engine import places as at

if TYPE_CHECKING:
    from lockwright.flat.program import Int64s

FIRST_STATES, FIRST_PIECES, FIRST_EDGES = 1 << 14, 1 << 14, 1 << 16
MOST_LOAD = 0.8
"""How full a table may be."""
PENDING = 1 << 14
"""More successors than the states of one batch can have: 64, and those of one state."""
REMEMBERED, MANY_REMEMBERED = 1 << 14, 1 << 19
"""Moves that are remembered, in searches of at most `MANY` states and in others."""
MANY = 1 << 16
LARGE = 1 << 20
"""Entries from which an array grows by less at a time, and lies in large pages."""
SHARED_BITS = 32
BLOCK_BITS = (16, 32)
"""Bits of the number of a block; a search in which they are too few begins anew with more."""


def _layout(threads: int, bits: int) -> tuple[Int64s, int]:
    """Return where the number of each piece lies (word, shift, mask), and how many words a state has."""
    word, shift, found = 0, 0, []
    for size in [bits] * threads + [SHARED_BITS]:
        if shift + size > 64:
            word, shift = word + 1, 0
        found.append((word, shift, (1 << size) - 1))
        shift += size
    return np.array(found, dtype=np.int64), word + 1


class Rooms:
    """All that is stored.  An array that is not needed has one row, so that the kernels see the same types."""

    def __init__(self, cfg: Int64s, *, bits: int, keep_graph: bool) -> None:
        self.cfg, self.keep_graph = cfg, keep_graph
        threads = int(cfg[at.THREADS])
        self.counters = np.zeros(count.COUNTERS, dtype=np.int64)
        self.layout, self.words = _layout(threads, bits)
        cfg[at.WORDS], cfg[at.MOST_BLOCKS], cfg[at.PENDING] = self.words, 1 << bits, 0
        self.pending = np.zeros(PENDING * self.words, dtype=np.int64)
        self.pending_facts = np.zeros((PENDING, expand.PENDING_FACTS), dtype=np.int64)
        self.loaded = np.full(threads + 1, -1, dtype=np.int64)
        self._make_states(FIRST_STATES)
        self._make_pieces(FIRST_PIECES)
        self.target, self.edge_move, self.edge_perm = (
            np.empty(FIRST_EDGES if keep_graph else 1, dtype=np.int32) for _ in range(3)
        )
        self._tell()

    def _make_states(self, states: int) -> None:
        threads, rows = int(self.cfg[at.THREADS]), states if self.keep_graph else 1
        self.states = states
        self.store = np.empty(states * self.words, dtype=np.int64)
        self.parent, self.via = (np.empty(states, dtype=np.int32) for _ in range(2))
        self.start = np.zeros(rows + 1 if self.keep_graph else 1, dtype=np.int64)
        self.phase, self.status = (np.empty((rows, threads), dtype=np.uint8) for _ in range(2))
        self.place = np.empty((rows, threads), dtype=np.int32)
        self.table, self.memory = _table(states), self._memory()

    def _memory(self) -> Int64s:
        remembered = MANY_REMEMBERED if self.states > MANY else REMEMBERED
        return _zeros(2 * remembered if self.cfg[at.REMEMBERS] else 2)

    def _make_pieces(self, rooms: int) -> None:
        self.block_room = self.shared_room = rooms
        self.blocks = np.empty(rooms * int(self.cfg[at.BLOCK]), dtype=np.int64)
        self.described = np.empty(rooms, dtype=np.int64)
        self.shared = np.empty(rooms * self._shared_size, dtype=np.int64)
        self.block_table, self.shared_table = _table(rooms), _table(rooms)

    @property
    def _shared_size(self) -> int:
        return int(self.cfg[at.STATE_END] - self.cfg[at.MEMORY])

    def _tell(self) -> None:
        self.counters[count.TABLE_MASK] = len(self.table) - 1
        self.counters[count.STATE_ROOM], self.counters[count.EDGE_ROOM] = self.states, len(self.target)
        self.counters[count.BLOCK_ROOM], self.counters[count.SHARED_ROOM] = self.block_room, self.shared_room

    def grow(self) -> None:
        """Make room for what the search could not do (`counters[MORE]` successors), and as much again."""
        states, edges, blocks, shared, more = self.counters[
            [count.STATES, count.EDGES, count.BLOCKS, count.SHARED, count.MORE]
        ].tolist()
        of_pieces = more * (int(self.cfg[at.THREADS]) + 1)
        if states + more > self.states:
            self._grow_states(_enough(self.states, states + more))
        if self.keep_graph and edges + more > len(self.target):
            room = _enough(len(self.target), edges + more)
            self.target, self.edge_move, self.edge_perm = (
                _longer(one, room) for one in (self.target, self.edge_move, self.edge_perm)
            )
        if blocks + of_pieces > self.block_room:
            self._grow_blocks(_enough(self.block_room, blocks + of_pieces), blocks)
        if shared + of_pieces > self.shared_room:
            self._grow_shared(_enough(self.shared_room, shared + of_pieces), shared)
        self._tell()

    def _grow_states(self, room: int) -> None:
        self.states = room
        del self.table
        self.store = _longer(self.store, room * self.words)
        self.parent, self.via = (_longer(one, room) for one in (self.parent, self.via))
        if self.keep_graph:
            self.start = _longer(self.start, room + 1)
            self.phase, self.status, self.place = (_longer(one, room) for one in (self.phase, self.status, self.place))
        self.table = _table(room)
        if self.cfg[at.REMEMBERS] and room > MANY and len(self.memory) < 2 * MANY_REMEMBERED:
            self.memory = self._memory()
        self.counters[count.TABLE_MASK] = len(self.table) - 1
        table.rebuild(self.cfg, self.counters, self.table, self.store)

    def _grow_blocks(self, room: int, used: int) -> None:
        size = int(self.cfg[at.BLOCK])
        self.block_room = room
        self.blocks, self.described = _longer(self.blocks, room * size), _longer(self.described, room)
        self.block_table = _table(room)
        pieces.reindex(self.blocks, self.block_table, np.int64(used), np.int64(size))

    def _grow_shared(self, room: int, used: int) -> None:
        self.shared_room = room
        self.shared, self.shared_table = _longer(self.shared, room * self._shared_size), _table(room)
        pieces.reindex(self.shared, self.shared_table, np.int64(used), np.int64(self._shared_size))


def _table(entries: int) -> Int64s:
    size = 1
    while size * MOST_LOAD < entries:
        size *= 2
    return _zeros(size)


def _zeros(size: int) -> Int64s:
    """Return zeros; written, unlike those of `np.zeros`, so that a large array lies in large pages."""
    if size < LARGE:
        return np.zeros(size, dtype=np.int64)
    found = np.empty(size, dtype=np.int64)
    found.fill(0)
    return found


def _enough(room: int, needed: int) -> int:
    while room < needed:
        room *= 4 if room < LARGE else 2
    return room


def _longer(array: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """Return an array with more rows, of which the new ones hold anything."""
    longer = np.empty((rows, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
