"""Flat code on the plain coherence model: what each row costs, and that locks lock."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.machines import OPTERON, XEON
from tests.simulate.plain.programs import Ready, ready, start

from lockwright.language.compile import compile_target, compile_text

if TYPE_CHECKING:
    from tests.simulate.plain.run import Run

    from lockwright.machines.model import MachineModel

LOCKS = ("tas", "ttas", "ticket", "linux_ticket", "anderson", "mcs", "clh")
TEXT = """
from lockwright.language import Atomic, Workload, relaxed, running, {imports}


class Work(Workload):
    word: Atomic[u32]

    def each_thread(self) -> None:
        while running():
            {body}
"""


@cache
def made(lock: str, machine: MachineModel, threads: int) -> Ready:
    return ready(compile_target(lock), machine, threads)


def run(one: Ready, machine: MachineModel, rounds: int, seed: int = 1) -> Run:
    """Run a program to its end, each cell on a line of its own."""
    begun = start(one, machine, rounds, seed, "together", lambda cell: cell, lambda _: 0)
    begun.until(10**9)
    assert all(runner.is_over for runner in begun.runners)
    return begun


def content(one: Ready, begun: Run, name: str) -> int:
    cells = one.flat.cells
    (cell,) = (address for address in range(cells.size) if cells.cell(address).name == name)
    return begun.memory.read(cell)


def ticks_a_round(body: str, imports: str = "u32") -> list[int]:
    """Return how long each round of a body took, by the difference that a round more makes."""
    one = ready(compile_text(TEXT.format(body=body, imports=imports), class_name="Work"), OPTERON, 1)
    ends = [run(one, OPTERON, rounds).now for rounds in range(2, 7)]
    return [after - before for before, after in itertools.pairwise(ends)]


@pytest.mark.parametrize(
    ("body", "imports", "cycles"),
    [
        ("self.word.fetch_add(1, relaxed)", "u32", 18),
        ("self.word.store(1, relaxed)", "u32", 1),
        ("compute(100)", "compute, u32", 100),
        ("pause()", "pause, u32", OPTERON.pause_cycles),
        ("fence(seq_cst)", "fence, seq_cst, u32", OPTERON.fence_cycles),
        ("fence(acquire)", "acquire, fence, u32", 0),
    ],
)
def test_a_round_costs_its_rows(body: str, imports: str, cycles: int) -> None:
    branch = 1
    assert ticks_a_round(body, imports) == [4 * (cycles + branch)] * 4


@pytest.mark.parametrize("machine", [OPTERON, XEON], ids=lambda one: one.name)
@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_lost(lock: str, machine: MachineModel) -> None:
    one = made(lock, machine, 4)
    begun = run(one, machine, 100)
    assert content(one, begun, "counter") == 100
    assert [what for _, _, what in begun.notes].count("lock_end") == 100


@pytest.mark.parametrize("lock", LOCKS)
def test_sections_do_not_overlap(lock: str) -> None:
    begun = run(made(lock, OPTERON, 4), OPTERON, 100)
    inside = [(thread, what) for _, thread, what in begun.notes if what in ("lock_end", "unlock_begin")]
    for entered, left in zip(inside[::2], inside[1::2], strict=True):
        assert entered == (left[0], "lock_end")


@pytest.mark.parametrize("lock", ["ticket", "anderson", "mcs"])
def test_waiters_sleep(lock: str) -> None:
    assert sum(one.slept for one in run(made(lock, OPTERON, 4), OPTERON, 100).runners) > 50


def test_who_waits_longer_the_more_are_ahead_polls() -> None:
    one = ready(compile_target("ticket_backoff"), OPTERON, 4)
    begun = run(one, OPTERON, 100)
    assert content(one, begun, "counter") == 100
    assert not any(runner.slept for runner in begun.runners)


def test_seeds_differ_and_repeat() -> None:
    one = made("ttas", OPTERON, 4)
    first, again, other = (run(one, OPTERON, 50, seed).notes for seed in (1, 1, 2))
    assert first == again
    assert first != other
