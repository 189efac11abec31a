"""The arrays that the kernels of `sc` and `tso` run on: parameters, fields of a packed state, names of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lockwright.check.engine import places as at
from lockwright.check.engine import signatures
from lockwright.check.engine.dead_words import OwnWords
from lockwright.check.engine.rows import (
    classify,
    depends_on_little,
    find_elements,
    following,
    function_rows,
    handler_rows,
    raised,
    shares_cpus,
    worker_rows,
)
from lockwright.flat import opcodes as op
from lockwright.ir.symmetry import find_symmetry
from lockwright.ir.types import Pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.check.engine.options import Options
    from lockwright.check.engine.rows import Elements
    from lockwright.flat.program import Flat, Int32s, Int64s
    from lockwright.ir.storage import Image

BUFFER_CAPACITY = 8
LOG_ENTRIES = 8192


@dataclass(slots=True)
class Model:
    """All that the kernels get that does not grow."""

    flat: Flat
    code: Int64s
    lock_of: Int64s
    rows: Int64s
    facts: Int64s
    names: Int64s
    words: Int64s
    slot_kinds: Int64s
    elements: Int64s
    own: Int64s
    tables: Int64s
    entries: Int64s
    refs: Int64s
    classes: Int64s
    plain_cells: Int64s
    cfg: Int64s
    work: Int64s


def _layout(flat: Flat, capacity: int, options: Options, model: str, acquisitions: int | None) -> Int64s:
    cells, shape = flat.cells, flat.cells.shape
    threads, cpus = len(shape.thread_cpus), len(shape.cpu_nodes)
    records = sum(count for _, _, count in flat.pools)
    cfg = np.zeros(at.PARAMETERS, dtype=np.int64)
    cfg[at.THREADS], cfg[at.SLOTS], cfg[at.CAPACITY] = threads, flat.slots, capacity
    cfg[at.BUFFER] = at.SLOT + flat.slots
    cfg[at.FRAMES] = cfg[at.BUFFER] + at.ENTRY * capacity
    cfg[at.HANDLERS] = len(flat.handlers)
    cfg[at.BLOCK] = cfg[at.FRAMES] + at.FRAME * len(flat.handlers)
    cfg[at.MEMORY] = threads * cfg[at.BLOCK]
    cfg[at.CELLS], cfg[at.LOCKS], cfg[at.CPUS] = cells.size, len(flat.locks), cpus
    cfg[at.HOLDERS] = cfg[at.MEMORY] + cells.size
    cfg[at.LATCHES] = cfg[at.HOLDERS] + 2 * len(flat.locks)
    cfg[at.OFFLINE] = cfg[at.LATCHES] + cpus
    cfg[at.EVENTS] = cfg[at.OFFLINE] + cpus
    cfg[at.RECORDS] = cfg[at.EVENTS] + cpus
    cfg[at.DEFERRED] = cfg[at.RECORDS] + records
    cfg[at.ARRIVALS] = cfg[at.DEFERRED] + records
    cfg[at.RAISED] = cfg[at.ARRIVALS] + len(flat.handlers)
    cfg[at.STATE_END] = cfg[at.RAISED] + len(flat.handlers) * cpus
    cfg[at.REST] = cfg[at.STATE_END]
    cfg[at.KEEP] = cfg[at.REST] + cfg[at.BLOCK]
    cfg[at.ACCESSES] = cfg[at.KEEP] + cfg[at.BLOCK]
    cfg[at.LOG] = cfg[at.ACCESSES] + 3 * 64
    cfg[at.TOTAL] = cfg[at.LOG] + 2 * LOG_ENTRIES
    ops = set(flat.code[:, op.OP].tolist())
    cfg[at.RECORD_COUNT] = records
    cfg[at.HAS_HEAP] = bool(ops & {op.FREE, op.RCU_FREE})
    cfg[at.LEAKS] = records > 0  # what `setup` allocated can be lost too
    cfg[at.SHARES_CPUS], cfg[at.MIGRATES] = shares_cpus(shape), shape.migrates
    cfg[at.HANDLER_ROWS] = len(flat.pools)
    cfg[at.CPU_ROWS] = len(flat.pools) + len(flat.handlers)
    cfg[at.TSO], cfg[at.FOREVER] = model == "tso", acquisitions is None
    cfg[at.MERGE], cfg[at.DEAD], cfg[at.RACES] = options.merge, options.dead_registers, options.races
    cfg[at.SUBJECT], cfg[at.AT_RESTS] = flat.subject, len(flat.at_rest)
    cfg[at.FIRST_FAULT], cfg[at.OUTCOMES] = options.stop_at_fault, options.outcomes
    return cfg


def buffer_capacity(flat: Flat, model: str, interrupts: int = 1) -> int:
    """Return how many stores may wait at once: the longest run of stores without a step that drains, at most 8.

    A handler adds its own run each time that it arrives.
    """
    if model != "tso":
        return 0
    rows = worker_rows(flat)
    most = dict.fromkeys(rows, 0)
    for _ in range(BUFFER_CAPACITY + 2):
        is_new = True
        while is_new:
            is_new = False
            for pc in rows:
                after = _buffered_after(flat.code[pc], most[pc])
                for later in following(flat.code[pc], pc):
                    if after > most.get(later, 0):
                        most[later], is_new = after, True
    longest = {pc: _buffered_after(flat.code[pc], most[pc]) for pc in rows}
    inside = handler_rows(flat)
    total = max((count for pc, count in longest.items() if pc not in inside), default=0)
    for handler, entry in enumerate(flat.handlers):
        run = max(longest[pc] for pc in function_rows(flat, entry))
        total += run * (BUFFER_CAPACITY if handler in raised(flat) else interrupts)
    return min(BUFFER_CAPACITY, total)


def _buffered_after(row: Int32s, before: int) -> int:
    opcode = int(row[op.OP])
    if opcode == op.STORE or (opcode == op.ATOMIC_STORE and row[op.X] != op.SEQ_CST):
        return min(BUFFER_CAPACITY, before + 1)
    drains = opcode in range(op.ATOMIC_STORE, op.FETCH_AND + 1) or (opcode == op.FENCE and row[op.X] == op.SEQ_CST)
    asks = opcode in range(op.HALT, op.FUTEX_WAKE + 1) or opcode in range(op.EVENT_CLEAR, op.EVENT_SEND + 1)
    waits = opcode in (op.FREE, op.RCU_FREE, op.RCU_SYNCHRONIZE, op.RAISE_INTERRUPT)
    waits = waits or (opcode == op.RCU_READ and row[op.X] < 0)
    return 0 if drains or asks or waits else before


def _names(flat: Flat) -> Int64s:
    names = np.zeros((flat.cells.size, signatures.NAME_FACTS), dtype=np.int64)
    names[:, [signatures.FIRST, signatures.SECOND, signatures.RECORD]] = -1
    names[:, signatures.SAME] = np.arange(flat.cells.size)
    threads = len(flat.cells.shape.thread_cpus)
    for region in _renamed(flat):
        for cell in range(region[0], region[0] + region[1] * threads):
            index = (cell - region[0]) // region[1]
            column = signatures.FIRST if names[cell, signatures.FIRST] < 0 else signatures.SECOND
            names[cell, column], names[cell, column + 1] = index, region[1]
            names[cell, signatures.SAME] -= index * region[1]
    number = 0
    for base, stride, count in flat.pools:
        for cell in range(base, base + stride * count):
            index = (cell - base) // stride
            names[cell, signatures.RECORD], names[cell, signatures.RECORD_STRIDE] = number + index, stride
            names[cell, signatures.SAME] -= index * stride
        number += count
    return names


def _renamed(flat: Flat) -> list[tuple[int, int]]:
    cells = flat.cells
    found = find_symmetry(cells.program, flat.kinds_known, cells.shape, cells)
    return [(region.base, region.stride) for region in found.renamed if region.stride]


def _classes(flat: Flat, options: Options) -> tuple[Int64s, bool]:
    cells = flat.cells
    threads = len(cells.shape.thread_cpus)
    found = list(range(threads))
    symmetry = find_symmetry(cells.program, flat.kinds_known, cells.shape, cells)
    for group in symmetry.groups if options.symmetry else ():
        for thread in group:
            found[thread] = group[0]
    can = any(found[thread] != thread for thread in range(threads)) and not _has_inner_locks(flat)
    if not can:
        found = list(range(threads))
    for number, (_, _, count) in enumerate(flat.pools):
        found += [1000 + number] * count
    return np.array(found, dtype=np.int64), can


def _has_inner_locks(flat: Flat) -> bool:
    names = _names(flat)
    return any(
        names[one.address, signatures.FIRST] >= 0 or names[one.address, signatures.RECORD] >= 0 for one in flat.locks
    )


def _refs(flat: Flat) -> Int64s:
    """Return for each group of tickets its reference: cell, shift, bits, low bits that stay."""
    groups = flat.kinds_known.groups
    found = np.zeros((max(1, len(groups)), 4), dtype=np.int64)
    for number, group in enumerate(groups):
        found[number] = (0, 0, group.bits, group.low_bits)
        for cell in range(flat.cells.size - 1, 0, -1):
            kind = int(flat.cell_kinds[cell])
            if kind == op.TICKET_KIND + number:
                found[number, :2] = cell, 0
            elif kind >= op.WORD_KIND:
                for shift, _, inner in flat.word_kinds[kind - op.WORD_KIND]:
                    if inner == op.TICKET_KIND + number:
                        found[number, :2] = cell, shift
    return found


def _words(flat: Flat) -> Int64s:
    found = np.zeros((max(1, len(flat.word_kinds)), 1 + 3 * 16), dtype=np.int64)
    for number, parts in enumerate(flat.word_kinds):
        found[number, 0] = len(parts)
        for part, values in enumerate(parts):
            found[number, 1 + 3 * part : 4 + 3 * part] = values
    return found


def _facts(flat: Flat, elements: Elements, own: OwnWords) -> Int64s:
    facts = np.full((flat.cells.size, at.CELL_FACTS), -1, dtype=np.int64)
    facts[:, at.KIND] = flat.cell_kinds
    facts[:, at.ELEMENT] = elements.of(flat.cells.size)
    facts[:, at.OWN] = own.of(flat.cells.size)
    facts[:, at.INNER] = [int(isinstance(one.type, Pointer)) for one in flat.cells.cells]
    number = 0
    for base, stride, count in flat.pools:
        for cell in range(base, base + stride * count):
            facts[cell, at.RECORD] = number + (cell - base) // stride
        number += count
    return facts


def _table(rows: Sequence[Sequence[int]], columns: int) -> Int64s:
    return np.array(rows, dtype=np.int64).reshape(-1, columns) if rows else np.zeros((1, columns), dtype=np.int64)


def _tables(flat: Flat) -> Int64s:
    """Return the heap pools (base, stride, count), the handlers (entry, CPU or -1, flags) and the CPUs (node)."""
    program, shape = flat.cells.program, flat.cells.shape
    may_be_raised = raised(flat)
    handlers = [
        (
            entry,
            -1 if one.cpu is None else one.cpu,
            at.MASKABLE * one.maskable | at.SOFTIRQ * one.softirq | at.RAISABLE * (number in may_be_raised),
        )
        for number, (entry, one) in enumerate(zip(flat.handlers, program.handlers, strict=True))
    ]
    cpus = [(node, 0, 0) for node in shape.cpu_nodes]
    return np.array([*flat.pools, *handlers, *cpus], dtype=np.int64).reshape(-1, 3)


def build(
    flat: Flat, image: Image, options: Options, model: str, acquisitions: int | None, interrupts: int = 1
) -> Model:
    """Return everything that the kernels need, with the first state in `work`."""
    cfg = _layout(flat, buffer_capacity(flat, model, interrupts), options, model, acquisitions)
    elements = find_elements(flat)
    shape = flat.cells.shape
    own = OwnWords(flat, options, elements)
    classes, can_rename = _classes(flat, options)
    cfg[at.ELEMENTS], cfg[at.SYMMETRIC] = len(elements.pieces), can_rename
    cfg[at.OWN_WORDS] = len(own.words)
    cfg[at.REMEMBERS] = depends_on_little(flat, options, elements)
    is_disturbed = flat.handlers or shares_cpus(shape)  # then it matters when a thread begins
    cfg[at.DRAINS_FIRST] = options.merge and options.partial_order and not is_disturbed
    cfg[at.TICKET_GROUPS] = len(flat.kinds_known.groups) if options.tickets else 0
    plain = [cell for cell, one in enumerate(flat.cells.cells) if cell and not one.is_atomic]
    cfg[at.PLAIN_CELLS] = len(plain)
    built = Model(
        flat, flat.code.astype(np.int64), flat.lock_of.astype(np.int64),
        classify(flat, options, elements, own), _facts(flat, elements, own), _names(flat), _words(flat),
        np.array(flat.slot_kinds, dtype=np.int64), _table(elements.pieces, 3), _table(own.words, 2),
        _tables(flat),
        np.array(flat.at_rest, dtype=np.int64), _refs(flat), classes, np.array(plain, dtype=np.int64), cfg,
        np.zeros(int(cfg[at.TOTAL]), dtype=np.int64),
    )  # fmt: skip
    _begin(built, image, acquisitions, interrupts)
    return built


def _begin(built: Model, image: Image, acquisitions: int | None, interrupts: int) -> None:
    flat, cfg = built.flat, built.cfg
    memory = int(cfg[at.MEMORY])
    uses_running = op.RUNNING in set(flat.code[:, op.OP].tolist())
    for cell, value in enumerate(image.memory):
        built.work[memory + cell] = (value + 2**63) % 2**64 - 2**63
    live = [is_out for struct in flat.cells.heap for is_out in image.is_out[struct]]
    built.work[int(cfg[at.RECORDS]) : int(cfg[at.RECORDS]) + len(live)] = live
    for cpu in flat.cells.shape.offline:
        built.work[int(cfg[at.OFFLINE]) + cpu] = 1
    built.work[int(cfg[at.ARRIVALS]) : int(cfg[at.RAISED])] = interrupts
    for thread in range(int(cfg[at.THREADS])):
        block = thread * int(cfg[at.BLOCK])
        built.work[block + at.PC] = flat.entry(thread)
        built.work[block + at.ON_CPU] = flat.cells.shape.thread_cpus[thread]
        built.work[block + at.LEFT] = (acquisitions or 0) if uses_running else 0
