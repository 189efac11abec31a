"""The end: all threads have finished, `at_rest` runs alone, and nothing may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.check.plain.values import wrap
from lockwright.ir.arithmetic import Fault
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.storage import Image
from lockwright.ir.types import Pointer

if TYPE_CHECKING:
    from lockwright.check.plain.machine import Machine
    from lockwright.check.plain.state import State
    from lockwright.ir.program import Instruction
    from lockwright.ir.types import Value


@dataclass(frozen=True, slots=True)
class Failure:
    """The assertion that failed at rest, what its author said of it, and what was read for it, oldest first."""

    instruction: Instruction | None
    detail: str
    reads: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AtRest:
    """The plain cells at the end, with their names, and the faults that show only then."""

    outcome: tuple[tuple[str, int], ...]
    faults: tuple[str, ...]
    failure: Failure | None = None


class _Reader(Interpreter):
    """The interpreter, with a note of the values that were read, the latest last."""

    reads: dict[str, int]

    def read(self, address: int, kind: Value) -> int:
        """Return the value at an address."""
        value, name = super().read(address, kind), self.cells.cell(address).name
        if not isinstance(kind, Pointer):  # it says nothing of what was conserved
            self.reads.pop(name, None)
            self.reads[name] = value
        return value


def at_rest(machine: Machine, state: State) -> AtRest:
    """Run `at_rest` and look for what nothing reaches any more."""
    image = _image(machine, state)
    kind, failure = _run(machine, image)
    faults = [*([kind] if kind else []), *(["leak"] if _leaks(machine, image) else [])]
    cells = list(machine.cells.cells)
    plain = ((cell.name, value) for cell, value in zip(cells[1:], image.memory[1:], strict=True) if not cell.is_atomic)
    return AtRest(tuple(plain), tuple(faults), failure)


def _image(machine: Machine, state: State) -> Image:
    kinds = list(machine.cells.cells)
    memory = [wrap(cell.type, state.memory.newest(address)) for address, cell in enumerate(kinds)]
    out = {
        struct: [region.base + index * region.stride in state.world.live for index in range(region.count)]
        for struct, region in machine.cells.heap.items()
    }
    return Image(memory, out, {struct: sum(one) for struct, one in out.items()})


def _run(machine: Machine, image: Image) -> tuple[str, Failure | None]:
    """Return the kind of the first fault and its place, or nothing."""
    interpreter = _Reader(machine.cells, image)
    interpreter.reads = {}
    for function in machine.program.at_rest:
        try:
            interpreter.call(function)
        except Fault as fault:
            kind = "at_rest" if fault.kind == "assertion" else fault.kind
            return kind, Failure(fault.instruction, fault.detail, tuple(interpreter.reads.items()))
    return "", None


def _leaks(machine: Machine, image: Image) -> bool:
    """Return whether nothing reaches some record that `at_rest` left allocated: neither a global nor such a record."""
    cells = list(machine.cells.cells)
    pools = {cell for region in machine.cells.heap.values() for cell in range(region.base, region.end)}
    waiting = [cell for cell in range(1, len(cells)) if cell not in pools]
    reached: set[int] = set()
    while waiting:
        cell = waiting.pop()
        record = machine.record_of(image.memory[cell]) if isinstance(cells[cell].type, Pointer) else None
        if record is not None and record not in reached:
            reached.add(record)
            waiting += range(record, record + _stride(machine, record))
    heap = machine.cells.heap
    live = {
        heap[struct].base + index * heap[struct].stride
        for struct, out in image.is_out.items()
        for index, is_out in enumerate(out)
        if is_out
    }
    return bool(live - reached)


def _stride(machine: Machine, record: int) -> int:
    return next(one.stride for one in machine.cells.heap.values() if one.base <= record < one.end)
