"""Mails of the kernel test robot: the profiles of both commits, and the figures of the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.profiles.captured import of

from lockwright.profiles import folding

SAMPLES = Path(__file__).parent / "samples" / "kernel_test_robot"


def sample(name: str):
    return of((SAMPLES / f"{name}.txt").read_text())


def test_both_commits() -> None:
    found = sample("two-commits")
    (after,) = found.compared
    assert folding.by_symbol(found.samples) == {"rwsem_spin_on_owner": 1.71, "osq_lock": 0.66, "__mutex_lock": 0.5}
    assert folding.by_symbol(after.samples) == pytest.approx(
        {"osq_lock": 31.2, "rwsem_spin_on_owner": 0.52, "__mutex_lock": 0.4}
    )
    callers = folding.by_caller(after.samples)
    assert callers["osq_lock", "do_unlinkat"] == pytest.approx(24.96)
    assert callers["osq_lock", "pipe_write"] == pytest.approx(6.24)
    assert (found.facts["will-it-scale.per_process_ops"], found.facts["commit"]) == ("26317", "1c2d3e4f50")
    assert (after.facts["will-it-scale.per_process_ops"], after.facts["commit"]) == ("17971", "a1b2c3d4e5")
    assert {one.event for one in after.samples} == {"cycles-pp"}
    assert found.provenance.skipped == 0


def test_call_traces_alone() -> None:
    """What a trace has more than the nearest below it is the function's own."""
    (after,) = sample("call-traces-garbled").compared
    weights = folding.by_symbol(after.samples)
    assert weights["osq_lock"] == pytest.approx(24.96 + 6.24)
    assert weights["rwsem_down_write_slowpath"] == pytest.approx(33.34 - 24.96)
    assert sum(weights.values()) == pytest.approx(33.34 + 6.24)


def test_several_commits_against_the_first() -> None:
    row = "  10.00        +5.0       15.00 ±  2%      -4.0        6.00 ± 11%  perf-profile.self.cycles-pp.{}\n"
    found = of(row.format("osq_lock") + row.format("down_read"))
    assert [folding.by_symbol(one.samples)["osq_lock"] for one in (found, *found.compared)] == [10, 15, 6]
