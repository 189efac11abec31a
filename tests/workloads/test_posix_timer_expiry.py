"""POSIX timers that expire in an interrupt while a thread deletes them."""

import pytest
from tests.structures.proving import prove

STRONG = ("sc", "tso")


@pytest.mark.parametrize("target", ["posix_timer_expiry", "posix_timer_expiry:uses_rcu=false"])
def test_nobody_waits_for_ever_and_no_callback_meets_a_freed_timer(target):
    result = prove(target, models=STRONG)
    assert [one.verdict for one in result.runs] == ["proved", "proved"], result.faults


def test_trying_again_at_once_may_keep_the_callback_from_the_lock():
    """Why Linux waits since 5d99b32a: with a lock that is not fair, who deletes takes it again and again."""
    result = prove("posix_timer_expiry[tas]:waits=false", models=("sc",))
    assert [(one.kind, one.confirmed) for one in result.faults] == [("endless_await", True)]
