"""The working state of a program: arrays of the right size, and the state in which it begins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine import c11_world as at
from lockwright.check.engine.c11_exits import exits
from lockwright.check.engine.c11_static import Analysis, Row, Usage, successors
from lockwright.check.engine.c11_symmetry import allowed, bit_tables, holds_lock, sources
from lockwright.flat import opcodes as op

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.flat.program import Flat

READS_WRITES = frozenset({op.LOAD, op.STORE, op.RUNNING, op.CPU, op.NUMA_NODE})


@dataclass(frozen=True, slots=True)
class Reductions:
    """Which reductions are on.  `lag` is a bound: at most so many messages late; 0 is none."""

    collect: bool = True
    merge: bool = True
    only_updated: bool = True
    dominated: bool = True
    raised: bool = True
    awaits: bool = True  # with `raised`: of who waits for a word that only updates write, only whether it may leave
    symmetry: bool = True
    tickets: bool = True
    constants: bool = True  # cells that nobody writes, and counters, have no messages
    lag: int = 0
    messages: int = 24  # of one location, at most


RAW = Reductions(
    collect=False, merge=False, only_updated=False, dominated=False, raised=False, awaits=False, symmetry=False,
    tickets=False, constants=False, messages=64,
)  # fmt: skip
"""Nothing but the rules: the moves of the plain machine."""


def orbits(flat: Flat, table: np.ndarray[Any, Any], *, pools: bool) -> list[int]:
    """Return for each cell the first of the cells with which it may change places."""
    first = table.min(axis=0).tolist() if len(table) > 1 else list(range(flat.cells.size))
    for base, stride, count in flat.pools if pools else ():
        for index in range(stride * count):
            first[base + index] = base + index % stride
    return first


class Plan:
    """Which cells are followed, and how."""

    def __init__(self, flat: Flat, image: Sequence[int], analysis: Analysis, reductions: Reductions) -> None:
        self.flat = flat
        self.analysis = analysis
        identity = [tuple(range(len(flat.threads)))]
        self.orders, regions = allowed(flat) if reductions.symmetry else (identity, [])
        self.renames = reductions.symmetry and not any(
            holds_lock(flat, base, base + stride * count) for base, stride, count in flat.pools
        )
        self.sources = sources(flat, self.orders, regions)
        self.first = orbits(flat, self.sources, pools=self.renames)
        self.size = Counter(self.first)
        self.uneven = {first for cell, first in enumerate(self.first) if image[cell] != image[first]}
        self.usage = self._by_orbit(analysis.usage)
        self.at_rest = self._by_orbit(analysis.at_rest)
        self.atomic: list[int] = []
        self.plain: list[int] = []
        self.tracked: list[int] = []
        is_atomic = [cell.is_atomic for cell in flat.cells.cells]
        for cell in range(1, flat.cells.size):
            self._place(cell, image, reductions, atomic=is_atomic[cell])

    def _by_orbit(self, usages: dict[int, Usage]) -> dict[int, Usage]:
        found: dict[int, Usage] = {}
        for cell, usage in usages.items():
            found.setdefault(self.first[cell], Usage()).meet(usage)
        return found

    def _place(self, cell: int, image: Sequence[int], reductions: Reductions, *, atomic: bool) -> None:
        usage = self.usage.get(self.first[cell], Usage(is_counter=False))
        is_counter = usage.is_counter and usage.is_written and reductions.constants
        if atomic and usage.is_written and not is_counter:
            self.atomic.append(cell)
        elif usage.is_written or self._is_raced(cell, atomic=atomic):
            if not atomic:
                self.plain.append(cell)
            self.tracked.append(cell)
        elif self._is_changed(cell, image, reductions):
            self.tracked.append(cell)

    def _is_raced(self, cell: int, *, atomic: bool) -> bool:
        """Return whether nobody writes a plain cell, but who is given its record is the first who may read it."""
        return not atomic and cell in self.analysis.renewed and self.first[cell] in self.usage

    def _is_changed(self, cell: int, image: Sequence[int], reductions: Reductions) -> bool:
        """Return whether a cell that no thread writes may hold something else in another state, or in one like it."""
        first = self.first[cell]
        is_set = first in self.at_rest and self.at_rest[first].is_written
        if is_set or (cell in self.analysis.renewed and image[cell]) or self._is_moved(cell, image):
            return True
        if first not in self.usage and first not in self.at_rest:
            return False
        kinds = [kind for _, kind in kinds_in(self.flat, cell)]
        is_renamed = len(self.orders) > 1 and op.THREAD_KIND in kinds
        return is_renamed or (reductions.tickets and max(kinds) >= op.TICKET_KIND)

    def _is_moved(self, cell: int, image: Sequence[int]) -> bool:
        """Return whether a constant changes when cells change places."""
        kind, value = int(self.flat.cell_kinds[cell]), image[cell]
        if kind == op.POINTER_KIND and 0 < value < self.flat.cells.size and self.size[self.first[value]] > 1:
            return True
        return self.size[self.first[cell]] > 1 and self.first[cell] in self.uneven

    def flags(self, cell: int) -> int:
        """Return the flags of an atomic cell."""
        usage = self.usage[self.first[cell]]
        carries = (usage.is_acquired or self.analysis.uses_acq) and (usage.is_released or self.analysis.uses_rel)
        return (
            at.CARRIES * carries
            | at.ONLY_UPDATED * (not usage.is_looked_at)
            | at.ONLY_WRITTEN_BY_UPDATES * (not usage.is_stored)
        )


def begins(rows: list[Row], flat: Flat) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Mark the boundaries behind which an access comes before any await, end or other boundary."""
    table = np.zeros(len(flat.code), dtype=np.uint8)
    by_pc = {row.pc: row for row in rows}
    for row in rows:
        if row.op == op.MARK:
            table[row.pc] = all(op.ATOMIC_LOAD <= stop.op <= op.FETCH_AND for stop in next_stops(row, by_pc, flat))
    return table


