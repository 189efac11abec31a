"""Random programs: the interpreter judges one thread, the plain explorer several, the plain simulator every tick."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.plain.threads import program as assembled
from tests.simulate.plain.against import MACHINES, Case, smt
from tests.simulate.running import CELL, Ending, end_of, ready, start_at
from tests.strategies import concurrent_programs, single_threaded_programs

from lockwright.check.plain.explore import check
from lockwright.check.plain.machine import Machine
from lockwright.ir.arithmetic import Fault
from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter, prepare
from lockwright.ir.program import Program, Shape
from lockwright.ir.waiting import waiting
from lockwright.simulate import places as at
from lockwright.simulate.build import Settings, build
from lockwright.simulate.program import prepared
from lockwright.simulate.seats import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.machines.model import MachineModel

QUICK = settings(suppress_health_check=list(HealthCheck), deadline=None)
PAIRS = tuple(smt(one, 1) for one in MACHINES[:2])
ALL_MACHINES = (*MACHINES, *PAIRS, *(replace(PAIRS[0], smt_slowdown_percent=percent) for percent in (60, 160)))
"""The last four have one core: its two threads share what they write."""
SPREADS = (1, 40, 200, 800)
"""Cycles over which threads begin."""
STUCK = frozenset({"deadlock", "lost_wakeup", "endless_await"})


# One thread.


def by_the_interpreter(program: Program) -> tuple[str, dict[str, int]]:
    """Return how `main` ends: a fault, or none and the plain cells."""
    cells, image = prepare(program, Shape.plain(1))
    try:
        Interpreter(cells, image).call("main")
    except Fault as fault:
        return fault.kind, {}
    values = list(zip(cells.cells, image.memory, strict=True))[1:]
    return "", {cell.name: value & CELL for cell, value in values if not cell.is_atomic}


def alone_as_interpreted(program: Program) -> None:
    code, state = ready(program, MACHINES[0], 1)
    found = end_of(code, state)
    fault, plain = by_the_interpreter(program)
    if fault == "assertion":  # a simulation counts it and goes on
        assert found.failed
    else:
        assert (found.fault, found.failed) == (fault, 0)
        assert found.fault or found.plain == plain


@settings(QUICK, max_examples=25)
@given(program=single_threaded_programs(may_fault=True))
def test_alone_as_interpreted(program: Program) -> None:
    alone_as_interpreted(program)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a program that is large
@settings(QUICK, max_examples=300)
@given(program=single_threaded_programs(calls=True, may_fault=True))
def test_alone_as_interpreted_on_many(program: Program) -> None:
    alone_as_interpreted(program)


# Several threads: whatever a run shows is what total store order allows.


def allowed(program: Program) -> tuple[set[tuple[tuple[str, int], ...]], set[str]]:
    """Return all ways in which plain cells may look at the end, and the kinds of faults."""
    made = waiting(inline(program))
    verdict = check(Machine(made.program, made.awaits, Shape.plain(len(program.workers)), "tso", 1))
    assume(verdict.is_exhausted)
    return {tuple(sorted(one)) for one in verdict.outcomes}, set(verdict.faults)


def endings(program: Program, machines: tuple[MachineModel, ...], seeds: int) -> Iterator[Ending]:
    """Yield how a program ends on machines, with threads that begin at times that differ."""
    threads = len(program.workers)
    for machine in machines:
        if machine.cpus < threads:
            continue
        code = prepared(program, shape_of(program, machine, threads), 4)
        for seed in range(seeds):
            state = build(code, machine, Settings(threads, seed))
            chance = Random(seed)
            spread = chance.choice(SPREADS)
            start_at(state, [4 * chance.randrange(spread) for _ in range(threads)])
            yield end_of(code, state)


def is_allowed(program: Program, machines: tuple[MachineModel, ...], seeds: int) -> None:
    outcomes, faults = allowed(program)
    for found in endings(program, machines, seeds):
        if found.status == at.ENDED:
            assert tuple(sorted(found.plain.items())) in outcomes
        else:
            assert found.status in (at.STUCK, at.WENT_ON)
            assert faults & STUCK


@settings(QUICK, max_examples=25)
@given(program=concurrent_programs(threads=(2, 2), operations=3, words=True, waits=True))
def test_only_what_total_store_order_allows(program: Program) -> None:
    is_allowed(program, ALL_MACHINES[::3], 4)


@pytest.mark.slow
@settings(QUICK, max_examples=150)
@given(program=concurrent_programs(threads=(2, 3), operations=4, words=True, waits=True))
def test_only_what_total_store_order_allows_on_many(program: Program) -> None:
    is_allowed(program, ALL_MACHINES, 8)


WARM = "seen = atomic_load @relaxed x\nseen = atomic_load @relaxed y\n"
READERS = ("seen = atomic_load @relaxed x", "seen = atomic_load @relaxed y") * 6
LITMUS = {
    "store buffering": (
        (f"{WARM}atomic_store @release x 1:u8\nsaw = atomic_load @acquire y\nstore p saw",
         f"{WARM}atomic_store @release y 1:u8\nsaw = atomic_load @acquire x\nstore q saw", *READERS),
        {(0, 0), (0, 1), (1, 0)}, set(),
    ),
    "store buffering, fenced": (
        (f"{WARM}atomic_store @release x 1:u8\nfence @seq_cst\nsaw = atomic_load @acquire y\nstore p saw",
         f"{WARM}atomic_store @release y 1:u8\nfence @seq_cst\nsaw = atomic_load @acquire x\nstore q saw", *READERS),
        {(0, 1), (1, 0), (1, 1)}, {(0, 0)},
    ),
    "store buffering, seq_cst": (
        (f"{WARM}atomic_store @seq_cst x 1:u8\nsaw = atomic_load @seq_cst y\nstore p saw",
         f"{WARM}atomic_store @seq_cst y 1:u8\nsaw = atomic_load @seq_cst x\nstore q saw", *READERS),
        {(0, 1), (1, 0), (1, 1)}, {(0, 0)},
    ),
    "message passing": (
        ("atomic_store @relaxed x 1:u8\natomic_store @relaxed y 1:u8",
         "flag = atomic_load @relaxed y\ndata = atomic_load @relaxed x\nstore p flag\nstore q data"),
        {(0, 0), (0, 1), (1, 1)}, {(1, 0)},
    ),
    "load buffering": (
        ("saw = atomic_load @relaxed x\natomic_store @relaxed y 1:u8\nstore p saw",
         "saw = atomic_load @relaxed y\natomic_store @relaxed x 1:u8\nstore q saw"),
        {(0, 0), (0, 1), (1, 0)}, {(1, 1)},
    ),
}  # fmt: skip
"""The threads of each, what `p` and `q` are at some end, and what they never are.

