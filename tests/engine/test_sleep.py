"""Threads whose last step sleeps have not finished until somebody wakes them; the plain explorer is the judge."""

from __future__ import annotations

import pytest
from tests.engine.verdicts import by_engine, by_plain
from tests.plain.threads import program

from lockwright.check.engine.run import Options
from lockwright.check.search import Settings, check
from lockwright.ir.program import Shape

MOST = 1_000
SLEEPERS = (
    (("park\npark", "unpark 0:u32\nunpark 0:u32"), True),  # two tokens count as one
    (("park", "unpark 0:u32"), False),
    (("halt @keep", "kick @unlatched 0:u32"), True),  # the kick may come first
    (("halt @keep", "kick @latched 0:u32"), False),
    (("halt @keep\nhalt @keep", "kick @latched 0:u32\nkick @latched 0:u32"), True),
    (("futex_wait futex 0:u32 1:u32", "futex_wake futex 1:u32 1:u32"), True),  # nobody may sleep yet
    (("futex_wait futex 1:u32 1:u32", "futex_wake futex 1:u32 1:u32"), False),  # the value differs: no sleep
)


@pytest.mark.parametrize("model", ["sc", "tso"])
@pytest.mark.parametrize(("threads", "is_stuck"), SLEEPERS)
def test_the_last_step_sleeps(threads: tuple[str, ...], model: str, *, is_stuck: bool) -> None:
    made, shape = program(*threads), Shape.plain(2)
    plain = by_plain(made, shape, model, 1, MOST)
    assert plain is not None
    assert plain[0].is_stuck == is_stuck
    for options in (Options.raw(), Options()):
        seen, _ = by_engine(made, shape, model, 1, options)
        assert seen.is_stuck == is_stuck


FAIL = "none = eq 0:u8 1:u8\nassert @woken none"
BEHIND_A_SLEEP = (
    ((f"halt @keep\n{FAIL}", "atomic_store @seq_cst x 1:u8"), False),
    ((f"halt @keep\n{FAIL}", "kick @latched 0:u32"), True),
    ((f"park\n{FAIL}", "unpark 1:u32"), False),
    ((f"park\n{FAIL}", "unpark 0:u32"), True),
    ((f"futex_wait futex 0:u32 1:u32\n{FAIL}", "atomic_store @seq_cst x 1:u8"), False),
    ((f"futex_wait futex 0:u32 1:u32\n{FAIL}", "futex_wake futex 1:u32 1:u32"), True),
)


@pytest.mark.parametrize("model", ["sc", "tso", "c11"])
@pytest.mark.parametrize(("threads", "fails"), BEHIND_A_SLEEP)
def test_a_fault_behind_a_sleep_is_none_before_somebody_wakes(
    threads: tuple[str, ...], model: str, *, fails: bool
) -> None:
    made, shape = program(*threads), Shape.plain(2)
    plain = by_plain(made, shape, model, 1, MOST)
    assert plain is not None
    assert plain[0].faults == ({"assertion"} if fails else set())
    assert fails or plain[0].is_stuck
    kind = "assertion" if fails else "lost_wakeup"
    found = check(made, Settings(threads=2, acquisitions=(1,), models=(model,), cures=False, kinds=(kind,)))
    assert [(one.kind, one.confirmed) for one in found.faults] == [(kind, True)]
