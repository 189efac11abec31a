"""The published cases as data, against the summary that was made of them by hand when they were collected."""

from __future__ import annotations

import re

import pytest

from lockwright.profiles.cures import NAMES, cases, cure_class, gains, quartiles

COLLECTED = [one for one in cases() if not one.is_commit]
SUMMARY = {  # class: cases, smallest gain, largest gain, median; as summed up on 2026-11-24, without the eleven commits
    "split": (12, 1.10, 24, 2.5),
    "avoid": (8, 1.11, 15.1, 1.84),
    "lock type": (6, 1.08, 2.6, 1.61),
    "batch": (5, 1.07, 1.81, 1.14),
    "fields apart": (5, 1.03, 1.23, 1.15),
    "waiting policy": (4, 1.70, 141, 4.7),
    "lock-free read": (4, 1.08, 109, 2.5),
    "shorten hold": (3, 1.07, 1.28, 1.18),
    "move work out": (3, 1.05, 1.20, 1.10),
    "refcount": (3, 1.17, 22.9, 4.4),
    "fewer acquirers": (3, 2.95, 10.3, 6.6),
    "to rwlock": (3, 1.79, 2.46, 2.1),
    "structure": (1, 1135, 1135, 1135),
    "placement": (1, 1.86, 1.86, 1.86),
}
SOURCE = re.compile("commit|PR|issue|LKML|mail|hackers|review|post|Jira|bug|FreeBSD|linux-|netdev|devel|blog|PATCH")
ROUNDING = 0.03  # of a printed figure of two digits


def median(numbers: tuple[float, ...]) -> float:
    half = len(numbers) // 2
    return numbers[half] if len(numbers) % 2 else (numbers[half - 1] + numbers[half]) / 2


def test_none_is_missing() -> None:
    assert [one.id for one in COLLECTED] == [f"K{number:02}" for number in range(1, 76)]
    assert [one.id for one in cases() if one.is_commit] == [f"C{number:02}" for number in range(1, 12)]


@pytest.mark.parametrize("name", SUMMARY)
def test_each_class_is_as_it_was_summed_up(name: str) -> None:
    count, least, most, middle = SUMMARY[name]
    worked = [one for one in COLLECTED if one.cure == name and not one.failed]
    found = gains(worked)
    assert len(worked) == count
    assert found[0] == pytest.approx(least, rel=ROUNDING)
    assert found[-1] == pytest.approx(most, rel=ROUNDING)
    assert median(found) == pytest.approx(middle, rel=ROUNDING)


def test_one_class_was_summed_up_otherwise() -> None:
    """The summary counts K56 among those that went back from a reader/writer lock: it lost 47 %, so here it failed."""
    found = [one for one in COLLECTED if one.cure == "from rwlock"]
    assert {one.id: (one.gain, one.failed) for one in found} == {"K46": (2.2, False), "K56": (0.53, True)}


def test_all_gains_together() -> None:
    found = gains(COLLECTED)
    assert len(found) == 57
    assert quartiles(found) == pytest.approx((1.17, 1.81, 3.0))


def test_failures_say_why() -> None:
    failed = [one for one in cases() if one.failed]
    assert len([one for one in failed if not one.is_commit]) == 13
    assert all(one.limit for one in failed)


def test_every_case_has_a_source_and_a_class() -> None:
    assert {one.cure for one in cases()} == set(NAMES)
    for one in cases():
        assert one.source
        assert one.change
        assert SOURCE.search(one.source)


def test_gains_are_those_of_their_figures() -> None:
    """Where both figures are there, the gain is their ratio, one way or the other, to two digits."""
    for one in cases():
        if one.before and one.after and one.gain:
            ratio = one.after / one.before
            assert one.gain == pytest.approx(
                max(ratio, 1 / ratio) if one.gain >= 1 else min(ratio, 1 / ratio), rel=0.03
            )


def test_quartiles_need_three() -> None:
    assert quartiles((1.0, 2.0)) is None
    assert quartiles((1.0, 2.0, 4.0)) == pytest.approx((1.5, 2.0, 3.0))
    assert cure_class("structure").quartiles is None
