"""A mistake in what a subsystem is built from is found in the subsystem, as the fault that it is."""

from pathlib import Path

import pytest
from tests.structures.proving import MODELS, load, prove


@pytest.mark.parametrize("mutant", load(Path(__file__).parent / "mutants"))
def test_a_mistake_is_found(mutant, tmp_path):
    models = MODELS[: MODELS.index(mutant.model) + 1]
    result = prove(mutant.written_to(tmp_path), threads=mutant.threads, models=models)
    assert [(one.kind, one.model, one.confirmed) for one in result.faults] == [(mutant.kind, mutant.model, True)]
