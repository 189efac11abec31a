"""The working state of a program: arrays of the right size, and the state in which it begins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.check.engine import c11_world as at
from lockwright.check.engine.c11_static import MEMORY, Analysis, Row, Usage, successors
from lockwright.check.engine.c11_symmetry import allowed, bit_tables, sources
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
    symmetry: bool = True
    tickets: bool = True
    constants: bool = True  # cells that nobody writes, and counters, have no messages
    lag: int = 0
    messages: int = 24  # of one location, at most


RAW = Reductions(
    collect=False, merge=False, only_updated=False, dominated=False, raised=False, symmetry=False, tickets=False,
    constants=False, messages=64,
)  # fmt: skip
"""Nothing but the rules: the moves of the plain machine."""


def orbits(flat: Flat, table: np.ndarray[Any, Any], *, pools: bool) -> list[int]:
    """Return for each cell the first of the cells with which it may change places."""
    first = table.min(axis=0).tolist() if len(table) > 1 else list(range(flat.cells.size))
    for base, stride, count in flat.pools if pools else ():
        for index in range(stride * count):
            first[base + index] = base + index % stride
    return first


def holds_lock(flat: Flat, base: int, stride: int, count: int) -> bool:
    """Return whether a lock lies in a pool of records."""
    return any(base <= lock.address < base + stride * count for lock in flat.locks)


class Plan:
    """Which cells are followed, and how."""

    def __init__(self, flat: Flat, image: Sequence[int], analysis: Analysis, reductions: Reductions) -> None:
        self.flat = flat
        self.analysis = analysis
        self.orders = allowed(flat, analysis.rows) if reductions.symmetry else [tuple(range(len(flat.threads)))]
        self.renames = reductions.symmetry and not any(holds_lock(flat, *pool) for pool in flat.pools)
        self.sources = sources(flat, self.orders)
        self.first = orbits(flat, self.sources, pools=self.renames)
        self.size = Counter(self.first)
        self.uneven = {first for cell, first in enumerate(self.first) if image[cell] != image[first]}
        self.usage = self._by_orbit()
        self.atomic: list[int] = []
        self.plain: list[int] = []
        self.tracked: list[int] = []
        is_atomic = [cell.is_atomic for cell in flat.cells.cells]
        for cell in range(1, flat.cells.size):
            self._place(cell, image, reductions, atomic=is_atomic[cell])

    def _by_orbit(self) -> dict[int, Usage]:
        found: dict[int, Usage] = {}
        for cell, usage in self.analysis.usage.items():
            found.setdefault(self.first[cell], Usage()).meet(usage)
        return found

    def _place(self, cell: int, image: Sequence[int], reductions: Reductions, *, atomic: bool) -> None:
        usage = self.usage.get(self.first[cell], Usage(is_counter=False))
        is_counter = usage.is_counter and usage.is_written and reductions.constants
        if atomic and usage.is_written and not is_counter:
            self.atomic.append(cell)
        elif usage.is_written:
            if not atomic:
                self.plain.append(cell)
            self.tracked.append(cell)
        elif self._is_renamed(cell, image):
            self.tracked.append(cell)

    def _is_renamed(self, cell: int, image: Sequence[int]) -> bool:
        """Return whether a constant changes when cells or threads change places."""
        kind, value = int(self.flat.cell_kinds[cell]), image[cell]
        if kind == op.POINTER_KIND and 0 < value < self.flat.cells.size and self.size[self.first[value]] > 1:
            return True
        is_shared = self.size[self.first[cell]] > 1
        return is_shared and (kind == op.THREAD_KIND or self.first[cell] in self.uneven)

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


def ticket_words(flat: Flat, followed: set[int]) -> list[tuple[int, int, int]]:
    """Return for each group of tickets the word that is subtracted: cell, shift, bits."""
    found: dict[int, tuple[int, int, int]] = {}
    for cell, kind in enumerate(flat.cell_kinds.tolist()):
        if cell not in followed:
            continue
        if op.TICKET_KIND <= kind < op.WORD_KIND:
            found.setdefault(kind - op.TICKET_KIND, (cell, 0, flat.cell_bits[cell] & 255))
        elif kind >= op.WORD_KIND:
            for shift, bits, inner in flat.word_kinds[kind - op.WORD_KIND]:
                if inner >= op.TICKET_KIND:
                    found.setdefault(inner - op.TICKET_KIND, (cell, shift, bits))
    return [found[group] for group in range(len(found))] if set(found) == set(range(len(found))) else []


def word_tables(flat: Flat) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where the parts of each kind of word begin, and all parts."""
    starts, parts = [0], []
    for kinds in flat.word_kinds:
        parts.extend(kinds)
        starts.append(len(parts))
    return np.array(starts, np.int64), np.array(parts or [(0, 0, 0)], np.int64)


