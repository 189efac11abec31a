"""Locks that were held for long, and nobody is seen to wait: Valgrind's DRD."""

from __future__ import annotations

from tests.profiles.captured import of, profile

from lockwright.profiles.diagnosis import UNDECIDED, diagnose
from lockwright.profiles.diagnosis.groups import waiter


def test_holds_above_a_threshold() -> None:
    found = profile("valgrind_drd/holds-3.19.txt")
    assert found.provenance.skipped == 0
    assert not found.waits
    assert [(one.lock, waiter(one.stack).caller, one.acquired, one.total_ns) for one in found.holdings] == HELD


HELD = [("0x10c0a0", "rebuild", 1, 24e6), ("0x10c160", "post_entry", 1, 15e6)]


def test_what_is_said_of_holds() -> None:
    said = diagnose(profile("valgrind_drd/holds-3.19.txt"))
    assert said.verdict == UNDECIDED
    assert said.headline == (
        "undecided: nothing tells who waits; a pthread lock 0x10c0a0 taken in rebuild was held for 24 ms (once)"
    )
    assert not said.cures
    assert any("one thread runs at a time" in one.sentence for one in said.cautions)


def test_holds_of_one_place_are_added() -> None:
    one = (
        "==7== Acquired at:\n==7==    at 0x48: pthread_mutex_lock (drd_pthread_intercepts.c:888)\n"
        "==7==    by 0x10: fill (a.c:3)\n"
        "==7== Lock on mutex 0x1ffefffd50 was held during {} ms (threshold: 10 ms).\n==7==    at 0x49: f (a.c:4)\n"
    )
    (held,) = of(one.format(1004) + one.format(16)).holdings
    assert (held.acquired, held.total_ns, held.longest_ns) == (2, 1020e6, 1004e6)
    assert "was held for 1.02 s (2 times, 1 s at most)" in diagnose(of(one.format(1004) + one.format(16))).headline
