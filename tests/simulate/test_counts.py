"""How much work a run is, to the last access: whoever makes the engine faster may not make it do something else."""

from __future__ import annotations

import pytest

from lockwright.language.compile import compile_contention
from lockwright.machines import load
from lockwright.simulate.run import Settings, run_once

PINNED = {
    ("mcs", 1): (111_000, 14_000, 0),
    ("mcs", 2): (1_411_318, 24_000, 2_000),
    ("mcs", 8): (1_531_684, 22_000, 4_000),
    ("ticket", 1): (69_000, 12_000, 0),
    ("ticket", 2): (1_343_832, 14_000, 2_000),
    ("ticket", 8): (2_491_001, 37_879, 25_878),
}
"""Cycles, accesses with re-reads, and re-reads of 2,000 rounds; the C engine of `benchmarks/` takes as many cycles."""


@pytest.mark.parametrize(("lock", "cpus"), PINNED)
def test_a_seed_is_so_many_cycles_and_accesses(lock: str, cpus: int) -> None:
    settings = Settings(cpus, start="together", warm_up_rounds=200, measured_rounds=2000)
    seen = run_once(compile_contention(lock), load("opteron48").model(), settings)
    assert (seen.simulated_cycles, seen.simulated_ops, seen.rereads) == PINNED[lock, cpus]
