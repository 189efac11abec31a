"""The per-CPU allocator: areas never overlap, what is given back can be had again, and too little memory is told."""

import pytest
from tests.structures.proving import PROGRAMS, prove

from lockwright.errors import LockwrightError


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("target", ["Counting", "Counting:second=2", "Counting:units=1"])
def test_proved(target, threads):
    result = prove(f"{PROGRAMS / 'percpu_allocator.py'}:{target}", threads=threads)
    assert [one.verdict for one in result.runs] == ["proved"] * 3


def test_a_chunk_of_no_units_is_one_clear_error():
    with pytest.raises(LockwrightError) as told:
        prove(f"{PROGRAMS / 'percpu_allocator.py'}:Counting:units=0")
    assert [one.code for one in told.value.diagnostics] == ["L027"]