A store is late only where its line is busy: the readers see to that, and that both lines are near at hand, `WARM`.
"""
SEEDS = 150


@pytest.mark.parametrize("name", LITMUS)
def test_litmus(name: str) -> None:
    """Whatever shows is allowed, and what is relaxed does show."""
    threads, shown, never = LITMUS[name]
    found = {(one.plain["p"], one.plain["q"]) for one in endings(assembled(*threads), MACHINES[:2], SEEDS)}
    assert shown <= found
    assert not found & never


# Several threads, tick by tick.


def same_as_plain(program: Program, machine: MachineModel, seed: int, start: str) -> None:
    threads = len(program.workers)
    assume(machine.cpus >= threads)
    case = Case(program, machine, threads, seed, start)
    engine = case.compiled(1)
    assume(engine.status != at.WENT_ON)  # somebody polls for ever
    plain = case.plain(1, engine.ticks + 100_000)
    assert (engine.memory, engine.accesses, engine.transfers) == (plain.memory, plain.accesses, plain.transfers)
    assert (engine.status == at.ENDED) == (plain.status == at.ENDED)
    assert engine.status != at.ENDED or engine.ticks == plain.ticks


@settings(QUICK, max_examples=40)
@given(
    concurrent_programs(words=True, waits=True),
    st.sampled_from(ALL_MACHINES),
    st.integers(0, 9),
    st.sampled_from(("spread", "together")),
)
def test_same_as_plain(program: Program, machine: MachineModel, seed: int, start: str) -> None:
    same_as_plain(program, machine, seed, start)


@pytest.mark.slow
@settings(QUICK, max_examples=1000)
@given(
    concurrent_programs(threads=(2, 4), operations=6, words=True, waits=True),
    st.sampled_from(ALL_MACHINES),
    st.integers(0, 99),
    st.sampled_from(("spread", "together")),
)
def test_same_as_plain_on_many(program: Program, machine: MachineModel, seed: int, start: str) -> None:
    same_as_plain(program, machine, seed, start)
