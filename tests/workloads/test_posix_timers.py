"""POSIX timers: a look-up gives a timer of the process that asks, whole and alive, or none; nothing is lost."""

import pytest
from tests.structures.proving import prove


def test_under_the_global_lock_with_two_threads():
    result = prove("posix_timers[tas]:uses_rcu=false", threads=2)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


@pytest.mark.slow
def test_under_the_global_lock_with_three_threads():
    assert prove("posix_timers[tas]:uses_rcu=false", threads=3).verdict == "proved"
