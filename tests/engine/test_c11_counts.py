"""Exact sizes of the C11 state spaces of five locks: a reduction that loses or gains states changes a number here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.c11_locks import LOCKS, prepared, program_of

from lockwright.check.engine import c11
from lockwright.check.engine.run import explore
from lockwright.ir.program import Shape
from lockwright.language.compile import compile_target

STATES = {
    "ticket": {(2, 1): 12, (2, 2): 46, (3, 1): 22, (3, 2): 228},
    "ttas": {(2, 1): 17, (2, 2): 78, (3, 1): 62, (3, 2): 1129},
    "linux_ticket": {(2, 1): 11, (2, 2): 51, (3, 1): 31, (3, 2): 612},
    "clh": {(2, 1): 20, (2, 2): 60, (3, 1): 50, (3, 2): 334},
    "mcs": {(2, 1): 29, (2, 2): 198, (3, 1): 125, (3, 2): 4673},
}
FOR_EVER = {
    "ticket": (163, "lag 3"), "ttas": (382, ""), "linux_ticket": (68, "lag 3"), "clh": (153, ""), "mcs": (3918, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_runs_that_end(name: str) -> None:
    found = {}
    for threads, times in STATES[name]:
        _, flat, image, out = prepared(program_of(LOCKS[name]), threads)
        explored = c11.explore(flat, image, out, acquisitions=times)
        assert (explored.exhausted, explored.faults, explored.bound) == (True, [], "")
        found[threads, times] = explored.states
    assert found == STATES[name]


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_runs_for_ever(name: str) -> None:
    _, flat, image, out = prepared(program_of(LOCKS[name]), 3)
    explored = c11.explore(flat, image, out, acquisitions=None)
    assert (explored.exhausted, explored.faults) == (True, [])
    assert (explored.states, explored.bound) == FOR_EVER[name]


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_each_reduction_alone_keeps_the_verdict(name: str) -> None:
    _, flat, image, out = prepared(program_of(LOCKS[name]), 2)
    collect = replace(c11.RAW, collect=True)
    largest = c11.explore(flat, image, out, acquisitions=2, reductions=c11.RAW).states
    for switch in ("merge", "only_updated", "dominated", "raised", "awaits", "symmetry", "tickets", "constants"):
        reductions = replace(collect, **{switch: True})
        explored = c11.explore(flat, image, out, acquisitions=2, reductions=reductions)
        assert (explored.exhausted, explored.faults) == (True, [])
        assert explored.states <= largest


def test_a_budget_is_no_proof() -> None:
    _, flat, image, out = prepared(program_of(LOCKS["mcs"]), 3)
    explored = c11.explore(flat, image, out, acquisitions=2, states=100)
    assert (explored.exhausted, explored.reason) == (False, "states")


def test_readers_and_writers_of_one_word() -> None:
    """Who waits for a word that only updates write keeps no old message: 158,277 states with 3 threads x 2 before."""
    program = compile_target("bias_rwlock")
    found = {}
    for threads, times in ((2, 1), (2, 2), (3, 1), (3, 2), (4, 1)):
        explored = explore(program, Shape.plain(threads), "c11", times)
        assert (explored.exhausted, explored.faults) == (True, [])
        found[threads, times] = explored.states
    assert found == {(2, 1): 52, (2, 2): 243, (3, 1): 442, (3, 2): 4_209, (4, 1): 3_066}
