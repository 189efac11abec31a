"""Numbers of records, and a last reference that is dropped under a lock."""

import pytest
from tests.structures.proving import PROGRAMS, prove


def test_numbers_on_one_thread():
    result = prove(str(PROGRAMS / "id_registry.py"), threads=1)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


@pytest.mark.parametrize("threads", [2, 3])
def test_the_last_reference_goes_under_the_lock(threads):
    result = prove(str(PROGRAMS / "drop_and_lock.py"), threads=threads)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults
