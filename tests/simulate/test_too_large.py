"""A program that is too large is refused with one message before anything is made."""

from __future__ import annotations

import os
import time

import pytest

from lockwright import machines
from lockwright.errors import LockwrightError
from lockwright.language.compile import compile_text
from lockwright.simulate.run import Settings, run_once

TABLE = """
from lockwright.language import Array, Workload, field, running, u64

class Table(Workload):
    words: Array[u64] = field(length={length})

    def each_thread(self) -> None:
        while running():
            self.words[0] += 1
"""


def test_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    program, model = compile_text(TABLE.format(length=1 << 16), "table.py"), machines.load("opteron48").model()
    run_once(program, model, Settings(2, measured_rounds=100))
    monkeypatch.setattr(os, "sysconf", lambda name: 1024 if name == "SC_AVPHYS_PAGES" else 1)
    with pytest.raises(LockwrightError, match="GiB of memory"):
        run_once(program, model, Settings(2, measured_rounds=100))


@pytest.mark.parametrize(("length", "told"), [(10**9, "cache lines, and a run can number"), (1 << 28, "cache lines")])
def test_a_table_that_no_machine_holds_is_refused_at_once(length: int, told: str) -> None:
    """Before anything is made of it."""
    program, model = compile_text(TABLE.format(length=length), "table.py"), machines.load("opteron48").model()
    began = time.monotonic()
    with pytest.raises(LockwrightError, match=told):
        run_once(program, model, Settings(2, measured_rounds=100))
    assert time.monotonic() - began < 5
