"""Which CPU of the machine each thread is on: those that its worker names, else the first that are free.

Threads are the CPUs that a program sees: thread 3 finds `cpu() == 3`, wherever on the machine it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.flat.flatten import assign
from lockwright.ir.program import Shape
from lockwright.simulate.troubles import no_room, no_such_node, not_its_cpu, too_many_cpus

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel


def seats(program: Program, model: MachineModel, threads: int) -> tuple[int, ...]:
    """Return the CPU of each thread.

    Raises:
        LockwrightError: The machine has too few CPUs, or not where a worker asks for one.
    """
    if threads > model.cpus:
        raise too_many_cpus(model.name, model.cpus, threads)
    workers = [program.workers[worker] for worker in assign(program, Shape.plain(threads))]
    free = list(range(model.cpus))
    found: dict[int, int] = {}
    for thread, worker in enumerate(workers):
        if worker.cpu is not None:
            if worker.cpu != thread or model.cpus <= worker.cpu:
                raise not_its_cpu(program, worker.function, worker.cpu, thread)
            found[thread] = worker.cpu
            free.remove(worker.cpu)
    for thread, worker in enumerate(workers):
        if worker.node is not None and thread not in found:
            if worker.node >= model.nodes:
                raise no_such_node(program, worker.function, worker.node, model.nodes)
            near = [cpu for cpu in free if model.node_of_core[model.core_of_cpu[cpu]] == worker.node]
            if not near:
                raise no_room(program, worker.function, worker.node)
            found[thread] = near[0]
            free.remove(near[0])
    for thread in range(len(workers)):
        if thread not in found:
            found[thread] = free.pop(0)
    return tuple(found[thread] for thread in range(len(workers)))


def shape_of(program: Program, model: MachineModel, threads: int) -> Shape:
    """Return the shape of a run: each thread on a CPU of its own, and the nodes of the whole machine."""
    nodes = tuple(model.node_of_core[model.core_of_cpu[cpu]] for cpu in seats(program, model, threads))
    return Shape(tuple(range(len(nodes))), nodes, tuple(range(model.nodes)))
