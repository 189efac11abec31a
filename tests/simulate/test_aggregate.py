"""Means, intervals and branches over seeds, against what a table of Student's t and arithmetic by hand give."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.simulated import seed_run

from lockwright.simulate.aggregate import T_975, branches, interval, merged, point

RATES = st.floats(1.0, 1e9)


def test_an_interval_by_hand() -> None:
    mean, low, high = interval([9.0, 10.0, 11.0])
    assert mean == 10
    assert high - mean == pytest.approx(4.303 * 1 / 3**0.5)
    assert mean - low == pytest.approx(high - mean)


def test_quantiles_of_student() -> None:
    assert len(T_975) == 30
    assert T_975[3] == 2.776  # five seeds
    assert list(T_975) == sorted(T_975, reverse=True)


def test_one_value_has_no_interval() -> None:
    assert interval([5.0]) == (5.0, 5.0, 5.0)


@given(st.lists(RATES, min_size=1, max_size=12))
def test_an_interval_holds_its_mean(values: list[float]) -> None:
    mean, low, high = interval(values)
    assert 0 <= low <= mean * (1 + 1e-9)
    assert mean <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100, 101, 102, 40, 41], ((101, 3), (40.5, 2))),
        ([100, 100, 100, 100, 50], ((100, 4), (50, 1))),
        ([100, 101, 102, 103, 90], None),  # 10 % apart: chance
        ([100, 80, 60, 40, 20], None),  # spread out: no groups
        ([100], None),
        ([100, 100], None),
    ],
)
def test_branches(values: list[float], expected: tuple[tuple[float, int], ...] | None) -> None:
    assert branches(values) == (expected or ((fmean(values), len(values)),))


@given(st.lists(RATES, min_size=1, max_size=12))
def test_branches_leave_no_seed_out(values: list[float]) -> None:
    found = branches(values)
    assert sum(count for _, count in found) == len(values)
    assert sum(value * count for value, count in found) == pytest.approx(sum(values))


def test_a_merged_profile_adds_up() -> None:
    runs = [seed_run(1e6, 1), seed_run(2e6, 2)]
    profile = merged(runs)
    assert [row.name for row in profile] == ["TicketLock.lock", "Contention.each_thread"]
    assert sum(row.share for row in profile) == pytest.approx(1)
    assert profile[0].cycles == sum(run.profile[0].cycles for run in runs)
    assert profile[0].instructions == 18_000


def test_a_point_sums_work_and_keeps_the_longest() -> None:
    runs = [seed_run(1e6, 1, waiters=2), seed_run(1e6, 2, waiters=9)]
    made = point("ticket", 12, "amd48", {"hold_cycles": 100}, runs)
    assert made.throughput_per_s == 1e6
    assert made.acquisitions == 2000
    assert made.latency_ns_max == 1000 + 300 * 9
    assert made.latency_ns_p50 == pytest.approx((300 + 1000) / 2)
    assert made.params == {"hold_cycles": 100}
