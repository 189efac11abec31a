"""When a queue in front of a lock can last, against a closed queue that is counted out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.report.simulated import PARAMS, seed_run

from lockwright.points import Point, Split, Sustained
from lockwright.simulate.aggregate import point
from lockwright.simulate.sustaining import sustained

THINK, BASE, EACH = 28_800.0, 2_000.0, 400.0


def made(cpus: int, split: Split, **params: object) -> Point:
    return replace(point("ticket", cpus, "amd48", PARAMS | params, [seed_run(1e6)]), split=split)


def alone(cpus: int = 1) -> Point:
    """Return a point at which nobody waits: each thread thinks, takes the lock for 100 cycles, works for 300."""
    whole = (THINK + 400) / cpus
    return made(cpus, Split(300, 0, 0, whole - 300, 100 / whole, 0, 0))


def full(cpus: int, waiters: float, whole: float = 0.0, **params: object) -> Point:
    whole = whole or BASE + EACH * waiters
    return made(cpus, Split(300, whole - 400, 100, 0, waiters + 1, waiters, waiters), **params)


def test_the_line_and_the_time_away_are_found() -> None:
    found = sustained([alone(), alone(4), full(20, 14), full(48, 45)])
    assert found is not None
    assert found.base_cycles == pytest.approx(BASE)
    assert found.each_cycles == pytest.approx(EACH)
    assert found.outside_cycles == pytest.approx(THINK)
    assert found.farthest == pytest.approx(0)
    assert found.fitted_waiters == (14, 45)


@pytest.mark.parametrize(
    "points",
    [
        [alone(), full(48, 45)],  # one point has no slope
        [alone(), full(47, 45), full(48, 45.5)],
        [alone(), full(20, 14), full(30, 24, 40_000), full(48, 45)],  # no straight line
        [alone(), full(20, 14, 20_400), full(48, 45, 8_000)],  # a queue that makes sections shorter
        [full(20, 14, locks=8), full(48, 45, locks=8)],
    ],
)
def test_points_that_do_not_tell(points: list[Point]) -> None:
    assert sustained(points) is None


@given(base=st.floats(100, 5_000), each=st.floats(1, 1_000), outside=st.floats(100, 1e5), cpus=st.integers(2, 80))
def test_the_largest_left_side(base: float, each: float, outside: float, cpus: int) -> None:
    found = Sustained(base, each, outside, (3.0,), 0.0)
    m, ratio = found.most(cpus)
    sides = [(cpus - 1 - one) * (base + each * one) for one in range(cpus)]
    assert ratio * outside == pytest.approx(max(sides))
    assert sides[m] == max(sides)


@given(base=st.floats(100, 5_000), each=st.floats(1, 1_000), outside=st.floats(100, 1e5))
def test_from_the_least_number_on_a_queue_lasts(base: float, each: float, outside: float) -> None:
    found = Sustained(base, each, outside, (3.0,), 0.0)
    least = found.least_cpus
    assert found.most(least)[1] >= 1
    assume(least > 2)
    assert found.most(least - 1)[1] < 1
