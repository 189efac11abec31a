"""Reductions against none, on every kind of mutation of real locks: whatever one finds, the other finds."""

from __future__ import annotations

import random

import pytest
from tests.mutants import apply, edits

from lockwright.check.engine.run import Options, explore
from lockwright.check.verdict import Promised, findings
from lockwright.ir.program import Program, Shape
from lockwright.language.compile import compile_target

pytestmark = pytest.mark.slow

HANGS = {"deadlock", "lost_wakeup", "endless_await", "starvation"}
"""How a hang looks depends on which steps are merged."""
FAIRNESS = {"order_broken", "bypass"}
MOST = 300_000
REDUCED = {
    "all": Options(),
    "all but dead words": Options(dead_words=False),
    "no symmetry": Options(symmetry=False, tickets=False),
    "nothing but partial order": Options(symmetry=False, tickets=False, dead_words=False, dead_registers=False),
}


def kinds(program: Program, threads: int, model: str, acquisitions: int | None, options: Options) -> set[str] | None:
    """Return the kinds of faults that a search finds, hangs under one name; None: it is too large."""
    found = explore(program, Shape.plain(threads), model, acquisitions, options, budget_states=MOST)
    if not found.exhausted:
        return None
    problems = findings(found, Promised(program.promises.fifo, None, bool(program.subject))).problems
    return {"hang" if one.kind in HANGS else one.kind for one in problems}


def compare(program: Program, change: str, threads: int, model: str, acquisitions: int | None) -> None:
    """Check that all reductions see what is seen without them."""
    raw = kinds(program, threads, model, acquisitions, Options.raw())
    if raw is None:
        return
    for name, options in REDUCED.items():
        reduced = kinds(program, threads, model, acquisitions, options)
        if reduced is None or (reduced | raw) & {"data_race", "assertion"}:
            continue  # where plain accesses race, merging them may hide what else goes wrong
        told = (change, threads, model, acquisitions, name)
        if raw - FAIRNESS:  # beyond the first fault there is no common order of events
            assert (*told, bool(reduced - FAIRNESS)) == (*told, True)
        else:
            assert (*told, reduced) == (*told, raw)


@pytest.mark.parametrize("model", ["sc", "tso"])
@pytest.mark.parametrize("lock", ["mcs", "clh", "anderson", "ttas", "linux_ticket"])
def test_mutants(lock: str, model: str) -> None:
    program = compile_target(lock)
    drawn = random.Random(lock + model).sample([one for one in edits(program) if ".setup," not in one.change], 12)
    for edit in drawn:
        mutant = apply(program, edit)
        if mutant is not None:
            for threads, acquisitions in ((2, 1), (2, 2), (2, None)):
                compare(mutant, edit.change, threads, model, acquisitions)


@pytest.mark.parametrize("lock", ["mcs", "clh", "anderson", "ttas", "ticket", "linux_ticket", "tas"])
def test_good_locks(lock: str) -> None:
    for threads, acquisitions in ((2, None), (3, 1), (3, None)):
        for model in ("sc", "tso"):
            compare(compile_target(lock), "nothing", threads, model, acquisitions)
