"""A mistake in a structure is found, as the fault that it is."""

import pytest
from tests.structures.proving import FOLDER, load, prove


@pytest.mark.parametrize("mutant", load(FOLDER / "mutants"))
def test_a_mistake_is_found(mutant, tmp_path):
    result = prove(mutant.written_to(tmp_path), threads=mutant.threads, models=(mutant.model,))
    assert [(one.kind, one.confirmed) for one in result.faults] == [(mutant.kind, True)]
