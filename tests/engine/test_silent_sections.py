"""Who enters or leaves a lock without a step that others see is counted inside all the same: merged moves end there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.agree.facts import by_engine, by_plain

from lockwright.check.engine.run import Options
from lockwright.ir.inline import inline
from lockwright.ir.program import Shape
from lockwright.ir.waiting import waiting
from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.agree.facts import Facts

    from lockwright.check.engine.exploration import Exploration

HEAD = """
from lockwright.language import Atomic, Lock, Workload, acquire, pause, relaxed, release, running, u2, u8


class Held(Lock):
    held: Atomic[u8]
    times: u2

    def lock(self) -> None:
        {lock}

    def unlock(self) -> None:
        {unlock}


class Empty(Workload):
    lock: Held

    def each_thread(self) -> None:
        while running():
            with self.lock:
                pass
"""
NOTHING = ("pass", "pass")
TAKE = """while self.held.exchange(1, acquire):
            while self.held.load(relaxed):
                pause()"""
PLAIN_LAST = (f"{TAKE}\n        self.times = 1", "self.held.store(0, release)")


def facts_of(tmp_path: Path, functions: tuple[str, str], model: str, acquisitions: int | None) -> tuple[Facts, Facts]:
    """Return what the compiled explorer says with all reductions, and what the plain one says."""
    file = tmp_path / "held.py"
    file.write_text(HEAD.format(lock=functions[0], unlock=functions[1]), encoding="utf-8")
    ready, shape = waiting(inline(compile_target(f"{file}:Empty"))), Shape.plain(2)
    seen: tuple[Facts, Exploration] | None = by_engine(ready, shape, model, acquisitions, Options())
    expected = by_plain(ready, shape, model, acquisitions, 20_000)
    assert seen is not None
    assert expected is not None
    return seen[0], expected[0]


@pytest.mark.parametrize("model", ["sc", "tso"])
def test_a_lock_that_does_nothing_round_nothing_keeps_nobody_out(model: str, tmp_path: Path) -> None:
    seen, expected = facts_of(tmp_path, NOTHING, model, 2)
    assert seen == expected
    assert "two_holders" in seen.faults


@pytest.mark.parametrize("acquisitions", [2, None])
@pytest.mark.parametrize("model", ["sc", "tso"])
def test_a_plain_store_behind_the_winning_step_hides_no_entry(
    model: str, acquisitions: int | None, tmp_path: Path
) -> None:
    """Else the thread would be outside again in the first state in which others can tell that it has the lock."""
    seen, expected = facts_of(tmp_path, PLAIN_LAST, model, acquisitions)
    assert seen == expected
    assert seen.faults == frozenset()
    assert seen.bypass == (1 if acquisitions else -1)
