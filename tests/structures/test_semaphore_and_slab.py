"""Semaphores let in as many as they should and wake whom they should; slabs lose and double no record."""

import pytest
from tests.structures.proving import PROGRAMS, prove

SEMAPHORES = ("Taking", "Taking:limit=2", "Handed")


@pytest.mark.parametrize("target", SEMAPHORES)
def test_semaphore_with_two_threads(target):
    result = prove(f"{PROGRAMS / 'semaphore.py'}:{target}", threads=2)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


@pytest.mark.slow
@pytest.mark.parametrize("target", SEMAPHORES)
def test_semaphore_with_three_threads(target):
    assert prove(f"{PROGRAMS / 'semaphore.py'}:{target}", threads=3).verdict == "proved"


def test_slab_with_two_threads():
    """One batch goes to the common list and comes back on another CPU."""
    result = prove(str(PROGRAMS / "slab.py"), threads=2)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


@pytest.mark.slow
@pytest.mark.parametrize("target", ["slab.py", "slab.py:Taking:limit=2,batch=2"])
def test_slab_with_three_threads(target):
    assert prove(str(PROGRAMS / target), threads=3, models=("sc", "tso")).verdict == "proved"
