"""The compiled simulator and the plain one: every tick of every round, the memory, and the counts must be the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.against import MACHINES, Case
from tests.simulate.running import run_on

from lockwright.language.compile import compile_contention, compile_target, compile_text
from lockwright.simulate import places as at
from lockwright.simulate.build import Settings, build
from lockwright.simulate.run import code_of, run_once

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel

LOCKS = ("tas", "ttas", "ttas_backoff", "ticket", "ticket_backoff", "linux_ticket", "anderson", "mcs", "clh")
RUNS = ((1, "spread", 1), (2, "together", 1), (3, "spread", 2), (5, "together", 3), (8, "spread", 4))
"""Threads, start, seed."""


@cache
def compiled(lock: str) -> Program:
    return compile_target(lock)


def compare(case: Case, rounds: int) -> None:
    engine = case.compiled(rounds)
    assert engine.rounds
    plain = case.plain(len(engine.rounds), engine.rounds[-1][0] + 1)
    assert engine.rounds == plain.rounds


@pytest.mark.parametrize("machine", MACHINES[:2], ids=lambda one: one.name)
@pytest.mark.parametrize("lock", LOCKS)
def test_locks_on_two_machines(lock: str, machine: MachineModel) -> None:
    for threads, start, seed in RUNS[1:3]:
        compare(Case(compiled(lock), machine, threads, seed, start), 60)


SHARED = (7, 5, "together")
"""Threads on the four cores of a machine, of which three have two; seed, start."""


def busy(lock: str) -> Program:
    """Return a lock in a workload whose threads compute, so that those of one core do at one time."""
    return compile_contention(lock, hold=40, think=3000)


@pytest.mark.parametrize("machine", MACHINES[-3:], ids=lambda one: one.name)
@pytest.mark.parametrize("lock", ["ttas", "ticket_backoff", "linux_ticket", "mcs"])
def test_threads_that_share_cores_slow_each_other_down(lock: str, machine: MachineModel) -> None:
    """Or, at 60 %, speed each other up: whatever a machine says."""
    compare(Case(busy(lock), machine, *SHARED), 60)


def test_a_slowdown_changes_what_comes_out() -> None:
    """Else the comparison above would show nothing."""
    runs = [Case(busy("mcs"), one, *SHARED).compiled(60).rounds for one in (MACHINES[8], *MACHINES[-3:-1])]
    assert runs[0] != runs[1] != runs[2] != runs[0]


BOUNDED = """
from lockwright.language import Atomic, Struct, Workload, acquire, compute, pause, relaxed, release, running, u32


class Line(Struct, align=64):
    word: Atomic[u32]


class Work(Workload):
    owner: Line
    stop: Line
    next: Line

    def each_thread(self) -> None:
        while running():
            ticket = self.next.word.fetch_add(1, relaxed)
            while self.is_late(ticket):
                compute(300)
            compute(150)
            self.owner.word.store(ticket + 1, release)
            compute(WORK)

    def is_late(self, ticket: u32) -> bool:
        for _ in range(ROUNDS):
            if self.owner.word.load(acquire) == ticketMORE:
                return False
            pause()
        return True
"""
"""A ticket lock that spins for so many rounds, then looks away for a while."""
KINDS = {
    "few rounds": (12, "", 100),
    "as many as a section": (30, "", 700),
    "many rounds": (120, "", 100),
    "two lines": (40, " or self.stop.word.load(relaxed) == 1", 100),
}


def bounded(name: str) -> Program:
    rounds, more, work = KINDS[name]
    text = BOUNDED.replace("ROUNDS", str(rounds)).replace("MORE", more).replace("WORK", str(work))
    return compile_text(text, class_name="Work")


@pytest.mark.parametrize("machine", [MACHINES[0], MACHINES[-1]], ids=lambda one: one.name)
@pytest.mark.parametrize("name", KINDS)
def test_rounds_that_are_counted(name: str, machine: MachineModel) -> None:
    compare(Case(bounded(name), machine, 5, 3, "together"), 25)


def test_who_counts_rounds_sleeps() -> None:
    """Else the comparison above would show nothing: a section that is longer makes waiters wait, without events."""
    program = compile_contention("pv_ticket", hold=10_000)
    settings = Settings(8, 1, "together")
    state = build(code_of(program, MACHINES[0], settings), MACHINES[0], settings)
    run_on(state, 50)
    assert run_on(state, 100, 3000) == at.REACHED  # 50 sections of 10,000 cycles, seven waiters of 11 cycles a round


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: one.name)
@pytest.mark.parametrize("name", KINDS)
def test_rounds_that_are_counted_on_every_kind_of_machine(name: str, machine: MachineModel) -> None:
    for threads, start, seed in RUNS[2:]:
        compare(Case(bounded(name), machine, threads, seed, start), 60)


SEQLOCK = """
from lockwright.language import Atomic, Struct, Workload, acquire, compute, fence, pause, relaxed, release, running, u64
from lockwright.language import workers


