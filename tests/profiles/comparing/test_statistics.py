"""Student's t, false discoveries, and whether intervals hold what they promise."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.profiles.comparing.made import recording, side, together

from lockwright.profiles.comparing import compare
from lockwright.profiles.comparing.discovery import adjusted
from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.comparing.student import joint_freedom, quantile_95, two_sided_p

if TYPE_CHECKING:
    from lockwright.profiles import Profile
    from lockwright.profiles.comparing import Comparison

NAMES = ("f", "g", "h", "k", "l", "rest")
BEFORE = np.array([0.30, 0.10, 0.03, 0.01, 0.006, 0.554])
AFTER = np.array([0.20, 0.12, 0.03, 0.02, 0.001, 0.629])


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (10, 2.228), (30, 2.042), (math.inf, 1.960)]
)
def test_quantiles_of_the_printed_table(freedom: float, quantile: float) -> None:
    """Table III of Fisher and Yates, two-sided 5 %."""
    assert quantile_95(freedom) == pytest.approx(quantile, abs=5e-4)
    assert two_sided_p(quantile, freedom) == pytest.approx(0.05, abs=5e-5)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.7, 6.0])
def test_one_and_two_degrees_of_freedom_have_closed_forms(t: float) -> None:
    assert two_sided_p(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi)
    assert two_sided_p(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t))
    assert two_sided_p(-t, 2) == two_sided_p(t, 2)


def test_freedom_of_a_difference() -> None:
    assert joint_freedom([(1.0, 4), (1.0, 4)]) == pytest.approx(8)
    assert joint_freedom([(1.0, 4), (0.0, 4)]) == pytest.approx(4)
    assert joint_freedom([(1.0, math.inf), (2.0, math.inf)]) == math.inf
    assert joint_freedom([(0.0, 3), (0.0, 2)]) == 2


def test_the_example_of_benjamini_and_hochberg() -> None:
    """Section 3.2 of the paper: of fifteen, four are significant at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590]
    q = adjusted([*p, 1.0])
    assert [one <= 0.05 for one in q] == [True] * 4 + [False] * 11
    assert q == sorted(q)
    assert adjusted([]) == []


def drawn(chance: np.random.Generator, shares: np.ndarray, samples: int) -> Profile:
    return recording(dict(zip(NAMES, map(int, chance.multinomial(samples, shares)), strict=True)))


def covered(found: Comparison) -> list[bool]:
    """Return for each function whether the interval of the difference holds the true one."""
    truth = dict(zip(NAMES, 100 * (AFTER - BEFORE), strict=True))
    rows = {one.symbol: one.difference for one in found.changes if one.kind == SYMBOL}
    return [(rows[name].low or 0) <= truth[name] <= (rows[name].high or 0) for name in NAMES if name in rows]


def test_95_percent_intervals_hold_the_truth_in_92_to_98_percent() -> None:
    chance = np.random.default_rng(7)
    hits = [
        hit
        for _ in range(200)
        for hit in covered(compare(side(drawn(chance, BEFORE, 900)), side(drawn(chance, AFTER, 1500))))
    ]
    assert 0.92 <= sum(hits) / len(hits) <= 0.98


def test_so_they_do_where_samples_weigh_differently() -> None:
    """A profiler that keeps its frequency gives each sample a period of its own."""
    chance = np.random.default_rng(6)
    means = np.array([1.0, 3.0, 1.0, 0.5, 1.0, 1.0])

    def run(shares: np.ndarray, samples: int) -> Profile:
        rows = chance.choice(len(NAMES), size=samples, p=shares)
        weights = chance.lognormal(-0.5, 1.0, size=samples) * means[rows]
        stacks = {
            f"{NAMES[row]} < caller{number}": weight
            for number, (row, weight) in enumerate(zip(rows, weights, strict=True))
        }
        made = recording(stacks, unit="period")
        return replace(made, samples=tuple(replace(one, count=1) for one in made.samples))

    truth = [100 * shares * means / (shares * means).sum() for shares in (BEFORE, AFTER)]
    hits = []
    for _ in range(40):
        rows = {one.symbol: one.difference for one in compare(side(run(BEFORE, 500)), side(run(AFTER, 800))).symbols}
        for name, expected in zip(NAMES, truth[1] - truth[0], strict=True):
            if name in rows:
                hits.append((rows[name].low or 0) <= expected <= (rows[name].high or 0))
    assert 0.90 <= sum(hits) / len(hits) <= 0.99


def test_so_they_do_where_runs_differ_by_more_than_chance() -> None:
    """Shares of runs scatter by a quarter: intervals over samples alone would be far too narrow."""
    chance = np.random.default_rng(8)

    def runs(shares: np.ndarray, count: int) -> tuple[Profile, ...]:
        return tuple(drawn(chance, chance.dirichlet(shares * 60), 20_000) for _ in range(count))

    several = [hit for _ in range(80) for hit in covered(compare(side(*runs(BEFORE, 4)), side(*runs(AFTER, 5))))]
    assert 0.92 <= sum(several) / len(several) <= 0.99
    single = [hit for _ in range(30) for hit in covered(compare(side(*runs(BEFORE, 1)), side(*runs(AFTER, 1))))]
    assert sum(single) / len(single) < 0.5