def next_stops(row: Row, by_pc: dict[int, Row], flat: Flat) -> Iterator[Row]:
    """Yield the stops behind a row, and rows where an await restarts; plain accesses are passed."""
    seen, todo = {row.pc}, [row]
    while todo:
        for pc in successors(todo.pop()):
            if pc in seen:
                continue
            seen.add(pc)
            one = by_pc[pc]
            if flat.restart[pc]:
                yield Row(pc, op.RETURN, -1, -1, -1, -1, 0, 0, 0)
            elif flat.visible[pc] == op.INVISIBLE or one.op in READS_WRITES:
                todo.append(one)
            else:
                yield one


def ticket_words(flat: Flat, followed: set[int]) -> list[tuple[int, int, int, int]]:
    """Return for each group of tickets the word that is subtracted: cell (0: none), shift, bits, low bits that stay."""
    groups = flat.kinds_known.groups
    found = [(0, 0, group.bits, group.low_bits) for group in groups]
    for cell in sorted(followed, reverse=True):
        for shift, kind in kinds_in(flat, cell):
            if kind >= op.TICKET_KIND:
                group = groups[kind - op.TICKET_KIND]
                found[kind - op.TICKET_KIND] = (cell, shift, group.bits, group.low_bits)
    return found


def kinds_in(flat: Flat, cell: int) -> list[tuple[int, int]]:
    """Return what a cell holds, of a word in each part: how far it is from the lowest bit, and its kind."""
    kind = int(flat.cell_kinds[cell])
    if kind < op.WORD_KIND:
        return [(0, kind)]
    return [(shift, inner) for shift, _, inner in flat.word_kinds[kind - op.WORD_KIND]]


