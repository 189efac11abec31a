"""The study of locks on 48 cores: its sources are locks, and its figures stay where they were reached."""

import pytest

from lockwright import api
from lockwright.api import check
from lockwright.studies import lock_scaling_opteron48 as scaling
from lockwright.studies.shelf import SOURCES

LOCKS = [*(f"sosp13.py:{name}" for name in scaling.CLASSES.values()), "ols12.py"]


@pytest.mark.parametrize("name", LOCKS)
def test_each_source_is_a_lock(name):
    assert check(f"{SOURCES / name}", threads=2, acquire=2).verdict == "proved"  # tickets are not taken back for ever


def test_the_collapse_with_the_longest_fall_comes_out():
    section, part, last_good, after, at_end = scaling.COLLAPSES[0]
    found = scaling.collapse(section, part)
    assert found.peak == pytest.approx(last_good, abs=2)
    assert found.fall == pytest.approx(after, abs=1)
    assert found.at_end.value == pytest.approx(at_end, rel=0.15)


def test_fetch_and_add_is_within_what_can_be_read():
    for figure in scaling.fetch_and_add():
        assert figure.ours.value == pytest.approx(figure.published, abs=2.2)


@pytest.mark.slow
def test_the_targets_are_met():
    result = api.study("lock-scaling-opteron48")
    for score in result.scores:
        assert score.beats_all
        assert score.target is None or score.error <= score.target
    falls = [one for one in result.figures if one.group == "fall"]
    assert all(abs(one.ours.value - one.published) <= 1 for one in falls)
    assert not [one for one in result.figures if not one.group]