def settings(plan: Plan, reductions: Reductions, tickets: int, acquisitions: int | None) -> np.ndarray[Any, Any]:
    """Return the settings of a world."""
    flat, analysis = plan.flat, plan.analysis
    threads, atomics, cells = len(flat.threads), len(plan.atomic), flat.cells.size
    cpus, records = len(flat.cells.shape.cpu_nodes), sum(count for _, _, count in flat.pools)
    values = np.zeros(at.SETTINGS, np.int64)
    stride = at.WORDS + flat.slots
    cell_base = threads * stride
    latch_base = cell_base + cells
    hold_base = latch_base + cpus
    heap_base = hold_base + 2 * len(flat.locks)
    look_base = heap_base + records
    for name, value in {
        at.THREADS: threads, at.SLOTS: flat.slots, at.ATOMICS: atomics, at.PLAINS: len(plan.plain), at.CELLS: cells,
        at.MESSAGES: reductions.messages, at.WIDTH: atomics + len(plan.plain), at.STRIDE: stride,
        at.VIEWS: 3 * threads + 2 + atomics * reductions.messages, at.CELL_BASE: cell_base, at.LATCH_BASE: latch_base,
        at.HOLD_BASE: hold_base, at.LOOK_BASE: look_base, at.SIZE: look_base + flat.slots, at.LOCKS: len(flat.locks),
        at.CPUS: cpus, at.USES_ACQ: analysis.uses_acq, at.USES_REL: analysis.uses_rel, at.USES_G: analysis.uses_g,
        at.USES_HIDDEN: analysis.uses_hidden, at.MERGES: reductions.merge, at.COLLECTS: reductions.collect,
        at.DOMINATES: reductions.dominated, at.RAISES: reductions.raised, at.LAG: reductions.lag,
        at.RMW_ONLY: reductions.only_updated, at.SUBJECT: flat.subject, at.RECORDS: records, at.HEAP_BASE: heap_base,
        at.HAS_DOORWAY: any(row.op == op.DOORWAY for row in analysis.rows), at.TICKETS: tickets,
        at.PERMUTATIONS: len(plan.orders) if plan.renames else 0, at.TRACKED: len(plan.tracked),
        at.ACQUISITIONS: -1 if acquisitions is None else acquisitions,
    }.items():  # fmt: skip
        values[name] = int(value)
    return values


def numbered(cells: Sequence[int], size: int) -> np.ndarray[Any, Any]:
    """Return for each cell its position in a list, or -1."""
    table = np.full(size, -1, np.int64)
    for number, cell in enumerate(cells):
        table[cell] = number
    return table


