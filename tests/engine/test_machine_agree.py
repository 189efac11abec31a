"""Interrupts, sleep, storage and read sections: the compiled explorer sees what the plain one sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.verdicts import by_engine, by_plain
from tests.random_machines import machine_programs

from lockwright.check.engine.run import Options
from lockwright.ir.program import Program, Shape

pytestmark = pytest.mark.slow

MOST = 4_000
REDUCTIONS = {
    "merged": Options(symmetry=False, partial_order=False, tickets=False),
    "partial order": Options(symmetry=False, tickets=False),
    "all": Options(),
}
MODELS = pytest.mark.parametrize("model", ["sc", "tso"])
BRIEF = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SHAPES = st.sampled_from([Shape((0, 1), (0, 0)), Shape((0, 0), (0, 0)), Shape((0, 1), (0, 2), (0, 2), (1,))])


def compare(program: Program, shape: Shape, model: str, interrupts: int = 1) -> None:
    """Check that both explorers see the same, whatever is reduced."""
    plain = by_plain(program, shape, model, 1, MOST, interrupts)
    if plain is None:
        return
    seen, states = plain
    raw, found = by_engine(program, shape, model, 1, Options.raw(outcomes=True), interrupts)
    assert raw == seen
    if model == "sc":
        assert found.states == states
    else:  # a buffered store knows which row it is of: equal ones of two rows are two states
        assert found.states >= states
    for name, options in REDUCTIONS.items():
        for outcomes in (True, False):
            reduced, _ = by_engine(program, shape, model, 1, replace(options, outcomes=outcomes), interrupts)
            if "data_race" in reduced.faults:
                continue
            assert (name, reduced.faults) == (name, raw.faults)
            assert (name, reduced.is_stuck) == (name, raw.is_stuck)
            if outcomes:
                assert (name, reduced.outcomes) == (name, raw.outcomes)


@MODELS
@given(program=machine_programs(handlers=1), shape=SHAPES)
@BRIEF
def test_one_handler(model: str, program: Program, shape: Shape) -> None:
    compare(program, shape, model)


@MODELS
@given(program=machine_programs(handlers=2), shape=SHAPES, interrupts=st.integers(0, 2))
@BRIEF
def test_two_handlers(model: str, program: Program, shape: Shape, interrupts: int) -> None:
    compare(program, shape, model, interrupts)


@MODELS
@given(program=machine_programs(handlers=0), shape=SHAPES)
@BRIEF
def test_sleep(model: str, program: Program, shape: Shape) -> None:
    compare(program, shape, model)


@MODELS
@given(program=machine_programs(handlers=0, with_masks=True), nodes=st.sampled_from([(0, 0), (0, 2)]))
@BRIEF
def test_migration(model: str, program: Program, nodes: tuple[int, int]) -> None:
    compare(program, Shape((0, 1), nodes, tuple(sorted(set(nodes))), migrates=True), model)


@MODELS
@given(program=machine_programs(handlers=1))
@BRIEF
def test_migration_and_a_handler(model: str, program: Program) -> None:
    compare(program, Shape((0, 0), (0, 0), migrates=True), model)


@MODELS
@given(program=machine_programs(handlers=0, storage=True, threads=3, cpus=3))
@BRIEF
def test_storage(model: str, program: Program) -> None:
    compare(program, Shape.plain(3), model)


@MODELS
@given(program=machine_programs(handlers=1, storage=True))
@BRIEF
def test_storage_and_a_handler(model: str, program: Program) -> None:
    compare(program, Shape.plain(2), model)


@MODELS
@given(program=machine_programs(handlers=0, storage=True, threads=3, cpus=3, symmetric=True))
@BRIEF
def test_storage_of_interchangeable_threads(model: str, program: Program) -> None:
    compare(program, Shape.plain(3), model)


@MODELS
@given(program=machine_programs(handlers=1, symmetric=True), migrates=st.booleans())
@BRIEF
def test_a_handler_on_interchangeable_threads(model: str, program: Program, *, migrates: bool) -> None:
    compare(program, Shape((0, 1), (0, 0), migrates=migrates), model)
