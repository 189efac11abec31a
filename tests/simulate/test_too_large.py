"""A program that is too large is refused with one message before anything is made."""

from __future__ import annotations

import os

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