def build(plan: Plan, reductions: Reductions, acquisitions: int | None) -> at.World:
    """Return a world in which nothing is set yet but what never changes."""
    flat = plan.flat
    followed = set(plan.atomic) | set(plan.tracked)
    bases = ticket_words(flat, followed) if reductions.tickets else []
    values = settings(plan, reductions, len(bases), acquisitions)
    size, atomics = flat.cells.size, len(plan.atomic)
    views, records = int(values[at.VIEWS]), int(values[at.RECORDS])
    pools = [(pool, base + index * stride, stride)
             for pool, (base, stride, count) in enumerate(flat.pools) for index in range(count)]  # fmt: skip
    record_of = np.full(size, -1, np.int64)
    for record, (_, base, stride) in enumerate(pools):
        record_of[base : base + stride] = record
    word_start, word_parts = word_tables(flat)
    live = flat.live.astype(np.int64)
    return at.World(
        set=values, code=np.ascontiguousarray(flat.code, np.int32), consts=flat.consts, stops=flat.visible,
        restart=flat.restart, live=np.append(live, 0), kinds=np.array([*flat.slot_kinds, 0], np.int64),
        begins=begins(plan.analysis.rows, flat), s=np.zeros(int(values[at.SIZE]) + 1, np.int64),
        count=np.zeros(atomics + 1, np.int64), value=np.zeros((atomics + 1, reductions.messages + 1), np.int64),
        glued=np.zeros((atomics + 1, reductions.messages + 1), np.uint8),
        views=np.zeros((views + 1, int(values[at.WIDTH])), np.uint8), rows=np.zeros(views + 1, np.int64),
        atomic_of=numbered(plan.atomic, size), plain_of=numbered(plan.plain, size),
        cell_of=np.array([*plan.atomic, 0], np.int64), plain_cell=np.array([*plan.plain, 0], np.int64),
        flags=np.array([*(plan.flags(cell) for cell in plan.atomic), 0], np.int64),
        cell_kind=flat.cell_kinds.astype(np.int64), lock_of=flat.lock_of.astype(np.int64),
        cpu_of=np.array(flat.cells.shape.thread_cpus, np.int64),
        node_of=np.array(flat.cells.shape.cpu_nodes, np.int64), word_start=word_start, word_parts=word_parts,
        tracked=np.array([*plan.tracked, 0], np.int64), order=np.array(plan.orders, np.int64), source=plan.sources,
        bits=bit_tables(plan.orders), work=np.zeros((8, size + len(flat.threads) + records), np.int64),
        record_of=record_of, record_base=np.array([base for _, base, _ in pools] or [size], np.int64),
        record_size=np.array([stride for _, _, stride in pools] or [0], np.int64),
        pool_of=np.array([pool for pool, _, _ in pools] or [0], np.int64), touched=np.zeros(atomics + 1, np.uint8),
        ticket_base=np.array(bases or [(0, 0, 0)], np.int64),
    )  # fmt: skip


def reset(world: at.World, plan: Plan, image: Sequence[int], out: Sequence[bool]) -> None:
    """Put a world into the state of the beginning: every thread at its entry, all that `setup` did known to all."""
    values, flat = world.set, plan.flat
    world.s[:] = 0
    threads, atomics = len(flat.threads), len(plan.atomic)
    for thread in range(threads):
        base = thread * int(values[at.STRIDE])
        world.s[base + at.PC] = flat.entry(thread)
        world.s[base + at.LEFT] = values[at.ACQUISITIONS]
        world.s[base + at.FLAGS] = at.INTERRUPTS
    patterns = np.array([(value + 2**63) % 2**64 - 2**63 for value in image], np.int64)
    cell_base = int(values[at.CELL_BASE])
    world.s[cell_base : cell_base + flat.cells.size] = patterns
    latch = int(values[at.LATCH_BASE])
    world.s[latch : latch + int(values[at.CPUS])] = at.ONLINE
    heap = int(values[at.HEAP_BASE])
    world.s[heap : heap + len(out)] = out
    world.count[:atomics] = 1
    world.value[:atomics, 0] = patterns[plan.atomic] if atomics else 0
    world.glued[:] = 0
    world.views[:] = 0
    world.views[: 2 * threads, atomics:] = (2 << threads) - 1
    if not plan.analysis.uses_acq:
        world.views[threads : 2 * threads] = 0


def longest(world: at.World) -> int:
    """Return how many bytes a packed state may need."""
    values = world.set
    width, words = int(values[at.WIDTH]), int(values[at.SIZE])
    return 10 * words + 3 * int(values[at.THREADS]) * width + 2 * width + int(values[at.ATOMICS]) * (
        3 + int(values[at.MESSAGES]) * (11 + width)
    )


__all__ = ["MEMORY", "RAW", "Plan", "Reductions", "build", "longest", "reset"]
