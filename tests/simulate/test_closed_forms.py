"""Where theory says what must come out: one CPU, one line, queueing networks, caches, false sharing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import ceil, comb, exp
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.against import Case
from tests.simulate.programs import DIES, FREE, SMALL, machine_of_one_die, work

from lockwright.language.compile import compile_contention, compile_target
from lockwright.machines import model as m
from lockwright.simulate.run import Settings, run_once

if TYPE_CHECKING:
    from lockwright.ir.program import Program
    from lockwright.machines.model import MachineModel

ROUNDS = 1000


def cycles_a_round(program: Program, machine: MachineModel, cpus: int, rounds: int = ROUNDS) -> float:
    """Return the time of one round of all threads together."""
    run = run_once(program, machine, Settings(cpus, measured_rounds=rounds))
    return run.simulated_cycles / rounds


# One CPU.


@pytest.mark.parametrize(
    ("body", "cycles"),
    [
        ("self.word.fetch_add(1, relaxed)", DIES.update_hit_cycles),
        ("self.word.store(1, relaxed)", DIES.store_hit_cycles),
        ("self.word.fetch_add(1, relaxed)\ncompute(100)\npause()", DIES.update_hit_cycles + 100 + DIES.pause_cycles),
    ],
)
def test_one_cpu(body: str, cycles: int) -> None:
    branch = 1
    assert cycles_a_round(work(body), DIES, 1) == cycles + branch


# One line: each transfer follows the one before at once.


@pytest.mark.parametrize("cpus", [2, 3, 6])
def test_additions_on_one_die(cpus: int) -> None:
    latency = DIES.latency_cycles[m.FETCH_ADD][m.MODIFIED][0]
    assert cycles_a_round(compile_target("fetch_and_add"), DIES, cpus) == latency


def test_additions_while_the_owner_keeps_the_line() -> None:
    """A transfer takes what it takes; before the line goes, its owner adds as often as fits into what was drawn."""
    machine = replace(DIES, retention_cycles=2 * DIES.update_hit_cycles)
    program, latency = compile_target("fetch_and_add"), DIES.latency_cycles[m.FETCH_ADD][m.MODIFIED][0]
    hit = cycles_a_round(program, DIES, 1)
    first = hit - DIES.update_hit_cycles  # what the loop does before it adds again
    own = fmean(ceil(max(0, kept / 4 - first) / hit) for kept in range(4 * machine.retention_cycles))
    found = cycles_a_round(program, machine, 2, 20_000)
    assert found == pytest.approx(latency / (1 + own), rel=0.02)


def test_additions_on_all_dies() -> None:
    """Every round takes what the machine says of the distance to who was served before, or to the home."""
    case = Case(compile_target("fetch_and_add"), DIES, DIES.cpus, 1, "spread")
    rounds = case.compiled(1500).rounds[1000:]
    nodes = [DIES.node_of_core[DIES.core_of_cpu[thread]] for _, thread in rounds]
    for (before, after), (here, there) in zip(itertools.pairwise(rounds), itertools.pairwise(nodes), strict=True):
        distance = max(DIES.distances[there][here], DIES.distances[there][0])
        assert after[0] - before[0] == 4 * DIES.latency_cycles[m.FETCH_ADD][m.MODIFIED][distance]


# A closed queueing network: threads think, then wait for one server.

THINK, HOLD, THREADS = 8000, 1000, 8
LONG = Settings(THREADS, measured_rounds=30_000, warm_up_rounds=1000)
EXPONENTIAL = """
with self.lock:
    compute(exponential({hold}))
