"""The arrays of a simulation at its beginning."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lockwright.ir.cells import Cells
from lockwright.ir.layout import Layout
from lockwright.simulate import places as at
from lockwright.simulate import storage
from lockwright.simulate.arrays import State
from lockwright.simulate.chance import INCREMENT, MULTIPLIER, seed_of
from lockwright.simulate.placement import place
from lockwright.simulate.seats import seats
from lockwright.simulate.troubles import too_large

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockwright.ir.program import Program, Shape
    from lockwright.machines.model import CacheLevel, MachineModel
    from lockwright.simulate.placement import Placement
    from lockwright.simulate.program import Code

CELL_BYTES = 150  # of each scalar in memory, while a run is made: measured with 3 million of them
SPREAD_CYCLES = 3000
"""`spread` lets each thread start within so many cycles for each thread there is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run.

    Args:
        cpus: Threads, one on each of the first CPUs of the machine.
        seed: What all chance comes from.
        start: `spread` over 3,000 cycles a thread, or all `together`.
        warm_up_rounds: Rounds (`running()` found true) of all threads together before anything is counted.
        measured_rounds: Rounds that are counted.
        spare_records: Records of each struct for `alloc`, beyond what `setup` takes.
        tracks_caches: Whether caches are finite; None: if the program does not fit into L1.
        system_call_cycles: What a call of the operating system takes.
        wake_up_cycles: From a wake-up to the first instruction of who was woken.
        alloc_cycles: What `alloc` and `free` take beside what they touch.
    """

    cpus: int
    seed: int = 0
    start: str = "spread"
    warm_up_rounds: int = 200
    measured_rounds: int = 2000
    spare_records: int = 64
    tracks_caches: bool | None = None
    system_call_cycles: int = 150
    wake_up_cycles: int = 7000
    alloc_cycles: int = 100


def build(code: Code, model: MachineModel, settings: Settings) -> State:
    """Return the arrays of a run that has not begun."""
    threads = settings.cpus
    taken = seats(code.program, model, threads)
    core_of = [model.core_of_cpu[cpu] for cpu in taken]
    others = [core for cpu, core in enumerate(model.core_of_cpu) if cpu not in taken]
    placement = place(code.cells, tuple(model.node_of_core[core] for core in core_of + others), model.line_bytes)
    _refuse_too_large(code, model, placement, threads)
    first = model.private[0]
    tracked = settings.tracks_caches
    if tracked is None:
        tracked = placement.lines > first.sets * first.ways
    cfg = _parameters(code, model, settings, core_of, tracked=tracked)
    pools, records, record_of = _storage(code)
    cfg[at.POOLS] = len(pools)
    cores = len(model.node_of_core)
    words = int(cfg[at.WORDS])
    by_node = model.arbitration == "node"
    queues = 2 * threads + 1
    cfg[at.FREE_QUEUES] = queues
    lines = _lines(placement)
    arrays: dict[str, NDArray[Any]] = dict(  # noqa: C408 - names as in `FIELDS`
        cfg=cfg,
        code=code.rows,
        consts=code.consts,
        kinds=code.kinds,
        costs=code.costs(model),
        straight=code.straight(model),
        leads_back=code.leads_back,
        restarts=code.restarts,
        polls=code.polls,
        sleeps=code.sleeps,
        counters=code.counters,
        operations=code.operations,
        regs=np.zeros((threads + 2) * code.slots, dtype=np.int64),
        threads=_threads(code, settings),
        counts=np.zeros((threads, at.COUNTERS), dtype=np.int64),
        watches=np.zeros((threads, at.WATCHES, 2), dtype=np.int64),
        outcomes=np.zeros((threads, len(code.rows)), dtype=np.uint8),
        lines=lines,
        copies=np.zeros((placement.lines, words), dtype=np.uint64),
        requests=np.full((2 * threads, at.REQUEST_COLUMNS), at.NONE, dtype=np.int64),
        queues=np.full((queues, 2 * model.nodes if by_node else 1, 2), at.NONE, dtype=np.int64),
        turns=np.full((queues, model.nodes if by_node else 1), at.NEVER, dtype=np.int64),
        free_queues=np.arange(queues, dtype=np.int64),
        heap=np.full(16 * threads + 65536, at.LATEST, dtype=np.int64),
        memory=np.array(code.image.memory, dtype=np.int64),
        line_of=placement.line_of,
        latencies=np.array(model.latency_cycles, dtype=np.int64) * at.TICKS_PER_CYCLE,
        distances=np.array(model.distances, dtype=np.int64),
        at_distance=_cores_at_distance(model, words),
        core_of=np.array(core_of, dtype=np.int64),
        node_of=np.array(model.node_of_core, dtype=np.int64),
        on_core=_on_core(model, core_of),
        woken=np.zeros(threads, dtype=np.int64),
        rows=np.zeros((len(code.rows), at.ROW_COUNTERS), dtype=np.int64),
        lock_of=code.lock_of,
        locks=_locks(code),
        waited=np.zeros(at.HISTOGRAM, dtype=np.int64),
        handoffs=np.zeros(2 + len(model.distance_names), dtype=np.int64),
        pools=pools,
        record_of=record_of,
        records=records,
        first=_cache(model.private[0], cores, tracked=tracked),
        second=_cache(model.private[-1], cores, tracked=tracked),
        last=_last(model, tracked=tracked),
    )
    state = State(arrays)
    _start(state, settings)
    return state


def refuse_too_many_lines(program: Program, shape: Shape, line_bytes: int) -> None:
    """Refuse what takes more lines, for its globals alone, than a run can number, before anything is made of it."""
    layout = Layout(program.structs, shape)
    lines = sum(layout.size(one.type) for one in program.globals.values()) // line_bytes
    if lines >= at.MOST_LINES:
        raise too_large(f"it has {lines:,} cache lines, and a run can number {at.MOST_LINES:,}")
    cells, there = Cells(program, shape).size, _free_bytes()
    if cells * CELL_BYTES > there:
        raise too_large(
            f"it needs {cells * CELL_BYTES / 2**30:.1f} GiB of memory, and {there / 2**30:.1f} GiB are free"
        )


def _free_bytes() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _refuse_too_large(code: Code, model: MachineModel, placement: Placement, threads: int) -> None:
    """Refuse what has more lines than a run can number, or needs more memory than there is."""
    if placement.lines >= at.MOST_LINES:
        raise too_large(f"it has {placement.lines:,} cache lines, and a run can number {at.MOST_LINES:,}")
    words = (len(model.node_of_core) + 63) // 64
    levels = [*model.private, *([model.last] if model.last is not None else [])]
    cached = sum(level.sets * level.ways for level in levels) * max(len(model.node_of_core), model.nodes)
    numbers = placement.lines * (at.LINE_COLUMNS + words) + 4 * code.cells.size + 2 * cached + threads * len(code.rows)
    needed, there = 8 * numbers, _free_bytes()
    if needed > there:
        raise too_large(f"it needs {needed / 2**30:.1f} GiB of memory, and {there / 2**30:.1f} GiB are free")


def _parameters(
    code: Code, model: MachineModel, settings: Settings, core_of: list[int], *, tracked: bool
) -> NDArray[np.int64]:
    cfg = np.zeros(at.PARAMETERS, dtype=np.int64)
    tick = at.TICKS_PER_CYCLE
    occupancy = model.read_occupancy_cycles
    values = {
        at.THREADS: settings.cpus,
        at.SLOTS: code.slots,
        at.WORDS: max(core_of) // 64 + 1,  # no other core ever has a copy
        at.DISTANCES: len(model.distance_names),
        at.NODES: model.nodes,
        at.BY_NODE: model.arbitration == "node",
        at.REREADS_LAST: model.rereads_last,
        at.HOLD: model.hold_cycles * tick,
        at.LOCAL_RESOLVE: model.local_resolve,
        at.READ_TICKS: at.NONE if occupancy is None else occupancy * tick,
        at.READ_PERCENT: model.read_occupancy_percent,
        at.MIN_TRANSFER: model.min_transfer_cycles * tick,
        at.RETENTION: model.retention_cycles * tick,
        at.HAS_OWNED: model.has_owned,
        at.LOAD_HIT: model.load_hit_cycles * tick,
        at.STORE_HIT: model.store_hit_cycles * tick,
        at.UPDATE_HIT: model.update_hit_cycles * tick,
        at.FENCE_TICKS: model.fence_cycles * tick,
        at.MISPREDICT: model.mispredict_cycles * tick,
        at.SMT: len(set(core_of)) < settings.cpus,
        at.SMT_PERCENT: model.smt_slowdown_percent,
        at.FRONT: at.LATEST,
        at.CHANCE_OF_ALL: seed_of(settings.seed, None),
        at.ALIVE: settings.cpus,
        at.COUNTED: bool((code.counters[:, 0, 0] >= 0).any()),
        at.IS_FIFO: code.program.promises.fifo,
        at.TRACKED: tracked,
        at.SYSTEM_CALL: settings.system_call_cycles * tick,
        at.WAKE_UP: settings.wake_up_cycles * tick,
        at.ALLOC_TICKS: settings.alloc_cycles * tick,
        at.DEFERRED: at.NONE,
        at.GRACE: at.NONE,
        at.L1_SETS: model.private[0].sets,
        at.L1_WAYS: model.private[0].ways,
        at.L2_SETS: model.private[-1].sets,
        at.L2_WAYS: model.private[-1].ways,
        at.L2_TICKS: model.private[-1].latency_cycles * tick,
        at.LAST_SETS: 0 if model.last is None else model.last.sets,
        at.LAST_WAYS: 0 if model.last is None else model.last.ways,
        at.LAST_TICKS: 0 if model.last is None else model.last.latency_cycles * tick,
    }
    for place_, value in values.items():
        cfg[place_] = int(value)
    return cfg


def _threads(code: Code, settings: Settings) -> NDArray[np.int64]:
    threads = np.zeros((settings.cpus, at.THREAD_COLUMNS), dtype=np.int64)
    threads[:, at.PC] = code.entries
    threads[:, at.BUFFER_LINE] = at.NONE
    threads[:, at.WAITS_FOR] = at.NONE
    threads[:, at.CHANCE] = [seed_of(settings.seed, thread) for thread in range(settings.cpus)]
    return threads


def _lines(placement: Placement) -> NDArray[np.int64]:
    lines = np.zeros((placement.lines, at.LINE_COLUMNS), dtype=np.int64)
    for column in (at.OWNER, at.SERVE_AT, at.QUEUE, at.LAST_NODE):
        lines[:, column] = at.NONE
    lines[:, at.HOME] = placement.home_of
    return lines


def _cores_at_distance(model: MachineModel, words: int) -> NDArray[np.uint64]:
    found = np.zeros((model.nodes, len(model.distance_names), words), dtype=np.uint64)
    node_of = np.array(model.node_of_core[: 64 * words])
    distances = np.array(model.distances)[:, node_of]
    bits = np.uint64(1) << np.arange(64, dtype=np.uint64)
    for word in range(words):
        there = distances[:, 64 * word : 64 * (word + 1)]
        for distance in range(len(model.distance_names)):
            found[:, distance, word] = ((there == distance) * bits[: there.shape[1]]).sum(axis=1, dtype=np.uint64)
    return found


def _on_core(model: MachineModel, core_of: list[int]) -> NDArray[np.int64]:
    on_core: list[list[int]] = [[] for _ in model.node_of_core]
    for thread, core in enumerate(core_of):
        on_core[core].append(thread)
    most = max(map(len, on_core))
    return np.array([some + [at.NONE] * (most - len(some)) for some in on_core], dtype=np.int64)


def _locks(code: Code) -> NDArray[np.int64]:
    locks = np.zeros((max(1, len(code.locks)), at.LOCK_COLUMNS), dtype=np.int64)
    for column in (at.FIRST_WAITER, at.LAST_WAITER, at.RELEASED_BY, at.ACQUIRED_AT):
        locks[:, column] = at.NONE
    return locks


def _storage(code: Code) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the pools, their records, and the record in which each cell lies."""
    record_of = np.full(code.cells.size, at.NONE, dtype=np.int32)
    pools = np.zeros((len(code.cells.heap), 4), dtype=np.int64)
    parts = []
    begin = 0
    for number, (struct, pool) in enumerate(code.cells.heap.items()):
        mine = np.zeros((pool.count, 5), dtype=np.int64)
        is_out = np.array(code.image.is_out[struct], dtype=bool)
        numbers = begin + np.arange(pool.count)
        mine[:, storage.IS_OUT] = is_out
        mine[:, storage.ADDRESS] = pool.base + pool.stride * np.arange(pool.count)
        mine[:, storage.POOL] = number
        record_of[pool.base : pool.end] = np.repeat(numbers, pool.stride)
        free = numbers[~is_out]
        mine[free - begin, storage.NEXT_FREE] = [*free[1:], at.NONE] if len(free) else []
        pools[number] = pool.base, pool.stride, pool.count, free[0] if len(free) else at.NONE
        parts.append(mine)
        begin += pool.count
    records = np.concatenate(parts) if parts else np.zeros((0, 5), dtype=np.int64)
    return pools, records, record_of


