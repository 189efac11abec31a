"""A recorded comparison on two CPUs: an unfair lock keeps its advantage with retention, and loses it without."""

import pytest
from benchmarks.retention.compare import compare


@pytest.fixture(scope="module")
def found():
    return compare()


def test_retention_is_found_from_one_lock(found):
    assert found.retention_cycles > 0
    assert found.predicted["tas"] == pytest.approx(found.measured["tas"], rel=0.1)


def test_ttas_beats_the_ticket_lock_measured_and_simulated(found):
    assert found.measured["ttas"] > 1.5 * found.measured["ticket"]
    assert found.predicted["ttas"] > 1.5 * found.predicted["ticket"]
    assert found.without["ttas"] < found.without["ticket"]


def test_ttas_itself_is_predicted_within_a_third(found):
    assert found.predicted["ttas"] == pytest.approx(found.measured["ttas"], rel=0.34)
