"""Where the threads of a run are: CPUs and NUMA nodes, from what `@workers` asks and which nodes the run has.

1. A thread with `cpu=` is on that CPU; threads that name the same CPU share it.
2. A thread with `node=` has a CPU of its own on that node.
3. Every other thread has a CPU of its own: on node 0, or, where the run names its nodes, on each of them in turn.
4. A run that names its CPUs has so many, and threads may have to share them; none is put on one that is offline.
5. Node ids may have holes: a run with the nodes 0 and 8 has two nodes, and per-node storage for the ids 0 to 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.ir.program import Shape
from lockwright.results import counted, listed, thread_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockwright.ir.program import Program, Worker

MOST_NODE_IDS = 64
"""Per-node storage has an element for every id up to the largest."""
MOST_CPUS = 16
"""Per-CPU storage has an element for every CPU."""


def shape_of(
    program: Program,
    threads: int,
    nodes: Sequence[int] = (),
    *,
    cpus: int | None = None,
    offline: Sequence[int] = (),
    migrates: bool = False,
) -> Shape:
    """Return the shape of a run with so many threads.

    Args:
        program: Whose workers say where they are.
        threads: How many threads, the fixed numbers of workers among them.
        nodes: The ids of the NUMA nodes that exist; by default 0 and up, as far as a worker names one.
        cpus: How many CPUs there are; by default as many as threads need that share none unasked.
        offline: The CPUs that are offline at first; threads are put on others.
        migrates: Whether threads may come to other CPUs.

    Raises:
        LockwrightError: A worker is on a node or CPU that the run lacks, an id cannot be one, or the workers are not so
            many.
    """
    workers = _workers(program, threads)
    known = _known(workers, nodes)
    _check_cpus(workers, cpus, offline)
    found = _cpus_of(workers, cpus, frozenset(offline))
    count = max(found) + 1 if cpus is None else cpus
    if any(not 0 <= cpu < count for cpu in offline):
        raise _refused(
            f"a CPU of {_shown(offline)} cannot be offline: this run has the CPUs 0 to {count - 1}",
            f"ask for more with `--cpus {max(offline) + 1}`",
        )
    node_of: dict[int, int] = {}
    turn = 0
    for worker, cpu in [*zip(workers, found, strict=True), *((None, cpu) for cpu in range(count if nodes else 0))]:
        if worker is not None and worker.node is not None:
            node_of[cpu] = worker.node
        elif cpu not in node_of:
            node_of[cpu] = known[turn % len(known)]
            turn += 1 if nodes else 0
    cpu_nodes = tuple(node_of.get(cpu, known[0]) for cpu in range(count))
    return Shape(tuple(found), cpu_nodes, known, tuple(sorted(set(offline))), migrates)


def _cpus_of(workers: Sequence[Worker | None], cpus: int | None, offline: frozenset[int]) -> list[int]:
    """Return the CPU of each thread: the one that its worker names, else the lowest with the fewest threads."""
    wanted = [one.cpu if one is not None else None for one in workers]
    load = dict.fromkeys((one for one in wanted if one is not None), 1)
    found: list[int] = []
    for cpu in wanted:
        if cpu is None:
            possible = [one for one in range(1024 if cpus is None else cpus) if one not in offline]
            cpu = min(possible, key=lambda one: load.get(one, 0))  # noqa: PLW2901 - the one that it gets
            load[cpu] = load.get(cpu, 0) + 1
        found.append(cpu)
    return found


def _check_cpus(workers: Sequence[Worker | None], cpus: int | None, offline: Sequence[int]) -> None:
    if cpus is not None and not 1 <= cpus <= MOST_CPUS:
        raise _refused(f"a run cannot have {cpus} CPUs", f"`--cpus 1` to `--cpus {MOST_CPUS}`")
    if cpus is not None and set(range(cpus)) <= set(offline):
        raise _refused("all CPUs are offline", "leave one of them out of `--offline`")
    for worker in workers:
        if worker is None or worker.cpu is None:
            continue
        name = worker.function.removeprefix("thread.")
        if cpus is not None and worker.cpu >= cpus:
            raise _refused(
                f"there is no CPU {worker.cpu} for the worker `{name}`: this run has {cpus}",
                f"`--cpus {worker.cpu + 1}`, or change `@workers(cpu=...)`",
            )
        if worker.cpu in offline:
            raise _refused(
                f"the worker `{name}` cannot run on CPU {worker.cpu}, which is offline",
                f"leave {worker.cpu} out of `--offline`, or change `@workers(cpu=...)`",
            )


def placement(shape: Shape) -> str:
    """Return where the threads are, `T1 on node 0, T2 and T3 on node 1`; empty where that goes without saying."""
    nodes, cpus = [shape.cpu_nodes[cpu] for cpu in shape.thread_cpus], shape.thread_cpus
    said = []
    if len(set(cpus)) < len(cpus):
        said.append(_grouped(cpus, "CPU"))
    if shape.node_ids != (0,):
        said.append(_grouped(nodes, "node"))
    if shape.node_ids != tuple(range(len(shape.node_ids))):
        is_one = len(shape.node_ids) == 1
        said.append(f"the only {'node is' if is_one else 'nodes are'} {_shown(shape.node_ids)}")
    if shape.offline:
        said.append(f"CPU {_shown(shape.offline)} offline")
    if shape.migrates:
        said.append("threads may come to other CPUs")
    return "; ".join(said)


def _grouped(places: Sequence[int], noun: str) -> str:
    names = {place: [thread_name(one) for one, other in enumerate(places) if other == place] for place in places}
    return ", ".join(f"{listed(names[place])} on {noun} {place}" for place in names)


def _workers(program: Program, threads: int) -> list[Worker | None]:
    """Return the worker that each thread is."""
    fixed = sum(one.count or 0 for one in program.workers)
    is_fixed = bool(program.workers) and all(one.count is not None for one in program.workers)
    if (is_fixed and threads != fixed) or threads < fixed:
        text = counted(fixed, "thread")
        raise _refused(
            f"there cannot be {counted(threads, 'thread')}: the workers of `{program.name}` are {text}",
            "leave `--threads` out, or change `@workers(...)`" if is_fixed else f"`--threads {fixed + 1}` or more",
        )
    found: list[Worker | None] = []
    for worker in program.workers:
        found += [worker] * (threads - fixed if worker.count is None else worker.count)
    return found or [None] * max(threads, 1)


def _known(workers: Sequence[Worker | None], nodes: Sequence[int]) -> tuple[int, ...]:
    wanted = {one.node: one for one in workers if one is not None and one.node is not None}
    if not nodes:
        return tuple(range(max([0, *wanted]) + 1))
    known = tuple(sorted(set(nodes)))
    if not 0 <= known[0] <= known[-1] < MOST_NODE_IDS:
        raise _refused(f"a run cannot have the nodes {_shown(nodes)}", f"node ids are 0 to {MOST_NODE_IDS - 1}")
    for node, worker in wanted.items():
        if node not in known:
            name = worker.function.removeprefix("thread.")
            raise _refused(
                f"there is no node {node} for the worker `{name}`",
                f"this run has the nodes {_shown(known)}: name {node} among them, or change `@workers(node=...)`",
            )
    return known


def _shown(nodes: Sequence[int]) -> str:
    return ", ".join(map(str, nodes))


def _refused(title: str, cure: str) -> LockwrightError:
    return LockwrightError([Diagnostic("U008", title, Label(NOWHERE), helps=(cure,))])
