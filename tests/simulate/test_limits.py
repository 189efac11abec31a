"""What limits a point, and where a lock collapses: the parts of the time add up, and the sentence names the largest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.simulated import GHZ, PARAMS, collapsing, seed_run

from lockwright.simulate.aggregate import point
from lockwright.simulate.limits import collapse, explained, split

if TYPE_CHECKING:
    from lockwright.points import Point


def made(lock: str, cpus: int, throughput: float, **more: float) -> Point:
    return explained(point(lock, cpus, "amd48", PARAMS, [seed_run(throughput, **more)]), GHZ)  # type: ignore[arg-type]


@given(
    throughput=st.floats(1e4, 5e6),
    waiters=st.floats(0, 100),
    rereads=st.floats(0, 100),
    cycles=st.floats(0, 10_000),
    locks=st.integers(1, 64),
)
def test_the_parts_add_up(throughput: float, waiters: float, rereads: float, cycles: float, locks: int) -> None:
    run = seed_run(throughput, waiters=waiters, rereads=rereads, cycles=cycles)
    parts = split([run], GHZ, locks)
    assert parts is not None
    assert parts.whole == pytest.approx(run.simulated_cycles * locks / run.acquisitions)
    assert min(parts.section, parts.rereads, parts.handoff, parts.free) >= -1e-9


@pytest.mark.parametrize(
    ("cpus", "throughput", "more", "expected"),
    [
        (
            48,
            4e5,
            {"waiters": 46.8, "rereads": 46.8, "cycles": 4200.0},
            "47 waiters re-read one line 47 times",
        ),
        (
            48,
            4e5,
            {"waiters": 46.8, "rereads": 46.8, "cycles": 4200.0},
            "4,200 of 5,000 cycles from section",
        ),
        (
            12,
            2e6,
            {"waiters": 9.0, "rereads": 1.0, "cycles": 50.0},
            "800 of 1,000 cycles from section to section, 3.0",
        ),
        (6, 6e6, {"waiters": 3.0}, "the section: 200 of 333 cycles"),
        (2, 1e6, {}, "the lock is free 90% of the time"),
    ],
)
def test_the_largest_part_is_named(cpus: int, throughput: float, more: dict[str, float], expected: str) -> None:
    assert expected in made("ticket", cpus, throughput, **more).limits


def test_a_program_with_several_locks_says_how_many_threads_wait_for_one() -> None:
    """2,000 acquisitions of 4 us each in 1 ms: eight threads are on their way into a lock at any moment."""
    run = replace(made("x", 16, 2e6).runs[0], latency_ns_mean=4000.0, acquisitions=2000, simulated_cycles=2_000_000)
    point = replace(made("x", 16, 2e6), runs=(run,))
    assert explained(point, 2.0, 0).limits.endswith("; 8 of 16 threads wait for a lock")
    assert "wait for a lock" not in explained(replace(point, runs=(replace(run, latency_ns_mean=1.0),)), 2.0, 0).limits


def test_a_collapse_says_where() -> None:
    (sentence,) = collapsing().collapses
    assert sentence.startswith("the ticket lock is fastest at 6 CPUs and falls by half between 6 and 12; at 48")


def test_one_cpu_is_no_measure_of_a_collapse() -> None:
    points = [made("mcs", cpus, rate) for cpus, rate in ((1, 9e6), (2, 4e6), (48, 3.9e6))]
    assert collapse(points) == ""


def test_one_cpu_that_is_faster_than_several_is_told_apart() -> None:
    points = [made("mcs", cpus, rate) for cpus, rate in ((1, 9e6), (2, 4e6), (48, 1e6))]
    assert collapse(points) == (
        "the mcs lock is fastest at 1 CPU, and of several at 2, and falls by half between 2 and 48; at 48 it does 25% "
        "of what it does at 2"
    )


def test_a_fall_before_a_recovery_is_told_where_it_is() -> None:
    points = [made("x", cpus, rate) for cpus, rate in ((2, 1e6), (4, 4e6), (8, 1.9e6), (16, 3e6))]
    assert "fastest at 4 CPUs and falls by half between 4 and 8; at 16 it does 75%" in collapse(points)
