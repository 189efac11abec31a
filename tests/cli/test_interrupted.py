"""Ctrl-C: a real process is sent SIGINT in the middle of a search."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lockwright.check import search
from lockwright.check.engine import c11, store
from lockwright.check.engine.run import explore
from lockwright.check.search import Settings, check
from lockwright.language.compile import compile_target
from lockwright.results import FAULT, NOT_EXHAUSTED, PROVED

if TYPE_CHECKING:
    from pathlib import Path

    from lockwright.check.engine.exploration import Exploration
    from lockwright.results import CheckResult

ENDED_BY_CTRL_C = 130
WAITS_S = 100.0


def test_a_search_that_is_interrupted_says_how_far_it_was(tmp_path: Path) -> None:
    """The first model is done at once; the second would take minutes, and is cut when it says that it has begun."""
    file = tmp_path / "result.json"
    arguments = ["check", "mcs", "--threads", "5", "--acquire", "3", "--memory", "sc,c11", "--json", str(file)]
    progress = (
        "import sys; from lockwright.cli import check, main; check._progress = lambda one: print(one, flush=True)"
    )
    program = f"{progress}; sys.exit(main.run(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        assert any(line.startswith("sc, 3 each") for line in process.stdout)
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        told = " ".join(process.stdout.read().split())
        assert process.wait(WAITS_S) == ENDED_BY_CTRL_C
    assert re.search(
        r"interrupted in (sc|c11) with 5 threads x 3 acquisitions after [\d,]+ states; proved before", told
    )
    last = json.loads(file.read_text())["points"][-1]
    assert (last["verdict"], last["reason"]) == (NOT_EXHAUSTED, "interrupted")
    assert last["states"] > 0


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches come up for Ctrl-C after every few states."""
    monkeypatch.setattr(store, "SLICE", 5)
    monkeypatch.setattr(c11, "SLICE", 5)


def cut(model: str, states: int) -> search.Explorer:
    """Return an explorer to which Ctrl-C comes under one model, after so many states."""

    def explorer(waiting: object, shape: object, under: str, *rest: object, **budget: object) -> Exploration:
        def stop(found: int) -> None:
            if under == model and found >= states:
                raise KeyboardInterrupt

        return explore(waiting, shape, under, *rest, progress=stop, **budget)  # type: ignore[arg-type]

    return explorer  # type: ignore[return-value]


def checked(model: str, states: int, lock: str = "mcs", **settings: object) -> CheckResult:
    """Return the check of a lock to which Ctrl-C comes."""
    program = compile_target(lock)
    return check(program, Settings(acquisitions=(2,), **settings), explorer=cut(model, states))  # type: ignore[arg-type]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("model", ["tso", "c11"])
def test_models_that_were_decided_keep_their_verdict(model: str) -> None:
    result = checked(model, 1, threads=2)
    *before, last = result.runs
    assert result.is_interrupted
    assert {run.verdict for run in before} == {PROVED}
    assert [run.model for run in before] == ["sc", "tso", "c11"][: len(before)]
    assert (last.model, last.verdict, last.reason) == (model, NOT_EXHAUSTED, "interrupted")
    assert last.states > 0


@pytest.mark.usefixtures("short")
def test_a_smaller_instance_does_not_follow_an_interrupted_one() -> None:
    """Without a number of threads a budget of states would go on to two threads."""
    result = checked("sc", 1)
    assert [(run.threads, run.reason) for run in result.runs] == [(3, "interrupted")]


TWO_STEPS = """
from lockwright.language import Atomic, Lock, pause, release, u8

class TwoSteps(Lock):
    flag: Atomic[u8]

    def lock(self) -> None:
        while self.flag.load() != 0:
            pause()
        self.flag.store(1, release)

    def unlock(self) -> None:
        self.flag.store(0, release)
"""


@pytest.mark.usefixtures("short")
def test_a_fault_that_was_met_before_is_told_without_its_steps(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO_STEPS)
    result = checked("sc", 35, str(tmp_path / "two.py"), threads=2)
    assert [run.verdict for run in result.runs] == [FAULT]
    assert [fault.sentence for fault in result.faults] == [
        "two holders: found with 2 threads x 2 acquisitions, but Ctrl-C came before its steps were known"
    ]


def test_what_lies_beyond_another_fault_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost updates make the counter of the harness run away: such a search used all of its budget."""
    monkeypatch.setattr(search, "QUICK_DEFAULT", 2_000)
    (tmp_path / "two.py").write_text(TWO_STEPS)
    settings = Settings(threads=2, acquisitions=(None,), models=("tso",), kinds=("deadlock",))
    result = check(compile_target(str(tmp_path / "two.py")), settings)
    (run,) = result.runs
    assert (run.verdict, run.reason) == (NOT_EXHAUSTED, "states")
    assert run.states < 3 * 2_000
    assert any("the lock is broken otherwise (two holders)" in one for one in result.not_covered)
