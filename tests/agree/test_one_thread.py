"""One thread alone: what the reference interpreter computes is the only outcome that any explorer finds."""

import pytest
from hypothesis import HealthCheck, given, settings
from tests.strategies import single_threaded_programs

from lockwright.check.engine.options import Options
from lockwright.check.engine.run import explore
from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.arithmetic import Fault
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter, prepare
from lockwright.ir.program import Program, Shape
from lockwright.ir.waiting import waiting

ALONE = Shape.plain(1)
MODELS = ("sc", "tso", "c11")
SLOW_TO_DRAW = settings(suppress_health_check=list(HealthCheck))

Ending = tuple[str, dict[str, int]]
"""A fault, or no fault and the plain cells at the end."""


def of_the_interpreter(program: Program) -> Ending:
    """Return how `main` ends in the reference interpreter."""
    cells, image = prepare(program, ALONE)
    try:
        Interpreter(cells, image).call("main")
    except Fault as fault:
        return fault.kind, {}
    values = zip(cells.cells, image.memory, strict=True)
    return "", {cell.name: value for cell, value in list(values)[1:] if not cell.is_atomic}


def of_the_plain_machine(program: Program, model: str) -> Ending:
    """Return the only way in which it ends in the plain explorer."""
    ready = waiting(inline(program))
    verdict = check(Machine(ready.program, ready.awaits, ALONE, model, 1))
    if verdict.faults:
        assert len(verdict.faults) == 1
        return next(iter(verdict.faults)), {}
    (outcome,) = verdict.outcomes
    return "", dict(outcome)


def of_the_engine(program: Program, model: str) -> Ending:
    """Return the only way in which it ends in the compiled explorer."""
    found = explore(program, ALONE, model, 1, Options(outcomes=True))
    assert found.exhausted, found.reason
    if found.faults:
        assert len(found.faults) == 1
        return found.faults[0].kind, {}
    assert found.outcomes is not None
    (outcome,) = found.outcomes
    names = [cell.name for cell in list(found.cells.cells)[1:] if not cell.is_atomic]
    return "", dict(zip(names, outcome, strict=True))


@settings(SLOW_TO_DRAW, max_examples=8)
@given(program=single_threaded_programs(may_fault=True))
@pytest.mark.parametrize("model", MODELS)
def test_the_plain_machine_agrees(program: Program, model: str) -> None:
    assert of_the_plain_machine(program, model) == of_the_interpreter(program)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a program that is large
@settings(SLOW_TO_DRAW, max_examples=40)
@given(program=single_threaded_programs(calls=True, may_fault=True))
@pytest.mark.parametrize("model", MODELS)
def test_the_plain_machine_agrees_on_many(program: Program, model: str) -> None:
    assert of_the_plain_machine(program, model) == of_the_interpreter(program)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a program that is large
@settings(SLOW_TO_DRAW, max_examples=40)
@given(program=single_threaded_programs(calls=True, may_fault=True))
@pytest.mark.parametrize("model", MODELS)
def test_the_engine_agrees_on_many(program: Program, model: str) -> None:
    assert of_the_engine(program, model) == of_the_interpreter(program)
