"""POSIX timers: a look-up gives a timer of the process that asks, whole and alive, or none; nothing is lost."""

import pytest
from tests.structures.proving import MODELS, prove

from lockwright.api import check

GLOBAL, RCU = "posix_timers[tas]:uses_rcu=false", "posix_timers[tas]"
STRONG = ("sc", "tso")


@pytest.mark.parametrize(("target", "models"), [(GLOBAL, MODELS), (RCU, STRONG)])
def test_two_threads_of_two_processes(target, models):
    result = prove(target, threads=2, models=models)
    assert (result.verdict, len(result.runs)) == ("proved", len(models)), result.faults


@pytest.mark.parametrize("target", ["posix_timers[tas]:processes=1,uses_rcu=false", "posix_timers[tas]:processes=1"])
def test_two_threads_of_one_process(target):
    assert prove(target, threads=2, models=STRONG).verdict == "proved"


def test_three_threads_under_rcu():
    assert prove(RCU, threads=3, models=("sc",)).verdict == "proved"


def test_two_system_calls_each_under_rcu():
    assert check(RCU, threads=2, acquire=2, memory="sc").verdict == "proved"


@pytest.mark.slow
@pytest.mark.parametrize(("target", "models"), [(GLOBAL, MODELS), (RCU, STRONG)])
def test_three_threads(target, models):
    assert prove(target, threads=3, models=models).verdict == "proved"
