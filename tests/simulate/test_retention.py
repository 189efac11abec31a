"""A recorded comparison on two CPUs: `retention`, found from additions to one word, predicts the locks."""

import pytest
from benchmarks.retention.compare import FITTED, HAND_OVER, HERE, LOCKS, compare, recorded

from lockwright import machines


@pytest.fixture(scope="module")
def found():
    return compare()


def test_the_latency_is_what_was_measured_in_the_same_run():
    latency = machines.load(HERE / "machine.toml").numbers["atomic.M.same_die"]
    assert latency.amount == pytest.approx(1000 / recorded(2)[HAND_OVER], rel=0.01)


def test_retention_is_found_from_additions(found):
    assert found.retention_cycles > 0
    assert found.predicted[FITTED] == pytest.approx(found.measured[FITTED], rel=0.05)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_predicted_within_a_quarter(found, lock):
    assert found.predicted[lock] == pytest.approx(found.measured[lock], rel=0.25)


def test_by_how_much_ttas_beats_the_ticket_lock_is_predicted(found):
    measured, predicted, without = (
        one["ttas"] / one["ticket"] for one in (found.measured, found.predicted, found.without)
    )
    assert measured > 1.5
    assert predicted == pytest.approx(measured, rel=0.2)
    assert without < 1


def test_retention_explains_most_of_what_was_wrong_without_it(found):
    assert found.error(found.predicted) < 1.25
    assert found.error(found.without) > 2


def test_one_thread_is_predicted_from_the_numbers_of_the_core(found):
    for lock, measured in found.alone_measured.items():
        assert found.alone[lock] == pytest.approx(measured, rel=0.2)
