"""The public names stay functions, whatever has been imported meanwhile."""

from __future__ import annotations

import lockwright
import lockwright.check.search
import lockwright.litmus
import lockwright.locks


def test_rooms_do_not_take_the_names_of_commands() -> None:
    for name in lockwright.__all__:
        assert callable(getattr(lockwright, name)), name


def test_a_second_check_is_as_good_as_the_first() -> None:
    first, second = (lockwright.check("tas", threads=2, acquire=1, memory="sc") for _ in range(2))
    assert first.verdict == second.verdict == "proved"
    assert first.runs[0].states == second.runs[0].states
