"""Many runs at once: their order, what an interrupt leaves, what a failing run does, the time that is left."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.simulated import seed_run

from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_contention
from lockwright.machines import load
from lockwright.simulate import sweep as sweeping
from lockwright.simulate.run import Settings, code_of, measured
from lockwright.simulate.sweep import Job, Progress, Sweep, coarse_to_fine, jobs, run_all
from lockwright.units import wrong

if TYPE_CHECKING:
    from lockwright.points import SeedRun


@given(st.sets(st.integers(1, 1024), max_size=200))
def test_coarse_to_fine_leaves_nothing_out(counts: set[int]) -> None:
    ordered = list(coarse_to_fine(sorted(counts)))
    assert sorted(ordered) == sorted(counts)


def test_the_ends_come_first_and_every_point_before_any_twice() -> None:
    planned = jobs(["ticket", "mcs"], range(1, 10), (1, 2))
    assert [one.cpus for one in planned if one.lock == "ticket" and one.seed == 1] == [9, 1, 5, 3, 7, 2, 4, 6, 8]
    first = planned[: len(planned) // 2]
    assert {(one.lock, one.cpus) for one in first} == {(one.lock, one.cpus) for one in planned}
    assert {one.seed for one in first} == {1}


def test_all_runs_are_there_whatever_the_order_in_which_they_end() -> None:
    done = run_all(jobs(["a", "b"], (1, 2), (1, 2, 3)), lambda job: seed_run(job.cpus * 1e6, job.seed), workers=4)
    assert not done.is_interrupted
    assert [run.seed for run in done.of("b", 2)] == [1, 2, 3]
    assert {run.throughput_per_s for run in done.of("a", 2)} == {2e6}


def test_an_interrupt_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "TELL_EVERY_S", -1.0)

    def interrupt(step: Progress) -> None:
        if step.done == 3:
            raise KeyboardInterrupt

    begun: list[Job] = []

    def run(job: Job) -> SeedRun:
        begun.append(job)
        time.sleep(0.005)  # or all were over before the interrupt
        return seed_run(1e6, job.seed)

    planned = jobs(["a"], range(1, 200), (1,))
    done = run_all(planned, run, interrupt, workers=1)
    assert done.is_interrupted
    assert 3 <= len(done.runs) < len(planned)
    assert set(done.runs) <= set(planned)
    assert set(done.runs) == set(begun)


def test_a_run_that_fails_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Semaphore(0)

    def run(job: Job) -> SeedRun:
        begun.release()
        if job.cpus == 2:
            raise wrong("a deadlock", "look at it")
        return seed_run(1e6)

    with pytest.raises(LockwrightError, match="a deadlock"):
        run_all(jobs(["a"], (2, *range(3, 500)), (1,)), run, workers=1)


def test_runs_under_way_are_given_up() -> None:
    """They would take for ever: whoever presses Ctrl-C waits for a moment only, and the next sweep is not disturbed."""
    model, endless = load("opteron48").model(), Settings(4, measured_rounds=10**12)
    code = code_of(compile_contention("ticket"), model, endless)
    measured(code, model, Settings(4))  # compiles
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    done = run_all(jobs(["ticket"], (4,), (1, 2)), lambda _: measured(code, model, endless), workers=2)
    assert done.is_interrupted
    assert not done.runs
    assert time.monotonic() - began < 60
    assert len(run_all(jobs(["a"], (4,), (1,)), lambda _: measured(code, model, Settings(4))).runs) == 1


def test_the_time_left_goes_by_the_nearest_point_of_the_lock() -> None:
    planned = tuple(Job("a", cpus, seed) for seed in (1, 2) for cpus in (1, 48))
    done = Sweep(planned)
    done.runs[planned[0]] = seed_run(1e6)
    assert sweeping._seconds_left(done, workers=1) == pytest.approx(3 * 0.01)
    assert sweeping._seconds_left(done, workers=3) == pytest.approx(0.01)
