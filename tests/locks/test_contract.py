"""What every shipped lock keeps: it is proved, its class line promises what holds and no less, and it has a source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lockwright.check.search import Settings, check
from lockwright.ir.inline import inline
from lockwright.language.compile import builtin_locks, compile_target

WRONG = {"pv_ticket_2013": ("lost_wakeup", "tso")}
"""Kept for what is wrong with them."""
IN_ORDER_SO_FAR = {"pvqspinlock", "osq"}
"""They promise no order, and keep one in an instance so small."""
LOCKS = sorted(builtin_locks())
RIGHT = [name for name in LOCKS if name not in WRONG]
SLEEPS = {"halt", "halt_if", "park", "futex_wait", "event_poll"}


def has_trylock(name: str) -> bool:
    tree = ast.parse(Path(builtin_locks()[name]).read_text(encoding="utf-8"))
    return any(isinstance(one, ast.FunctionDef) and one.name == "trylock" for one in ast.walk(tree))


@pytest.mark.parametrize("name", LOCKS)
def test_it_says_where_it_comes_from(name: str) -> None:
    text = ast.get_docstring(ast.parse(Path(builtin_locks()[name]).read_text(encoding="utf-8"))) or ""
    assert "\nSource: " in text


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_proved(name: str) -> None:
    times = 1 if name.startswith("pv") else 2
    result = check(compile_target(name), Settings(threads=2, acquisitions=(times,)))
    assert [(run.model, run.verdict) for run in result.runs] == [(one, "proved") for one in ("sc", "tso", "c11")]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    result = check(compile_target(name), Settings(threads=2, acquisitions=(1,), cures=False))
    assert [(fault.kind, fault.model) for fault in result.faults] == [WRONG[name]]


@pytest.mark.parametrize("name", LOCKS)
def test_it_promises_first_come_first_served_if_that_holds_and_only_then(name: str) -> None:
    program = compile_target(name)
    result = check(program, Settings(threads=2, acquisitions=(2,), models=("sc",), fifo=True, cures=False))
    assert (result.verdict == "proved") == (program.promises.fifo or name in IN_ORDER_SO_FAR)
    assert [fault.kind for fault in result.faults] in ([], ["order_broken"])
    assert ("first come, first served" in result.runs[0].properties) == (result.verdict != "not covered")


@pytest.mark.parametrize("name", LOCKS)
def test_it_promises_to_stand_overcommitment_if_its_waiters_sleep(name: str) -> None:
    program = compile_target(name)
    functions = inline(program).functions
    ops = {
        one.op
        for worker in program.workers
        for block in functions[worker.function].blocks
        for one in block.instructions
    }
    assert program.promises.overcommit == bool(ops & SLEEPS)


@pytest.mark.parametrize("name", [name for name in RIGHT if has_trylock(name)])
def test_those_who_only_try_get_on_with_those_who_wait(name: str) -> None:
    program = compile_target(f"{Path(__file__).parent / 'mixed.py'}:Mixed[{name}]")
    result = check(program, Settings(threads=2, acquisitions=(1 if name.startswith("pv") else 2,)))
    assert [run.verdict for run in result.runs] == ["proved"] * 3


def test_nobody_waits_who_only_tries() -> None:
    for name in RIGHT:
        if has_trylock(name):
            result = check(compile_target(name, "trying"), Settings(threads=2, acquisitions=(2,)))
            assert result.verdict == "proved"
