"""Every one-line mistake is found, under the first memory model that shows it; every harmless edit passes."""

from collections import Counter

import pytest
from tests.locks.mutants import EQUIVALENT, MUTANTS, Mutant

from lockwright.check.search import Settings, check
from lockwright.language.compile import builtin_locks, compile_target
from lockwright.results import CheckResult

MODELS = ("sc", "tso", "c11")
PARTS = (
    "linux_ticket",
    "pv_ticket",
    "pv_ticket_2013",
    "pv_ticket_2015",
    "pv_ops",
    "linux_ticket_2008",
    "linux_ticket_2008_wide",
)
"""c11 has no access to a part of a word: what it says there is a note."""
SAMPLE = list({(one.lock, one.model): one for one in reversed(MUTANTS) if one.threads == 2}.values())
"""Of each lock and model the first."""


def run(mutant: Mutant, folder, models: tuple[str, ...]) -> CheckResult:
    file = mutant.write(folder)
    acquire = None if mutant.acquire == "forever" else int(mutant.acquire)
    settings = Settings(threads=mutant.threads, acquisitions=(acquire,), models=models, cures=False)
    return check(compile_target(str(file), mutant.harness), settings)


@pytest.mark.parametrize("mutant", SAMPLE, ids=str)
def test_a_mistake_is_found(mutant, tmp_path):
    found = run(mutant, tmp_path, (mutant.model,)).faults
    assert [(one.kind, one.model, one.confirmed) for one in found] == [(mutant.kind, mutant.model, True)]


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


@pytest.mark.parametrize(("lock", "store"), [("mcs", "ahead.behind.store(node"), ("clh", "left.busy.store(0")])
def test_one_seq_cst_store_among_weaker_orders_is_too_little_to_prove(lock, store, tmp_path):
    """The compiled explorer is stricter than RC11 there: its pass says nothing."""
    mixed = Mutant(lock, "seq_cst", f"{store}, release)", f"{store}, seq_cst)")
    (found,) = run(mixed, tmp_path, ("c11",)).runs
    assert (found.verdict, found.reason) == ("not covered", "not proved: seq_cst mixed with weaker orders")


def test_each_lock_has_five_mistakes_or_more():
    found = Counter(one.lock for one in MUTANTS)
    assert min(found[name] for name in builtin_locks()) >= 5


def test_each_lock_has_an_edit_that_changes_nothing():
    assert {one.lock for one in EQUIVALENT} == set(builtin_locks())


@pytest.mark.parametrize("mutant", [*MUTANTS, *EQUIVALENT], ids=str)
def test_an_edit_changes_the_lock(mutant):
    assert mutant.old != mutant.new
    assert mutant.sources()
