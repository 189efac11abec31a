"""Reference counts: the last one frees, nobody uses what is freed, nothing is left over."""

import pytest
from tests.structures.proving import PROGRAMS, prove


@pytest.mark.parametrize("threads", [2, 3])
def test_proved(threads):
    result = prove(f"{PROGRAMS / 'reference_count.py'}:UnderLock", threads=threads)
    assert [one.verdict for one in result.runs] == ["proved"] * 3


@pytest.mark.parametrize("threads", [2, 3])
def test_proved_without_a_lock(threads):
    result = prove(f"{PROGRAMS / 'reference_count.py'}:UnderRcu", threads=threads, models=("sc", "tso"))
    assert [one.verdict for one in result.runs] == ["proved"] * 2
