"""Several threads: the compiled explorers find what the plain explorer finds, outcomes and faults, in every model."""

import pytest
from hypothesis import HealthCheck, given, settings
from tests.strategies import concurrent_programs

from lockwright.check.engine.options import Options
from lockwright.check.engine.run import explore
from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.inline import inline
from lockwright.ir.program import Program, Shape
from lockwright.ir.waiting import waiting

pytestmark = pytest.mark.slow  # kernels are compiled
MODELS = ("sc", "tso", "c11")
SLOW_TO_DRAW = settings(suppress_health_check=list(HealthCheck), max_examples=40)

Found = tuple[frozenset[str], frozenset[tuple[int, ...]]]
"""Kinds of faults, and the plain cells at the ends of all runs."""


def by_the_plain_machine(program: Program, model: str) -> Found:
    """Return what the plain explorer finds."""
    ready = waiting(inline(program))
    shape = Shape.plain(len(program.workers))
    verdict = check(Machine(ready.program, ready.awaits, shape, model, 1))
    assert verdict.is_exhausted
    return frozenset(verdict.faults), frozenset(tuple(v for _, v in one) for one in verdict.outcomes)


def by_the_engine(program: Program, model: str, options: Options) -> Found:
    """Return what the compiled explorer finds."""
    found = explore(program, Shape.plain(len(program.workers)), model, 1, options)
    assert found.exhausted, found.reason
    assert found.outcomes is not None
    return frozenset(one.kind for one in found.faults), frozenset(found.outcomes)


@SLOW_TO_DRAW
@given(program=concurrent_programs(threads=(2, 2), operations=3, plain=False))
@pytest.mark.parametrize("model", MODELS)
def test_outcomes_with_all_reductions(program: Program, model: str) -> None:
    assert by_the_engine(program, model, Options(outcomes=True)) == by_the_plain_machine(program, model)


@SLOW_TO_DRAW
@given(program=concurrent_programs(threads=(2, 3), operations=2, words=True))
@pytest.mark.parametrize("model", MODELS)
def test_outcomes_without_reductions(program: Program, model: str) -> None:
    assert by_the_engine(program, model, Options.raw(outcomes=True)) == by_the_plain_machine(program, model)
