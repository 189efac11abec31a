"""The compiled explorer against the plain one: equal states without reductions, equal verdicts with each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine import hand_made
from tests.engine.verdicts import by_engine, by_plain
from tests.strategies import concurrent_programs, mutations, symmetric_programs

from lockwright.check.engine.run import Options
from lockwright.ir.program import Program, Shape

pytestmark = pytest.mark.slow

MOST = 6_000
REDUCTIONS = {
    "merged": Options(symmetry=False, partial_order=False, tickets=False),
    "partial order": Options(symmetry=False, tickets=False),
    "symmetry": Options(merge=False, partial_order=False, tickets=False, races=False),
    "tickets": Options(merge=False, partial_order=False, symmetry=False, races=False),
    "all": Options(),
    "all but dead registers": Options(dead_registers=False),
    "all but dead words": Options(dead_words=False),
    "no symmetry": Options(symmetry=False),
}


def compare(program: Program, threads: int, model: str, acquisitions: int) -> None:
    """Check that both explorers see the same, whatever is reduced."""
    shape = Shape.plain(threads)
    plain = by_plain(program, shape, model, acquisitions, MOST)
    if plain is None:
        return
    seen, states = plain
    raw, found = by_engine(program, shape, model, acquisitions, Options.raw(outcomes=True))
    assert raw == seen
    assert found.states == states
    for name, options in REDUCTIONS.items():
        for outcomes in (True, False):
            reduced, _ = by_engine(program, shape, model, acquisitions, replace(options, outcomes=outcomes))
            if "data_race" in reduced.faults:
                continue  # where plain accesses race, merging them may hide what else goes wrong
            assert (name, reduced.faults) == (name, raw.faults)
            assert (name, reduced.is_stuck) == (name, raw.is_stuck)
            if outcomes and "two_holders" not in raw.faults:
                assert (name, reduced.outcomes) == (name, raw.outcomes)


MODELS = pytest.mark.parametrize("model", ["sc", "tso"])
BRIEF = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@MODELS
@pytest.mark.parametrize("lock", ["ticket", "ttas"])
def test_good_locks(lock: str, model: str) -> None:
    compare(getattr(hand_made, lock)(), 2, model, 2)


@MODELS
@given(data=st.data())
@BRIEF
def test_mutants(model: str, data: st.DataObject) -> None:
    lock = data.draw(st.sampled_from([hand_made.ticket, hand_made.ttas]))()
    program, _ = data.draw(mutations(lock))
    compare(program, 2, model, data.draw(st.integers(1, 2)))


@MODELS
@given(program=concurrent_programs(words=True, waits=True))
@BRIEF
def test_random_threads(model: str, program: Program) -> None:
    compare(program, sum(worker.count or 1 for worker in program.workers), model, 1)


@MODELS
@given(program=symmetric_programs(waits=True))
@BRIEF
def test_random_symmetric_threads(model: str, program: Program) -> None:
    compare(program, 3, model, 1)
