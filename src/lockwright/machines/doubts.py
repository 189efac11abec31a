"""Numbers of a machine that can stand in a file, and that hardly any hardware has."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lockwright.machines.model import OPERATIONS, STATES

if TYPE_CHECKING:
    from lockwright.machines.model import MachineModel


def doubts(model: MachineModel) -> tuple[str, ...]:
    """Return what is odd, each as a sentence: a line that comes from afar sooner than from nearby.

    Updates that all cost the same are told once.
    """
    found: dict[str, None] = {}
    for operation, states in zip(OPERATIONS, model.latency_cycles, strict=True):
        name = "atomic" if operation not in ("load", "store") and len(set(model.latency_cycles[2:])) == 1 else operation
        for state, row in zip(STATES, states, strict=True):
            for (near, cycles), (far, fewer) in itertools.pairwise(zip(model.distance_names, row, strict=True)):
                if fewer < cycles:
                    told = f"{name}.{state}.{far} = {fewer:,} cycles is less than {name}.{state}.{near} = {cycles:,}"
                    found.setdefault(told)
    return tuple(found)
