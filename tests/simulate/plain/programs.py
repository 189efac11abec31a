"""A compiled program on the plain coherence model, run by its flat code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulate.plain.flatcode import CELL, Code, Rounds, Walk
from tests.simulate.plain.memory import Memory
from tests.simulate.plain.run import begin

from lockwright.flat.flatten import flatten
from lockwright.ir.awaits import find_awaits
from lockwright.ir.inline import entries, inline
from lockwright.ir.interpreter import prepare
from lockwright.ir.program import Shape
from lockwright.ir.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulate.plain.run import Run

    from lockwright.flat.program import Flat
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel


@dataclass(frozen=True, slots=True)
class Ready:
    """A program for some threads of a machine: its flat code, and memory as `setup` leaves it."""

    flat: Flat
    program: Program
    content: dict[int, int]
    counted: frozenset[int]  # rows where loops restart that count their rounds


def shape_of(machine: MachineModel, threads: int) -> Shape:
    """Return the first CPUs of a machine, a thread on each; there are no others."""
    nodes = tuple(machine.node_of_core[core] for core in machine.core_of_cpu[:threads])
    return Shape(tuple(range(threads)), nodes, tuple(range(machine.nodes)))


def ready(program: Program, machine: MachineModel, threads: int, spare_records: int = 4) -> Ready:
    """Return a program with its delays left in, for a thread on each of the first CPUs."""
    inlined = inline(program)
    awaits = {name: find_awaits(inlined, inlined.functions[name], counted=True) for name in entries(inlined)}
    cells, image = prepare(inlined, shape_of(machine, threads), spare_records)
    content = {cell: value & CELL for cell, value in enumerate(image.memory)}
    flat = flatten(Waiting(inlined, awaits), cells)
    alike = zip(flat.awaits, (one for several in awaits.values() for one in several), strict=True)
    return Ready(flat, inlined, content, frozenset(row for row, one in alike if one.is_counted))


def start(
    made: Ready,
    machine: MachineModel,
    rounds: int,
    seed: int,
    how: str,
    line_of: Callable[[int], int],
    home_of: Callable[[int], int],
) -> Run:
    """Return a run that is about to start.

    Args:
        made: The program.
        machine: The machine; threads are on its first CPUs.
        rounds: How often `running` is true, for all threads together.
        seed: Of all chance.
        how: spread or together.
        line_of: The line of each cell.
        home_of: The node of each line.
    """
    memory = Memory(machine, line_of, home_of)
    memory.content.update(made.content)
    code, left = Code(made.flat, made.program, machine, made.counted), Rounds(rounds)
    threads = made.flat.cells.shape.thread_cpus
    walks = [Walk(code, thread, cpu, left).run() for thread, cpu in enumerate(threads)]
    return begin(machine, memory, threads, walks, seed, how)