compute(exponential({think}))
"""
MORE = "from lockwright.locks.mcs import McsLock\nfrom lockwright.structures.exponential import exponential"


def rate_with_fixed_service(think: float, hold: float, threads: int) -> float:
    """Return rounds for each unit of time of M/D/1 with a finite source, by the chain of what each departure leaves.

    Source: Takacs, "Introduction to the Theory of Queues" (1962), chapter 5: the finite source with general service.
    """
    arrives = 1 - exp(-hold / think)

    def joining(sources: int, count: int) -> float:
        return comb(sources, count) * arrives**count * (1 - arrives) ** (sources - count) if count <= sources else 0.0

    share = [1 / threads] * threads
    for _ in range(2000):
        new = [0.0] * threads
        for left, part in enumerate(share):
            inside = max(left, 1)  # with nobody there the next to come is served at once
            for count in range(threads - inside + 1):
                new[inside - 1 + count] += part * joining(threads - inside, count)
        share = new
    return 1 / (hold + share[0] * think / threads)


def rate_with_exponential_service(think: float, hold: float, threads: int) -> float:
    """Return the same of M/M/1 with a finite source: the machine repairman (Erlang)."""
    weight, total = 1.0, 1.0
    for inside in range(threads):
        weight *= (threads - inside) * hold / think
        total += weight
    return (1 - 1 / total) / hold


def check_queue(program: Program, expected: float) -> None:
    run = run_once(program, FREE, LONG)
    cycles = run.simulated_cycles / LONG.measured_rounds
    assert cycles == pytest.approx(1 / expected, rel=0.02)
    wait = run.latency_ns_mean * FREE.ghz  # from steps of a histogram
    assert wait == pytest.approx(THREADS / expected - THINK - HOLD, rel=0.08)  # Little's law


def test_fixed_service() -> None:
    program = compile_contention("mcs", hold=HOLD, think=THINK, is_exponential=1)
    check_queue(program, rate_with_fixed_service(THINK, HOLD, THREADS))


def test_exponential_service() -> None:
    program = work(EXPONENTIAL.format(hold=HOLD, think=THINK).strip(), "lock: McsLock", MORE)
    check_queue(program, rate_with_exponential_service(THINK, HOLD, THREADS))


# Caches.


READ = "if self.data[index].count.load(relaxed) == 9:\n        self.total = 1"
ADD = "self.data[index].count.fetch_add(1, relaxed)"


def cycles_of_all(records: int, what: str = READ) -> float:
    """Return the time for each of some records in turn, a line each, again and again."""
    body = f"for index in range({records}):\n    {what}"
    fields = f"data: Array[Line] = field(length={records})\ntotal: u32"
    program = work(body, fields, "class Line(Struct, align=64):\n    count: Atomic[u32]")
    alone = machine_of_one_die(SMALL, 1)
    run = run_once(program, alone, Settings(1, warm_up_rounds=3, measured_rounds=4))
    return run.simulated_cycles / 4


def test_a_step_for_each_level() -> None:
    """In turn a level has all of the records, or none: the difference is exactly its latency."""
    first = (cycles_of_all(12) - cycles_of_all(8)) / 4
    once = cycles_of_all(8) - 8 * first  # a round has its own costs
    second, last, memory = ((cycles_of_all(records) - once) / records for records in (48, 192, 1024))
    latencies = SMALL.private[0].latency_cycles, SMALL.private[1].latency_cycles
    assert second - first == pytest.approx(latencies[1] - latencies[0])
    assert SMALL.last is not None
    assert last - second == pytest.approx(SMALL.last.latency_cycles - latencies[1])
    assert memory - last == pytest.approx(136 - SMALL.last.latency_cycles)


def test_what_was_written_goes_back_to_the_last_level() -> None:
    """Records that fit the last level are fetched from there, not from memory, though they had been written."""
    assert SMALL.last is not None
    first = (cycles_of_all(12, ADD) - cycles_of_all(8, ADD)) / 4
    once = cycles_of_all(8, ADD) - 8 * first
    last, memory = ((cycles_of_all(records, ADD) - once) / records for records in (192, 1024))
    assert last - first == pytest.approx(SMALL.last.latency_cycles - SMALL.update_hit_cycles)
    assert memory - last == pytest.approx(136 - SMALL.last.latency_cycles)


def test_false_sharing() -> None:
    """Who adds to a word of its own pays for a transfer only if others write the line."""
    more = "class Mine(Struct{align}):\n    count: Atomic[u32]"
    body, fields = "self.data[cpu()].count.fetch_add(1, relaxed)", "data: Array[Mine] = field(length=4)"
    apart, shared = (work(body, fields, more.format(align=align)) for align in (", align=64", ""))
    alone = cycles_a_round(apart, DIES, 1)
    assert cycles_a_round(apart, DIES, 4) == pytest.approx(alone / 4, rel=0.01)
    assert cycles_a_round(shared, DIES, 4) == DIES.latency_cycles[m.FETCH_ADD][m.MODIFIED][0]


def test_padding_is_what_the_machine_says() -> None:
    """A line twice as long holds what two short ones do."""
    more = "class Mine(Struct, align=64):\n    count: Atomic[u32]"
    body, fields = "self.data[cpu()].count.fetch_add(1, relaxed)", "data: Array[Mine] = field(length=4)"
    program = work(body, fields, more)
    assert cycles_a_round(program, replace(DIES, line_bytes=128), 2) > 5 * cycles_a_round(program, DIES, 2)
