"""Small locks and what is wrong with broken ones; numbers of steps as in the literature and by hand."""

import pytest
from tests.plain.programs import machine, ticket, ttas

from lockwright.check.plain.explore import check
from lockwright.ir.program import Program
from lockwright.ir.table import Order

MODELS = ("sc", "tso", "c11")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("acquisitions", [1, 2])
def test_ticket_lock_is_a_lock_in_order(model: str, acquisitions: int) -> None:
    verdict = check(machine(ticket(), model, acquisitions=acquisitions))
    assert verdict.is_exhausted
    assert verdict.faults == {}
    assert verdict.overtaken == set()
    assert verdict.bypass == 0
    assert verdict.outcomes == {(("value", 2 * acquisitions),)}


@pytest.mark.parametrize("model", MODELS)
def test_test_and_set_lets_others_pass(model: str) -> None:
    verdict = check(machine(ttas(), model))
    assert verdict.faults == {}
    assert verdict.overtaken == {(0, 1), (1, 0)}
    assert verdict.bypass == 2


def test_three_threads_wait_in_order() -> None:
    verdict = check(machine(ticket(), "sc", threads=3, acquisitions=1))
    assert verdict.faults == {}
    assert verdict.bypass == 0


@pytest.mark.parametrize("model", MODELS)
def test_test_then_set_admits_two(model: str) -> None:
    verdict = check(machine(ttas(is_atomic=False), model, acquisitions=1))
    assert "two_holders" in verdict.faults


def test_release_of_the_wrong_counter() -> None:
    verdict = check(machine(ticket(serve="next"), "sc", threads=2))
    assert "deadlock" in verdict.faults or "endless_await" in verdict.faults


@pytest.mark.parametrize("program", [ticket(wait=Order.RELAXED), ticket(hand=Order.RELAXED)], ids=["wait", "hand"])
def test_weak_ticket_races_only_under_c11(program: Program) -> None:
    assert check(machine(program, "sc", acquisitions=1)).faults == {}
    assert check(machine(program, "tso", acquisitions=1)).faults == {}
    assert set(check(machine(program, "c11", acquisitions=1)).faults) == {"data_race"}


@pytest.mark.parametrize("program", [ttas(take=Order.RELAXED), ttas(free=Order.RELAXED)])
def test_weak_test_and_set_races_only_under_c11(program: Program) -> None:
    assert check(machine(program, "tso", acquisitions=1)).faults == {}
    assert set(check(machine(program, "c11", acquisitions=1)).faults) == {"data_race"}


@pytest.mark.parametrize("model", ["sc", "tso"])
def test_ticket_lock_for_ever(model: str) -> None:
    verdict = check(machine(ticket(bits=2), model, acquisitions=None))
    assert verdict.faults == {}
    assert verdict.bypass == 0


def test_test_and_set_may_starve_for_ever() -> None:
    verdict = check(machine(ttas(), "sc", acquisitions=None))
    assert verdict.starving == {0, 1}
    assert verdict.bypass is None
