"""Compilation is told from searching: no budget pays for it, and somebody hears of it when it is long."""

from __future__ import annotations

import time

import pytest

from lockwright.check.search import Settings
from lockwright.check.trial import Trials
from lockwright.flat import compiling
from lockwright.flat.compiling import Work, clock, under_way

PAUSE_S = 0.05


def test_stretches_inside_one_another_are_counted_once() -> None:
    work = Work()
    began = time.perf_counter()
    work.begin()
    work.begin()
    time.sleep(PAUSE_S)
    work.end()
    half = work.seconds()
    time.sleep(PAUSE_S)
    work.end()
    ended = time.perf_counter() - began
    done = work.seconds()
    assert half >= PAUSE_S
    assert half + PAUSE_S <= done <= ended
    time.sleep(PAUSE_S)
    assert work.seconds() == done


def test_it_is_told_once_and_only_when_it_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    work = Work()
    work.when_slow = lambda: told.append(work.seconds())
    for _ in range(3):
        work.begin()
        work.end()
    assert not told
    monkeypatch.setattr(compiling, "SLOW_S", PAUSE_S)
    work.begin()
    time.sleep(PAUSE_S)
    work.begin()  # the next kernel: now it is known to be slow
    work.begin()
    assert len(told) == 1
    assert told[0] >= PAUSE_S


def test_a_budget_stands_still_meanwhile() -> None:
    trials = Trials.lasting(explore=None, settings=Settings(), seconds=10.0)  # type: ignore[arg-type]
    before = trials.left_s
    with under_way():
        time.sleep(10 * PAUSE_S)
        inside = trials.left_s
    assert before - inside < 5 * PAUSE_S
    assert before - trials.left_s < 5 * PAUSE_S
    time.sleep(10 * PAUSE_S)
    assert before - trials.left_s >= 10 * PAUSE_S


def test_the_clock_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), under_way():
        _ = 1 // 0
    before = clock()
    time.sleep(PAUSE_S)
    assert clock() - before >= PAUSE_S
