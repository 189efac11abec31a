"""The compiled C11 explorer against the plain one: the same faults and the same outcomes, raw and reduced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.c11_locks import prepared
from tests.strategies import concurrent_programs, symmetric_programs

from lockwright.check.engine import c11
from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.program import Shape

if TYPE_CHECKING:
    from lockwright.ir.program import Program

MOST_PLAIN_STATES = 10_000
COLLECT = replace(c11.RAW, collect=True)
EXACT = [
    COLLECT,
    replace(COLLECT, dominated=True, only_updated=True),
    replace(COLLECT, raised=True),
    replace(COLLECT, raised=True, awaits=True),
    replace(c11.Reductions(), symmetry=False, tickets=False),
]
"""Reductions that keep every outcome."""

agree = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def compare(program: Program, threads: int) -> None:
    ready, flat, image, out = prepared(program, threads)
    machine = Machine(ready.program, ready.awaits, Shape.plain(threads), "c11", None, cells=flat.cells)
    plain = check(machine, MOST_PLAIN_STATES)
    if not plain.is_exhausted:
        return
    kinds = set(plain.faults) - {"starvation"}
    outcomes = {tuple(value for _, value in one) for one in plain.outcomes}
    for reductions in (*EXACT, c11.Reductions()):
        explored = c11.explore(flat, image, out, acquisitions=None, reductions=reductions, outcomes=True)
        assert explored.exhausted
        found = {one.kind for one in explored.faults}
        if reductions.merge and "data_race" in kinds:  # a race ends a path, and merging moves it
            assert "data_race" in found
            continue
        assert found == kinds
        if not reductions.symmetry:
            assert explored.outcomes == outcomes


@agree
@given(concurrent_programs(operations=3))
def test_races_and_fences(program: Program) -> None:
    compare(program, len(program.workers))


@agree
@given(concurrent_programs(operations=3, plain=False, waits=True, words=True))
def test_awaits_and_words(program: Program) -> None:
    compare(program, len(program.workers))


@agree
@given(symmetric_programs(operations=3, waits=True), st.integers(2, 3))
def test_threads_that_are_alike(program: Program, threads: int) -> None:
    compare(program, threads)


@agree
@given(concurrent_programs(threads=(2, 2), operations=3, updates=True))
def test_words_that_only_updates_write(program: Program) -> None:
    compare(program, len(program.workers))


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(concurrent_programs(operations=3, updates=True))
def test_a_thousand_programs_with_updates(program: Program) -> None:
    compare(program, len(program.workers))


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(concurrent_programs(operations=3, waits=True, words=True))
def test_a_thousand_programs(program: Program) -> None:
    compare(program, len(program.workers))
