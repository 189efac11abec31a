"""Which threads are interchangeable, so that states that differ only in who is who are one.

Threads are in one group if they run the same function and the program cannot tell them apart: not by their numbers
(`Kinds.told_apart`), and, where it looks at CPUs or NUMA nodes, only if they share theirs.
A permutation of a group renames: registers and stacks of its threads; cells and registers of kind thread; elements of
arrays as long as there are threads, and every address in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.inline import entries
from lockwright.ir.types import Array, Extent, StructRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.cells import Cells, Region
    from lockwright.ir.kinds import Kinds
    from lockwright.ir.program import Program, Shape, Worker
    from lockwright.ir.types import Place

_LOOKS_AT_CPUS = frozenset({
    "cpu", "cpu_online", "cpu_set_online", "halt", "halt_if", "kick", "raise_interrupt",
    "event_clear", "event_set", "event_pending", "event_poll", "event_send",
})  # fmt: skip
_KEEPS_CPUS = frozenset({"interrupts_off", "interrupts_restore", "preemption", "softirqs"})
_LOOKS_AT_NODES = frozenset({"numa_node", "alloc"})


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Groups of interchangeable threads, each of at least two, and why there are no more."""

    groups: tuple[tuple[int, ...], ...]
    why_not: tuple[str, ...]  # for a person; empty: all threads that run one function are interchangeable
    renamed: tuple[Region, ...]  # arrays whose elements move with the threads


def worker_of_thread(program: Program, threads: int) -> list[int]:
    """Return which worker each thread runs, in order; one without a count takes what the others leave."""
    left = max(0, threads - sum(worker.count or 0 for worker in program.workers))
    found: list[int] = []
    for index, worker in enumerate(program.workers):
        found += [index] * (left if worker.count is None else worker.count)
    return found[:threads]


def find_symmetry(
    program: Program, kinds: Kinds, shape: Shape, cells: Cells, placed: list[int] | None = None
) -> Symmetry:
    """Return which threads of a run are interchangeable.

    Args:
        program: Inlined.
        kinds: Of that program.
        shape: The run.
        cells: Made for that run.
        placed: The worker that each thread runs; without it as `worker_of_thread` says.
    """
    shared = _shared_regions(cells, kinds)
    renamed = tuple(
        region
        for region in cells.regions
        if region.index is Extent.THREADS and (region.base, region.stride) not in shared
    )
    if kinds.told_apart:
        return Symmetry((), kinds.told_apart, renamed)
    used = _used(program)
    has_own_handlers = any(handler.cpu is not None for handler in program.handlers)
    is_shared = len(set(shape.thread_cpus)) < len(shape.thread_cpus)
    keeps = is_shared and bool(program.handlers or used & _KEEPS_CPUS)
    by_cpu = not shape.migrates and bool(has_own_handlers or keeps or used & _LOOKS_AT_CPUS)
    by_node = not shape.migrates and bool(used & _LOOKS_AT_NODES)
    workers = worker_of_thread(program, len(shape.thread_cpus)) if placed is None else placed
    alike: dict[tuple[object, ...], list[int]] = {}
    for thread, worker in enumerate(workers):
        cpu = shape.thread_cpus[thread]
        key = (_job(program.workers[worker]), cpu if by_cpu else -1, shape.cpu_nodes[cpu] if by_node else -1)
        alike.setdefault(key, []).append(thread)
    groups = tuple(tuple(threads) for threads in alike.values() if len(threads) > 1)
    return Symmetry(groups, tuple(_reasons(used, program, by_cpu=by_cpu, by_node=by_node)), renamed)


def _shared_regions(cells: Cells, kinds: Kinds) -> set[tuple[int, int]]:
    """Return base and stride of the arrays that have as many elements as there are threads by chance."""
    if not kinds.shared_arrays:
        return set()
    return {
        (base, stride)
        for name, place in cells.program.globals.items()
        for base, stride, key in _thread_arrays(cells, cells.root[name], place.type, ("", name))
        if key in kinds.shared_arrays
    }


def _thread_arrays(
    cells: Cells, base: int, place: Place, key: tuple[str, str]
) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """Yield base, stride and owner of each array in a place that is as long as there are threads."""
    match place:
        case Array(element, length):
            stride = cells.stride(element)
            if length is Extent.THREADS:
                yield base, stride, key
            for index in range(cells.shape.length(length)):
                yield from _thread_arrays(cells, base + index * stride, element, key)
        case StructRef(name):
            for field in cells.program.structs[name].fields:
                yield from _thread_arrays(cells, base + cells.offset(name, field.name), field.type, (name, field.name))


def _job(worker: Worker) -> tuple[str, int | None, int | None]:
    return worker.function, worker.cpu, worker.node


def _used(program: Program) -> set[str]:
    """Return the instructions that threads and handlers use."""
    alone = {program.setup, *program.at_rest}
    return {
        one.op
        for name in entries(program)
        if name not in alone
        for block in program.functions[name].blocks
        for one in block.instructions
    }


def _reasons(used: set[str], program: Program, *, by_cpu: bool, by_node: bool) -> list[str]:
    looks = ", ".join(f"`{op}`" for op in sorted(used & _LOOKS_AT_CPUS))
    found = []
    if looks:
        found.append(f"it looks at CPUs ({looks})")
    elif by_cpu and program.handlers:
        found.append("a handler interrupts a CPU")
    if by_node:
        found.append("it looks at NUMA nodes")
    return found
