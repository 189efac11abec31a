"""The machines on which engines are compared: `opteron48`, and one made up from it with 1,024 cores."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from lockwright.machines import load

if TYPE_CHECKING:
    from lockwright.machines.model import MachineModel


def widened(model: MachineModel, cores: int) -> MachineModel:
    """Return a machine with the dies of another one and more cores on each."""
    each = len(model.node_of_core) // model.nodes
    nodes = tuple(core // each % model.nodes for core in range(cores))
    return replace(model, name=f"{model.name} with {cores} cores", core_of_cpu=tuple(range(cores)), node_of_core=nodes)


@cache
def wide(cpus: int) -> MachineModel:
    """Return the smaller machine that has so many CPUs."""
    opteron = load("opteron48").model()
    return opteron if cpus <= opteron.cpus else widened(opteron, 1024)
