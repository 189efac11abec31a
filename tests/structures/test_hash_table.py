"""The hash tables: nothing lost, no entry twice, no leak, with allocation failing anywhere."""

import pytest
from tests.structures.proving import PROGRAMS, prove

from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_target

PROGRAM = PROGRAMS / "hash_table.py"


@pytest.mark.parametrize("target", ["Blocks", "Blocks:promote=true", "Striped"])
def test_proved_with_two_threads(target):
    result = prove(f"{PROGRAM}:{target}", threads=2)
    assert (result.verdict, len(result.runs)) == ("proved", 3), result.faults


@pytest.mark.slow
@pytest.mark.parametrize("target", ["Blocks", "Blocks:promote=true", "Striped"])
def test_proved_with_three_threads(target):
    models = ("sc",) if target == "Striped" else ("sc", "tso", "c11")
    assert prove(f"{PROGRAM}:{target}", threads=3, models=models).verdict == "proved"


@pytest.mark.parametrize("bits", [0, 25, 40])
def test_a_table_of_no_or_too_many_buckets_is_one_clear_error(bits):
    with pytest.raises(LockwrightError) as told:
        compile_target(f"{PROGRAM}:Blocks:bits={bits}")
    assert [one.code for one in told.value.diagnostics] == ["L027"]
    assert f"`bits` is {bits}" in str(told.value)
