"""The whole latency table: what is stated, what rules fill, and what is still missing.

The rules, where a row is not stated:

1. `cas`, `fai`, `tas` and `swap` cost what `atomic` costs.
2. A line in E costs what one in M costs, and the other way round: one cache has it.
3. A line in O costs what one in S costs: other copies must go.
4. A store or update of a line that no cache has costs a load from memory, and what it costs more than a load on a line
   in E.
5. On a mesh, latency grows by the same with every hop between the nearest and the farthest tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.machines.model import OPERATIONS, STATES
from lockwright.machines.schema import ATOMIC

if TYPE_CHECKING:
    from lockwright.machines.deriving import Resolved
    from lockwright.machines.number import Number
    from lockwright.machines.topology import Topology

_ELSE = {"E": "M", "M": "E", "O": "S"}


@dataclass(frozen=True, slots=True)
class Latency:
    """What one access costs: cycles, and the stated number or the rule that they come from."""

    cycles: float
    number: Number | None = None
    rule: str = ""


Table = dict[tuple[str, str, str], Latency]


def fill(machine: Resolved) -> tuple[Table, list[str]]:
    """Return the table by (operation, state, distance), and the names of what is missing in it."""
    table: Table = {}
    missing: list[str] = []
    for operation in OPERATIONS:
        for state in _states(machine):
            for distance in machine.topology.distances:
                found = _found(machine, operation, state, distance)
                if found is None:
                    missing.append(f"{row_of(machine, operation)}.{state}.{distance}")
                else:
                    table[operation, state, distance] = found
    return table, list(dict.fromkeys(missing))


def _states(machine: Resolved) -> tuple[str, ...]:
    """Return the states of the protocol: O only where it has that."""
    owned = machine.numbers.get("owned")
    return tuple(one for one in STATES if one != "O" or owned is None or owned.value)


def row_of(machine: Resolved, operation: str) -> str:
    """Return the name under which a row is told that is not stated: `atomic`, unless updates are stated apart."""
    is_apart = any(name.startswith(f"{operation}.") for name in machine.numbers)
    return operation if operation in {"load", "store"} or is_apart else ATOMIC


def _found(machine: Resolved, operation: str, state: str, distance: str) -> Latency | None:
    stated = _stated(machine, operation, state, distance)
    if stated is not None:
        return stated
    instead = _ELSE.get(state)
    if instead is not None:
        other = _stated(machine, operation, instead, distance)
        return None if other is None else Latency(other.cycles, None, f"as a line in {instead}")
    if state == "I" and operation != "load":
        return _from_memory(machine, operation, distance)
    return None


def _stated(machine: Resolved, operation: str, state: str, distance: str) -> Latency | None:
    for row in (operation, ATOMIC) if operation not in {"load", "store"} else (operation,):
        name = f"{row}.{state}.{distance}"
        cycles = machine.cycles(name)
        if cycles is not None:
            return Latency(cycles, machine.numbers[name])
    return None


def _from_memory(machine: Resolved, operation: str, distance: str) -> Latency | None:
    memory = _found(machine, "load", "I", distance)
    load = _found(machine, "load", "E", distance)
    write = _found(machine, operation, "E", distance)
    if memory is None or load is None or write is None:
        return None
    more = max(0.0, write.cycles - load.cycles)
    return Latency(memory.cycles + more, None, "as load.I, and what a write costs more than a load on a line in E")


def whole(table: Table, topology: Topology) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return the table as executors read it: [operation][state][distance class], whole cycles.

    A state that the protocol does not have gets the numbers of S, which nobody reads.
    """
    return tuple(tuple(_classes(table, topology, operation, state) for state in STATES) for operation in OPERATIONS)


def _classes(table: Table, topology: Topology, operation: str, state: str) -> tuple[int, ...]:
    known = state if (operation, state, topology.distances[0]) in table else "S"
    cycles = [table[operation, known, distance].cycles for distance in topology.distances]
    if topology.mesh is None:
        return tuple(max(1, round(one)) for one in cycles)
    nearest, farthest = cycles
    steps = max(1, topology.longest_way - 1)
    slope = (farthest - nearest) / steps
    return tuple(max(1, round(nearest + slope * (hops - 1))) for hops in range(topology.longest_way + 1))