def _cache(level: CacheLevel, cores: int, *, tracked: bool) -> NDArray[np.int32]:
    return np.full((cores, level.sets * level.ways if tracked else 1), at.NONE, dtype=np.int32)


def _last(model: MachineModel, *, tracked: bool) -> NDArray[np.int64]:
    size = model.last.sets * model.last.ways if tracked and model.last is not None else 1
    return np.full((model.nodes, size, 2), at.NONE, dtype=np.int64)


def _start(arrays: State, settings: Settings) -> None:
    """Let every thread be due for the first time."""
    starts = _starts(arrays, settings)
    for column in (at.TIME, at.EVENT_AT, at.RUNS_FROM):
        arrays.threads[:, column] = starts
    keys = [tick << at.TIME_SHIFT | 1 << at.KIND_SHIFT | thread for thread, tick in enumerate(starts)]
    arrays.heap[: len(keys)] = sorted(keys)  # a sorted list is a heap
    arrays.cfg[at.HEAP] = len(keys)


def _starts(arrays: State, settings: Settings) -> list[int]:
    if settings.start == "spread":
        limit = SPREAD_CYCLES * settings.cpus
        chances = [_step(int(one)) for one in arrays.threads[:, at.CHANCE]]
        arrays.threads[:, at.CHANCE] = chances
        return [_below(one, limit) * at.TICKS_PER_CYCLE for one in chances]
    order, chance = list(range(settings.cpus)), int(arrays.cfg[at.CHANCE_OF_ALL])
    for last in range(settings.cpus - 1, 0, -1):
        chance = _step(chance)
        other = _below(chance, last + 1)
        order[last], order[other] = order[other], order[last]
    arrays.cfg[at.CHANCE_OF_ALL] = chance
    return [tick * at.TICKS_PER_CYCLE for _, tick in sorted(zip(order, range(settings.cpus), strict=True))]


def _step(state: int) -> int:
    state = (state * MULTIPLIER + INCREMENT) % 2**64
    return state - 2**64 if state >> 63 else state


def _below(state: int, limit: int) -> int:
    return (state >> 33) % 2**31 % limit
