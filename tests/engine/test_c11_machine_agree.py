"""Halts, kicks, park, events and futexes under C11: the compiled explorer sees what the plain one sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.verdicts import STUCK, Seen, by_engine, by_plain
from tests.random_machines import machine_programs

from lockwright.check.engine.run import Options
from lockwright.ir.program import Program, Shape

MOST = 2_000
SHAPES = st.sampled_from([Shape((0, 1), (0, 0)), Shape((0, 0), (0, 0)), Shape((0, 1), (0, 2), (0, 2))])
BRIEF = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def seen_with(program: Program, shape: Shape, options: Options) -> Seen:
    """Return what the compiled explorer says; under C11 the search itself says who is stuck."""
    seen, _ = by_engine(program, shape, "c11", 1, options)
    return replace(seen, faults=seen.faults - STUCK, is_stuck=bool(seen.faults & STUCK))


def compare(program: Program, shape: Shape) -> None:
    """Check that both explorers see the same, reduced and not; a race ends a path, and merging moves it."""
    plain = by_plain(program, shape, "c11", 1, MOST)
    if plain is None:
        return
    expected, _ = plain
    assert seen_with(program, shape, Options.raw(outcomes=True)) == expected
    for options in (Options(), Options(outcomes=True)):
        reduced = seen_with(program, shape, options)
        assert ("data_race" in reduced.faults) == ("data_race" in expected.faults)
        if "data_race" not in expected.faults:
            wanted = expected if options.outcomes else replace(expected, outcomes=reduced.outcomes)
            assert reduced == wanted


@BRIEF
@given(machine_programs(handlers=0, futexes=True), SHAPES)
def test_sleep(program: Program, shape: Shape) -> None:
    compare(program, shape)


@pytest.mark.slow
@LONG
@given(machine_programs(handlers=0, futexes=True), SHAPES)
def test_hundreds_of_sleepers(program: Program, shape: Shape) -> None:
    compare(program, shape)


@pytest.mark.slow
@LONG
@given(machine_programs(handlers=0, futexes=True, threads=3, cpus=3))
def test_three_sleepers(program: Program) -> None:
    compare(program, Shape.plain(3))


@pytest.mark.slow
@LONG
@given(machine_programs(handlers=0, futexes=True, threads=3, cpus=3, symmetric=True))
def test_sleepers_that_are_alike(program: Program) -> None:
    compare(program, Shape.plain(3))
