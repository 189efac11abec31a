"""The passes keep what a program computes: the reference interpreter is the judge, on random programs."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from tests.strategies import concurrent_programs, single_threaded_programs

from lockwright.ir.arithmetic import Fault
from lockwright.ir.dead_code import remove_dead_code
from lockwright.ir.delays import without_delays
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter, prepare
from lockwright.ir.program import Function, Program, Shape
from lockwright.ir.table import Effect
from lockwright.ir.tidy import tidy
from lockwright.ir.verify import verify
from lockwright.ir.waiting import waiting

SHAPE = Shape.plain(1)
pytestmark = pytest.mark.slow
FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def outcome(program: Program) -> tuple[str, tuple[int, ...]]:
    """Return the fault, if there is one, and the memory in the end."""
    cells, image = prepare(program, SHAPE)
    fault = ""
    try:
        Interpreter(cells, image).call("main")
    except Fault as found:
        fault = found.kind
    return fault, tuple(image.memory)


def with_main(program: Program, main: Function) -> Program:
    return replace(program, functions={**program.functions, "main": main})


@given(single_threaded_programs(calls=True, may_fault=True))
@FEW
def test_inlining_keeps_results_and_faults(program: Program) -> None:
    inlined = inline(program)
    verify(inlined)
    main = inlined.functions["main"]
    assert not [one for block in main.blocks for one in block.instructions if one.entry.effect is Effect.CALL]
    assert outcome(inlined) == outcome(program)


@given(single_threaded_programs(calls=True, may_fault=True))
@FEW
def test_dead_code_keeps_results_and_faults(program: Program) -> None:
    inlined = inline(program)
    shorter = with_main(inlined, remove_dead_code(inlined.functions["main"]))
    verify(shorter)
    assert outcome(shorter) == outcome(program)


@given(single_threaded_programs(calls=True, may_fault=True))
@FEW
def test_tidying_keeps_results_and_faults(program: Program) -> None:
    assert outcome(with_main(program, tidy(program.functions["main"]))) == outcome(program)


@given(single_threaded_programs(calls=True))
@FEW
def test_removing_delays_keeps_results(program: Program) -> None:
    inlined = inline(program)
    shorter = with_main(inlined, without_delays(inlined.functions["main"]))
    verify(shorter)
    assert outcome(shorter) == outcome(program)


@given(concurrent_programs(words=True, waits=True))
@FEW
def test_waiting_leaves_a_well_formed_program_and_is_done_once(program: Program) -> None:
    once = waiting(inline(program))
    verify(once.program)
    assert waiting(once.program) == once
