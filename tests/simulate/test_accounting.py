"""Running cycles, stalls and idleness of all threads add up to time times CPUs, tick by tick."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.against import smt
from tests.simulate.programs import DIES, SMALL, work
from tests.simulate.running import run_on

from lockwright.language.compile import compile_contention
from lockwright.simulate import accounting
from lockwright.simulate import places as at
from lockwright.simulate.build import Settings, build
from lockwright.simulate.run import code_of, run_once

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel

PAIRS = replace(smt(DIES, 4), smt_slowdown_percent=170)
WAKES = """
if cpu() == 0:
    unpark(1)
    compute(3000)
else:
    park()
    self.word.fetch_add(1, relaxed)
"""


def contended(lock: str) -> Program:
    return compile_contention(lock, hold=300, think=500, is_exponential=1)


CASES = {
    "alone": (contended("tas"), DIES, 1),
    "queue": (contended("mcs"), DIES, 12),
    "spin": (contended("ticket"), DIES, 12),
    "backoff": (contended("ticket_backoff"), DIES, 6),
    "siblings": (contended("ttas"), PAIRS, 8),
    "futex": (contended("futex2"), DIES, 6),
    "small caches": (contended("linux_mutex"), replace(SMALL, private=SMALL.private), 6),
    "park": (work(WAKES.strip()), DIES, 2),
}


@pytest.mark.parametrize("cut", [1, 17, 60])
@pytest.mark.parametrize("name", CASES)
def test_every_tick_is_somewhere(name: str, cut: int) -> None:
    """Between any two rounds, whatever threads are in the middle of."""
    program, machine, cpus = CASES[name]
    settings = Settings(cpus, 3, "together")
    code = code_of(program, machine, settings)
    state = build(code, machine, settings)
    assert run_on(state, 40) == at.REACHED
    began = int(state.cfg[at.NOW])
    state.rows[:] = 0
    state.cfg[at.IDLE] = 0
    accounting.begin(code, state)
    assert run_on(state, 40 + cut) == at.REACHED
    accounting.end(code, state)
    ticks = int(accounting.ticks_of_rows(code, machine, state).sum() + state.cfg[at.IDLE])
    assert ticks == (int(state.cfg[at.NOW]) - began) * cpus


@pytest.mark.parametrize("name", CASES)
def test_the_profile_adds_up(name: str) -> None:
    """Each function, idleness, and the time itself lose less than a cycle to rounding."""
    program, machine, cpus = CASES[name]
    run = run_once(program, machine, Settings(cpus, 1, measured_rounds=1000))
    assert all(one.cycles >= 0 for one in run.profile)
    assert sum(one.share for one in run.profile) == pytest.approx(1)
    total = sum(one.cycles for one in run.profile) + run.idle_cycles
    assert abs(total - run.simulated_cycles * cpus) <= len(run.profile) + 1 + cpus


@pytest.mark.parametrize("name", ["futex", "park"])
def test_who_sleeps_is_idle(name: str) -> None:
    program, machine, cpus = CASES[name]
    run = run_once(program, machine, Settings(cpus, 1, measured_rounds=1000))
    assert run.idle_cycles > 0.1 * run.simulated_cycles


def test_spinning_is_charged_to_who_spins() -> None:
    """Eleven of twelve wait for a ticket: almost all of the time is their loop's."""
    program, machine, cpus = CASES["spin"]
    first = run_once(program, machine, Settings(cpus, 1, measured_rounds=1000)).profile[0]
    assert "lock" in first.name
    assert first.share > 0.5


def events_of(program: Program, machine: MachineModel, cpus: int) -> int:
    settings = Settings(cpus, 1, "together")
    state = build(code_of(program, machine, settings), machine, settings)
    run_on(state, 50)
    events = 0
    while run_on(state, 250, 1) == at.WENT_ON:
        events += 1
    return events


@pytest.mark.parametrize("lock", ["ticket", "mcs"])
def test_waiting_costs_no_events(lock: str) -> None:
    """A section a hundred times as long makes its waiters wait as much longer, and nothing else."""
    short, long = (compile_contention(lock, hold=hold) for hold in (1000, 100_000))
    assert events_of(short, DIES, 8) == events_of(long, DIES, 8)


@pytest.mark.parametrize("lock", ["ttas_backoff", "mcs", "linux_mutex"])
def test_a_seed_repeats_and_others_differ(lock: str) -> None:
    program = contended(lock)
    runs = [run_once(program, DIES, Settings(6, seed, measured_rounds=300)) for seed in (1, 1, 2)]
    first, again, other = (replace(one, host_seconds=0.0) for one in runs)
    assert repr(first) == repr(again)
    assert first.simulated_cycles != other.simulated_cycles