def test_without_a_difference_hardly_anything_is_called_changed() -> None:
    chance = np.random.default_rng(9)
    names = [f"function{number}" for number in range(60)]
    shares = chance.dirichlet(np.ones(60) * 3)

    def run() -> Profile:
        return recording(dict(zip(names, map(int, chance.multinomial(4000, shares)), strict=True)))

    found = [compare(side(run()), side(run())) for _ in range(60)]
    assert sum(any(one.is_significant for one in each.changes) for each in found) <= 5
    assert sum("no change beyond chance" in each.headline for each in found) >= 55


def test_cpus_that_differ_are_drawn_in_place_of_samples() -> None:
    chance = np.random.default_rng(10)

    def run(spread: float) -> Profile:
        return together(
            *(
                recording(
                    dict(
                        zip(NAMES, map(int, chance.multinomial(4000, chance.dirichlet(BEFORE * spread))), strict=True)
                    ),
                    cpu=cpu,
                )
                for cpu in range(16)
            )
        )

    alike, different = (compare(side(run(spread)), side(run(spread))) for spread in (1e7, 40))
    widths = [
        next(one.difference.high - one.difference.low for one in found.changes if one.symbol == "f")  # type: ignore[operator]
        for found in (alike, different)
    ]
    assert any("draws of samples" in one for one in alike.method)
    assert any("draws of CPUs" in one for one in different.method)
    assert widths[1] > 4 * widths[0]


def test_a_row_without_a_sample_has_an_interval() -> None:
    found = compare(side(recording({"f": 100, "rest": 900})), side(recording({"rest": 1000, "g": 4})))
    row = next(one for one in found.changes if one.symbol == "f")
    assert row.after.value == 0
    assert 0.1 < (row.after.high or 0) < 0.5  # 3 in 1000 is the rule of thumb
    assert row.mark == "gone"
    assert all(one.symbol != "g" for one in found.changes)  # four samples can be told from none by nobody


def test_few_locks_do_not_pay_for_many_functions() -> None:
    """A lock with p = 0.02 among 60 functions in which nothing happened."""
    names = {f"function{number} < main": 100.0 for number in range(60)}
    lock = "_raw_spin_lock < find < main"
    found = compare(side(recording(names | {lock: 60})), side(recording(names | {lock: 34})))
    (row,) = found.locks
    assert 0.005 < (row.p or 0) < 0.03
    assert row.is_significant
    assert not next(one for one in found.symbols if one.symbol == "_raw_spin_lock").is_significant


def test_turned_round_everything_has_the_other_sign() -> None:
    chance = np.random.default_rng(11)
    one, other = drawn(chance, BEFORE, 700), drawn(chance, AFTER, 1200)
    there = {row.symbol: row for row in compare(side(one), side(other)).changes}
    back = {row.symbol: row for row in compare(side(other), side(one)).changes}
    assert set(there) == set(back)
    for symbol, row in there.items():
        turned = back[symbol]
        assert turned.difference.value == pytest.approx(-row.difference.value)
        assert turned.difference.low == pytest.approx(-(row.difference.high or 0))
        assert turned.difference.high == pytest.approx(-(row.difference.low or 0))
        assert turned.p == pytest.approx(row.p)
        assert turned.before == row.after


def test_a_seed_decides_everything() -> None:
    chance = np.random.default_rng(12)
    one, other = drawn(chance, BEFORE, 700), drawn(chance, AFTER, 1200)
    assert compare(side(one), side(other), seed=3) == compare(side(one), side(other), seed=3)
    assert compare(side(one), side(other), seed=3).changes != compare(side(one), side(other), seed=4).changes


def test_one_run_borrows_the_spread_of_the_other_side() -> None:
    runs = [recording({"f": count, "rest": 100_000 - count}) for count in (20_000, 26_000, 32_000)]
    found = compare(side(recording({"f": 30_000, "rest": 70_000})), side(*runs))
    row = next(one for one in found.changes if one.symbol == "f")
    assert not row.is_significant
    assert any("before is one run" in one for one in found.method)
    alone = compare(side(recording({"f": 30_000, "rest": 70_000})), side(runs[1]))
    assert next(one for one in alone.changes if one.symbol == "f").is_significant


def test_shares_without_counts_have_no_interval() -> None:
    one, other = (recording({"f": share, "rest": 100 - share}, unit="percent") for share in (30, 10))
    found = compare(side(one), side(other))
    assert all(row.p is None and row.difference.low is None for row in found.changes)
    assert any("no interval: before and after do not say" in text for text in found.method)
    assert found.headline.endswith("(of how many samples is not known: it may be chance)")
    counted = compare(
        *(
            side(recording({"f": x, "rest": 100 - x}, unit="percent", facts={"samples": "2K of cycles"}))
            for x in (30, 10)
        )
    )
    row = next(one for one in counted.changes if one.symbol == "f")
    assert "may be chance" not in counted.headline
    assert row.difference.low == pytest.approx(-22.4, abs=0.2)
    assert row.difference.high == pytest.approx(-17.6, abs=0.2)
