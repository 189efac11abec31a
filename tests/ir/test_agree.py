"""One meaning: random programs compute the same, run in different ways and by interpreters that share nothing."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from tests.ir.byte_machine import ByteMachine, Stopped
from tests.ir.samples import ticket_program
from tests.strategies import single_threaded_programs

from lockwright.ir.arithmetic import Fault
from lockwright.ir.cells import Cells
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.layout import scalar
from lockwright.ir.program import Program, Shape
from lockwright.ir.table import Effect
from lockwright.ir.types import Array, Place, Pointer, StructRef, Value
from lockwright.ir.verify import verify
from lockwright.ir.waiting import waiting

SHAPE = Shape.plain(2)
FEW = settings(deadline=None, suppress_health_check=list(HealthCheck))


def outcome(program: Program, **options: int) -> tuple[str, list[int]]:
    """Return how `main` (or the only worker) ends, a fault or nothing, and the memory that it leaves."""
    interpreter = Interpreter(Cells(program, SHAPE), **options)  # type: ignore[arg-type]
    try:
        interpreter.call(program.workers[0].function)
    except Fault as fault:
        return fault.kind, interpreter.image.memory
    return "", interpreter.image.memory


def outcome_in_bytes(program: Program) -> tuple[str, list[int]]:
    """Return the same of the byte machine, its memory told in cells."""
    machine, cells, fault = ByteMachine(program, SHAPE), Cells(program, SHAPE), ""
    try:
        machine.call("main", [])
    except Stopped as stopped:
        fault = str(stopped)
    pairs = [pair for one in program.globals.values() for pair in places(machine, cells, one.name, one.type)]
    cell_of = {0: 0} | {byte: cell for byte, cell, _ in pairs}
    nodes = machine.root["nodes"], cells.root["nodes"]
    node = StructRef("Node")
    for index in range(3):  # the address of a node is that of its first field
        assert cell_of[nodes[0] + index * machine.layout.size(node)] == nodes[1] + index * cells.stride(node)
    values = {cell: (machine.read(byte, kind), kind) for byte, cell, kind in pairs}
    told = [cell_of[value] if isinstance(kind, Pointer) else value for _, (value, kind) in sorted(values.items())]
    return fault, [0, *told]


def places(machine: ByteMachine, cells: Cells, name: str, place: Place) -> Iterator[tuple[int, int, Value]]:
    yield from _places(machine, cells, machine.root[name], cells.root[name], place)


def _places(machine: ByteMachine, cells: Cells, byte: int, cell: int, place: Place) -> Iterator[tuple[int, int, Value]]:
    """Yield every scalar: its byte, its cell, its type."""
    value = scalar(place)
    if value is not None:
        yield byte, cell, value
    elif isinstance(place, Array):
        size, stride = machine.layout.size(place.element), cells.stride(place.element)
        for index in range(SHAPE.length(place.length)):
            yield from _places(machine, cells, byte + index * size, cell + index * stride, place.element)
    elif isinstance(place, StructRef):
        for one in machine.program.structs[place.name].fields:
            at = byte + machine.layout.offset(place.name, one.name), cell + cells.offset(place.name, one.name)
            yield from _places(machine, cells, *at, one.type)


def agrees(program: Program) -> None:
    """Compare all that there is to run a program on one thread."""
    expected = outcome(program)
    inlined = verify(inline(program))
    steps = [one.entry.effect for block in inlined.functions["main"].blocks for one in block.instructions]
    assert Effect.CALL not in steps
    assert outcome(inlined) == expected
    assert outcome_in_bytes(program) == expected


@settings(FEW, max_examples=12)
@given(single_threaded_programs(calls=True, may_fault=True))
def test_cells_bytes_and_inlined_code_agree(program: Program) -> None:
    agrees(program)


@settings(FEW, max_examples=12)
@given(single_threaded_programs(calls=True))
def test_waiting_told_from_working_agrees(program: Program) -> None:
    assert outcome(verify(waiting(inline(program)).program)) == outcome(program)


@pytest.mark.slow
@settings(FEW, max_examples=400)
@given(single_threaded_programs(calls=True, may_fault=True, statements=10))
def test_large_programs_agree(program: Program) -> None:
    agrees(program)


@pytest.mark.slow
@settings(FEW, max_examples=400)
@given(single_threaded_programs(calls=True, statements=10))
def test_large_programs_in_which_waiting_is_told_from_working_agree(program: Program) -> None:
    assert outcome(verify(waiting(inline(program)).program)) == outcome(program)


def test_a_lock_is_the_same_in_all_its_forms() -> None:
    program = ticket_program()
    expected = outcome(program, running=5)
    assert expected == ("", [0, 5, 5, 5])
    inlined = inline(program)
    assert outcome(inlined, running=5) == expected
    assert outcome(waiting(inlined).program, running=5) == expected
