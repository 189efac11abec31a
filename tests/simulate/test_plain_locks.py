"""The plain coherence model: textbook locks, held against closed forms and published figures."""

from __future__ import annotations

import itertools
import math
from statistics import mean, median
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain import textbook
from tests.simulate.plain.machines import OLS, OPTERON, XEON
from tests.simulate.plain.memory import Memory
from tests.simulate.plain.run import begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulate.plain.textbook import Lock, Measured

    from lockwright.machines.model import MachineModel

THREADS = (6, 12, 24, 36, 48)
PUBLISHED_MOPS = {
    "tas": (2.00, 0.85, 0.32, 0.19, 0.17),
    "ttas": (1.35, 0.83, 0.42, 0.21, 0.14),
    "ticket": (2.05, 1.67, 1.32, 0.97, 0.65),
    "array": (2.10, 1.67, 1.36, 1.28, 1.27),
    "mcs": (2.40, 1.95, 1.66, 1.58, 1.52),
    "clh": (2.50, 1.98, 1.68, 1.58, 1.55),
}
"""SOSP 2013, figure 5, Opteron, by `THREADS`; read by eye."""

LOCKS: dict[str, Callable[[int, int, int], Lock]] = {
    "tas": lambda _threads, _queue, _ticket: textbook.tas(),
    "ttas": lambda _threads, _queue, _ticket: textbook.ttas(10),
    "ticket": lambda _threads, _queue, ticket: textbook.ticket(ticket),
    "array": lambda threads, queue, _: textbook.array(threads, queue),
    "mcs": lambda _threads, queue, _: textbook.mcs(queue),
    "clh": lambda threads, queue, _: textbook.clh(threads, queue),
}


def measured(name: str, threads: int, machine: MachineModel = OPTERON, cycles: int = 300_000) -> Measured:
    """Return what a lock did in the panel's loop, with the poll periods that fit it."""
    lock = LOCKS[name](threads, 600, 256)
    owners = threads if name in ("mcs", "clh") else 0
    programs = [textbook.panel(lock, 70, thread) for thread in range(threads)]
    return textbook.measure(machine, lock, programs, 1, cycles, owners=owners)


def fetch_and_add(machine: MachineModel, threads: int) -> float:
    programs = [textbook.counting(3) for _ in range(threads)]
    return textbook.measure(machine, None, programs, 1, 200_000).mops(machine.ghz)


@pytest.mark.parametrize("name", LOCKS)
def test_one_thread_only_hits(name: str) -> None:
    lock = {"tas": 18, "ttas": 3 + 18, "ticket": 18 + 3, "array": 18 + 3, "mcs": 1 + 1 + 18, "clh": 1 + 18 + 3}[name]
    unlock = {"tas": 1, "ttas": 1, "ticket": 1, "array": 1 + 1, "mcs": 3 + 18, "clh": 1}[name]
    period = lock + 3 + 1 + unlock + 70
    ticks = [tick for tick, _, _ in measured(name, 1).notes][50:]
    assert {after - before for before, after in itertools.pairwise(ticks)} == {4 * period}


@pytest.mark.parametrize("threads", [2, 3, 6])
def test_contended_counting_takes_one_transfer_each(threads: int) -> None:
    programs = [textbook.counting(3) for _ in range(threads)]
    ticks = [tick for tick, _, _ in textbook.measure(OPTERON, None, programs, 1, 50_000, "together").notes][50:-1]
    assert {after - before for before, after in itertools.pairwise(ticks)} == {4 * 110}


def test_contended_counting_is_the_clock_over_the_mean_transfer() -> None:
    near, far = 110, mean((110, 197, *[216] * 3, *[296] * 3))
    assert fetch_and_add(OPTERON, 6) == pytest.approx(2100 / near, rel=0.01)
    assert fetch_and_add(OPTERON, 48) == pytest.approx(2100 / far, rel=0.15)  # the order of the queue is one of many
    assert fetch_and_add(XEON, 10) == pytest.approx(2130 / 120, rel=0.01)


@pytest.mark.parametrize("name", ["ticket", "array", "mcs", "clh"])
def test_queues_are_first_come_first_served(name: str) -> None:
    threads = 5
    order = [thread for _, thread, _ in measured(name, threads).notes]
    saturated = order[100:-threads]
    assert len(saturated) > 200
    assert all(saturated[place] == saturated[place + threads] for place in range(len(saturated) - threads))


def test_a_spinner_asleep_costs_nothing() -> None:
    lock = textbook.ticket(0)
    programs = [textbook.section(lock, 100_000, 0, thread) for thread in range(4)]
    memory = Memory(OPTERON, textbook.line_of, textbook.home_of(OPTERON, 0))
    run = begin(OPTERON, memory, range(4), programs, 1, "together")
    run.until(4_000_000)
    assert len(run.notes) == 10
    assert sum(one.hits + one.misses for one in run.runners) < 100


def test_counters_on_one_line_disturb_each_other() -> None:
    programs = {
        owner: [textbook.panel(lock, 70, thread) for thread in range(24)]
        for owner, lock in ((place, textbook.ticket(256, place)) for place in (textbook.SECOND, textbook.FIRST + 8))
    }
    two, one = (textbook.measure(OPTERON, None, several, 1, 300_000).acquired for several in programs.values())
    assert one < 0.8 * two


@pytest.mark.slow
def test_the_published_panel_comes_out() -> None:
    """The bar of the compiled engine: a geometric-mean error of 1.12."""
    errors = [
        abs(math.log(measured(name, threads).mops(OPTERON.ghz) / published))
        for name, row in PUBLISHED_MOPS.items()
        for threads, published in zip(THREADS, row, strict=True)
    ]
    assert math.exp(mean(errors)) < 1.12


@pytest.mark.parametrize(("section_cycles", "share", "last_good"), [(400, 0.032, 8), (400, 0.02, 11), (1600, 0.02, 23)])
def test_the_published_collapses_come_out(section_cycles: int, share: float, last_good: int) -> None:
    """OLS 2012, figures 8 and 9: 9 to 10 CPUs, 12 to 13, 23 to 24."""
    think = round(section_cycles / share - section_cycles)

    def speedup(threads: int) -> float:
        lock = textbook.ticket(0, owner=textbook.FIRST + 8)
        programs = [textbook.section(lock, section_cycles, think, thread) for thread in range(threads)]
        runs = [textbook.measure(OLS, lock, programs, seed, 1_500_000, "together") for seed in (1,)]
        return median(one.acquired / one.cycles for one in runs) * (section_cycles + think)

    assert speedup(last_good) > 0.9 * last_good
    assert speedup(last_good + 2) < 0.5 * last_good
