"""Every one-line mistake is found, under the first memory model that shows it; every harmless edit passes."""

from collections import Counter

import pytest
from tests.locks.mutants import EQUIVALENT, MUTANTS, Mutant

from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target
from lockwright.results import CheckResult

MODELS = ("sc", "tso", "c11")
PARTS = (
    "linux_ticket",
    "pv_ticket",
    "pv_ticket_2015",
)  # c11 has no access to a part of a word: what it says there is a note


def run(mutant: Mutant, folder, models: tuple[str, ...]) -> CheckResult:
    file = mutant.write(folder)
    acquire = None if mutant.acquire == "forever" else int(mutant.acquire)
    settings = Settings(threads=mutant.threads, acquisitions=(acquire,), models=models, cures=False)
    return check(compile_target(str(file), mutant.harness), settings)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_mistake_is_found_under_the_first_model_that_shows_it(mutant, tmp_path):
    result = run(mutant, tmp_path, MODELS[: MODELS.index(mutant.model) + 1])
    assert [(one.kind, one.model) for one in result.faults][:1] == [(mutant.kind, mutant.model)]


@pytest.mark.slow
@pytest.mark.parametrize("mutant", EQUIVALENT, ids=str)
def test_a_harmless_edit_passes(mutant, tmp_path):
    models = MODELS[:2] if mutant.lock in PARTS else MODELS
    result = run(mutant, tmp_path, models)
    assert [result.verdict_of(model) for model in models] == ["proved"] * len(models)


def test_each_lock_has_five_mistakes_or_more():
    assert min(Counter(one.lock for one in MUTANTS).values()) >= 5


@pytest.mark.parametrize("mutant", [*MUTANTS, *EQUIVALENT], ids=str)
def test_an_edit_changes_the_lock(mutant):
    assert mutant.old != mutant.new
    assert mutant.sources()
