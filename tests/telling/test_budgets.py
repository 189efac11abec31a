"""Budgets: a fault that was found is told however little time is left, and a number that was asked for is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.locks.mutants import MUTANTS, Mutant

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.results import CheckResult

TOLD = (
    "anderson-next slot outside",
    "anderson-open, then shut",
    "bias_rwlock-seats not given back",
    "bias_rwlock-write free relaxed",
    "clh-swap relaxed",
    "futex2-retake without sleepers",
    "linux_ticket-draw relaxed",
    "mcs-need not wait",
    "mcs-link relaxed",
    "ttas-test, then set",
)


def spent(mutant: Mutant, folder: Path, **settings: object) -> CheckResult:
    """Check a mutant with no time at all: the first slice of the search is all there is."""
    file = mutant.write(folder)
    chosen = {"threads": mutant.threads, "acquisitions": (mutant.acquire,), "models": (mutant.model,), "cures": False}
    return check(compile_target(str(file)), Settings(**{**chosen, "budget_seconds": 0.0, **settings}))  # type: ignore[arg-type]


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if str(one) in TOLD], ids=str)
def test_a_fault_is_told_when_no_time_is_left(mutant: Mutant, tmp_path: Path) -> None:
    (fault,) = spent(mutant, tmp_path).faults
    assert fault.kind == mutant.kind
    assert fault.confirmed
    assert fault.rows


def test_all_of_them_are_there() -> None:
    assert {str(one) for one in MUTANTS} >= set(TOLD)


def test_states_asked_for_are_kept_without_a_number_of_threads() -> None:
    program = compile_target("mcs")
    plenty = check(program, Settings(models=("c11",), acquisitions=(2,)))
    few = check(program, Settings(models=("c11",), acquisitions=(2,), budget_states=300))
    assert [(one.threads, one.acquisitions) for one in plenty.runs] == [(3, 2)]
    assert [(one.threads, one.acquisitions) for one in few.runs] == [(2, 2)]
    assert {plenty.verdict, few.verdict} == {"proved"}


def test_a_fault_in_a_search_that_was_stopped_is_found(tmp_path: Path) -> None:
    """Of 19,515 states those explored before the budget ends are looked through for who is stuck."""
    mutant = next(one for one in MUTANTS if str(one) == "futex2-never woken")
    result = spent(mutant, tmp_path, threads=4, acquisitions=(3,), budget_states=10_000)
    assert [one.kind for one in result.faults] == ["lost_wakeup"]