class Clock(Struct, align=64):
    count: Atomic[u64]
    low: Atomic[u64]
    high: Atomic[u64]


class Work(Workload):
    clock: Clock

    @workers(1)
    def writer(self) -> None:
        while running():
            self.clock.count.store(self.clock.count.load(relaxed) + 1, relaxed)
            fence(release)
            self.clock.low.store(self.clock.low.load(relaxed) + 1, relaxed)
            self.clock.high.store(self.clock.high.load(relaxed) + 1, relaxed)
            self.clock.count.store(self.clock.count.load(relaxed) + 1, release)
            compute(2000)

    @workers(READERS)
    def reader(self) -> None:
        while running():
            while True:
                before = self.clock.count.load(acquire)
                if before & 1 != 0:
                    pause()
                    continue
                low = self.clock.low.load(relaxed)
                high = self.clock.high.load(relaxed)
                fence(acquire)
                if self.clock.count.load(relaxed) == before:
                    assert low == high
                    break
            compute(100)
"""
"""Readers that write nothing: who has ended a wait and comes to the same one again has not made a round of it."""


@pytest.mark.parametrize("machine", MACHINES[:3], ids=lambda one: one.name)
def test_readers_that_write_nothing(machine: MachineModel) -> None:
    program = compile_text(SEQLOCK.replace("READERS", "4"), class_name="Work")
    compare(Case(program, machine, 5, 2, "spread"), 200)


@pytest.mark.parametrize("machine", MACHINES[:3], ids=lambda one: one.name)
def test_readers_that_write_nothing_end(machine: MachineModel) -> None:
    program = compile_text(SEQLOCK.replace("READERS", "15"), class_name="Work")
    for seed in range(3):
        assert run_once(program, machine, Settings(16, seed, measured_rounds=2000)).failed_assertions == 0


TWO_WAITS = """
from lockwright.language import Array, Atomic, Ptr, Struct, Workload, acquire, compute, cpu, field, pause, release, u32


class Node(Struct):
    a: Atomic[u32]
    b: Atomic[u32]


class Work(Workload):
    nodes: Array[Node] = field(length=4)

    def each_thread(self) -> None:
        if cpu() == 0:
            compute(5000)
            self.nodes[1].a.store(1, release)
            compute(5000)
            self.nodes[1].b.store(1, release)
        else:
            self.wait(self.nodes[cpu()])

    def wait(self, node: Ptr[Node]) -> None:
        while node.a.load(acquire) == 0:
            pause()
        while node.b.load(acquire) == 0:
            pause()
"""


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: one.name)
def test_who_leaves_a_loop_for_another_on_the_same_line_has_left_it(machine: MachineModel) -> None:
    """Whether a round ends the loop is tried without end where what follows waits on the line that was read."""
    case = Case(compile_text(TWO_WAITS, class_name="Work"), machine, 2, 1, "together")
    engine = case.compiled(1)
    plain = case.plain(1, engine.ticks + 100_000)
    assert (engine.status, engine.ticks, engine.memory) == (plain.status, plain.ticks, plain.memory)
    assert engine.status == at.ENDED


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: one.name)
@pytest.mark.parametrize("lock", LOCKS)
def test_locks_on_every_kind_of_machine(lock: str, machine: MachineModel) -> None:
    for threads, start, seed in RUNS:
        compare(Case(compiled(lock), machine, threads, seed, start), 200)