def word_tables(flat: Flat) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where the parts of each kind of word begin, and all parts."""
    starts: list[int] = [0]
    parts: list[Any] = []
    for kinds in flat.word_kinds:
        parts.extend(kinds)
        starts.append(len(parts))
    return np.array(starts, np.int64), np.array(parts or [(0, 0, 0)], np.int64)


def sizes(plan: Plan, reductions: Reductions, acquisitions: int | None) -> dict[int, int]:
    """Return the settings of a world that are no places."""
    flat, analysis = plan.flat, plan.analysis
    threads, atomics = len(flat.threads), len(plan.atomic)
    return {
        at.THREADS: threads, at.SLOTS: flat.slots, at.ATOMICS: atomics, at.PLAINS: len(plan.plain),
        at.CELLS: flat.cells.size, at.MESSAGES: reductions.messages, at.WIDTH: atomics + len(plan.plain),
        at.STRIDE: at.WORDS + flat.slots, at.VIEWS: 3 * threads + 2 + atomics * reductions.messages,
        at.LOCKS: len(flat.locks), at.CPUS: len(flat.cells.shape.cpu_nodes), at.USES_ACQ: analysis.uses_acq,
        at.USES_REL: analysis.uses_rel, at.USES_G: analysis.uses_g, at.USES_HIDDEN: analysis.uses_hidden,
        at.MERGES: reductions.merge, at.COLLECTS: reductions.collect, at.DOMINATES: reductions.dominated,
        at.RAISES: reductions.raised, at.LAG: reductions.lag, at.RMW_ONLY: reductions.only_updated,
        at.SUBJECT: flat.subject, at.RECORDS: sum(count for _, _, count in flat.pools),
        at.HAS_DOORWAY: any(row.op == op.DOORWAY for row in analysis.rows),
        at.PERMUTATIONS: len(plan.orders) if plan.renames else 0, at.TRACKED_CELLS: len(plan.tracked),
        at.ACQUISITIONS: -1 if acquisitions is None else acquisitions,
    }  # fmt: skip


def numbered(cells: Sequence[int], size: int) -> np.ndarray[Any, Any]:
    """Return for each cell its position in a list, or -1."""
    table = np.full(size, -1, np.int64)
    for number, cell in enumerate(cells):
        table[cell] = number
    return table


def tables(plan: Plan, reductions: Reductions, known: dict[int, int]) -> dict[int, Any]:
    """Return what stands in each table, or how many zeros, in the order in which they follow each other."""
    flat, cells = plan.flat, plan.flat.cells.size
    bases = ticket_words(flat, set(plan.atomic) | set(plan.tracked)) if reductions.tickets else []
    known[at.TICKETS] = len(bases)
    known[at.WORK_WIDTH] = cells + len(flat.threads) + known[at.RECORDS]
    records = [(pool, base + index * stride, stride)
               for pool, (base, stride, count) in enumerate(flat.pools) for index in range(count)]  # fmt: skip
    word_start, word_parts = word_tables(flat)
    return {
        at.CELL_BASE: cells, at.LATCH_BASE: known[at.CPUS], at.HOLD_BASE: 2 * known[at.LOCKS],
        at.HEAP_BASE: known[at.RECORDS], at.LOOK_BASE: flat.slots, at.COUNT: len(plan.atomic),
        at.VALUE: len(plan.atomic) * reductions.messages, at.GLUED: len(plan.atomic) * reductions.messages,
        at.ATOMIC_OF: numbered(plan.atomic, cells), at.PLAIN_OF: numbered(plan.plain, cells), at.CELL_OF: plan.atomic,
        at.PLAIN_CELL: plan.plain, at.CELL_FLAGS: [plan.flags(cell) for cell in plan.atomic],
        at.CELL_KIND: flat.cell_kinds, at.LOCK_OF: flat.lock_of, at.CPU_OF: flat.cells.shape.thread_cpus,
        at.NODE_OF: flat.cells.shape.cpu_nodes, at.WORD_START: word_start, at.WORD_PARTS: word_parts,
        at.TRACKED: plan.tracked, at.ORDER: plan.orders, at.SOURCE: plan.sources, at.BITS: bit_tables(plan.orders),
        at.RECORD_OF: record_table(flat), at.RECORD_BASE: [base for _, base, _ in records] or [cells],
        at.RECORD_SIZE: [stride for _, _, stride in records] or [0],
        at.POOL_OF: [pool for pool, _, _ in records] or [0], at.TICKET_BASE: bases,
        at.LIVE: [*flat.live.astype(np.int64), 0], at.KINDS: flat.slot_kinds,
        at.BEGINS: begins(plan.analysis.rows, flat), at.RESTART: flat.restart,
        at.EXIT: exits(plan.analysis.rows if reductions.awaits else [], flat), at.TOUCHED: len(plan.atomic) + 1,
        at.ROWS: known[at.VIEWS], at.WORK: 8 * known[at.WORK_WIDTH],
    }  # fmt: skip


def record_table(flat: Flat) -> np.ndarray[Any, Any]:
    """Return for each cell the number of its record of the heap, or -1."""
    table, number = np.full(flat.cells.size, -1, np.int64), 0
    for base, stride, count in flat.pools:
        for index in range(count):
            table[base + index * stride : base + (index + 1) * stride] = number
            number += 1
    return table


def build(plan: Plan, reductions: Reductions, acquisitions: int | None) -> at.World:
    """Return a world in which nothing is set yet but what never changes."""
    flat = plan.flat
    known = sizes(plan, reductions, acquisitions)
    pieces, place = [], at.FIRST_WORD + known[at.THREADS] * known[at.STRIDE]
    pieces.append(np.zeros(place, np.int64))
    for name, content in tables(plan, reductions, known).items():
        piece = np.zeros(content, np.int64) if isinstance(content, int) else np.array(content, np.int64).ravel()
        known[name] = place
        place += piece.size
        pieces.append(piece)
    vector = np.concatenate([*pieces, np.zeros(1, np.int64)])
    for name, value in known.items():
        vector[name] = int(value)
    views = np.zeros((known[at.VIEWS] + 1, known[at.WIDTH]), np.uint8)
    return at.World(vector, views, flat.code.astype(np.int64), flat.consts, flat.visible)


def reset(world: at.World, plan: Plan, image: Sequence[int], out: Sequence[bool]) -> None:
    """Put a new world into the state of the beginning: each thread at its entry, all that `setup` did known to all."""
    m, flat = world.m, plan.flat
    threads, atomics = len(flat.threads), len(plan.atomic)
    for thread in range(threads):
        base = at.FIRST_WORD + thread * int(m[at.STRIDE])
        m[base + at.PC] = flat.entry(thread)
        m[base + at.LEFT] = m[at.ACQUISITIONS]
        m[base + at.FLAGS] = at.INTERRUPTS
    patterns = np.array([(value + 2**63) % 2**64 - 2**63 for value in image], np.int64)
    m[m[at.CELL_BASE] : m[at.CELL_BASE] + flat.cells.size] = patterns
    m[m[at.LATCH_BASE] : m[at.LATCH_BASE] + m[at.CPUS]] = at.ONLINE
    m[m[at.HEAP_BASE] : m[at.HEAP_BASE] + len(out)] = out
    m[m[at.COUNT] : m[at.COUNT] + atomics] = 1
    for number, cell in enumerate(plan.atomic):
        m[m[at.VALUE] + number * m[at.MESSAGES]] = patterns[cell]
    world.views[: 2 * threads if plan.analysis.uses_acq else threads, atomics:] = (2 << threads) - 1


def longest(world: at.World) -> int:
    """Return how many bytes a packed state may need."""
    m = world.m
    width, words = int(m[at.WIDTH]), int(m[at.COUNT])
    messages = int(m[at.ATOMICS]) * (3 + int(m[at.MESSAGES]) * (11 + width))
    return 10 * words + (3 * int(m[at.THREADS]) + 2) * width + messages
