"""Scores: geometric means of factors, held against guesses."""

import math

import pytest

from lockwright.study import Band, Figure, factor, score


def figure(ours, published, *nulls, role="predicted"):
    return Figure("x", "after", "s", published, Band(ours, ours, ours), role, nulls)


def test_a_factor_is_the_same_both_ways():
    assert factor(2, 4) == factor(4, 2) == 2
    assert factor(0, 1) == math.inf


def test_the_mean_is_geometric_and_counts_predictions_only():
    figures = [figure(2, 1, 4), figure(1, 8, 1), figure(100, 1, role="fitted")]
    found = score("all", figures)
    assert found.error == pytest.approx(4)
    assert found.nulls[0] == pytest.approx(math.sqrt(32))
    assert found.beats_all


def test_a_guess_that_is_as_good_is_not_beaten():
    assert not score("all", [figure(2, 1, 2)]).beats_all
