"""A trylock that succeeds while somebody waits has overtaken him: both explorers count it, in every model."""

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

TRYING = """
from lockwright.language import Atomic, Lock, Workload, acquire, pause, relaxed, release, running, u2, workers

class Tickets(Lock, fifo=True):
    held: Atomic[u2]
    owner: Atomic[u2]
    next: Atomic[u2]

    def lock(self) -> None:
        ticket = self.next.fetch_add(1, relaxed)
        while self.owner.load(acquire) != ticket:
            pause()
        while self.held.exchange(1, acquire) != 0:
            while self.held.load(relaxed) != 0:
                pause()
        self.owner.fetch_add(1, release)

    def trylock(self) -> bool:
        {trylock}

    def unlock(self) -> None:
        self.held.store(0, release)

class Trying(Workload):
    lock: Tickets

    @workers(2)
    def take(self) -> None:
        while running():
            with self.lock:
                pass

    @workers(1)
    def attempt(self) -> None:
        while running():
            if self.lock.trylock():
                self.lock.unlock()
"""
BARGES = "return self.held.compare_exchange(0, 1, acquire) == 0"
GIVES_UP = "return False"


@pytest.mark.parametrize("model", ["sc", "tso"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("trylock", "overtakes"), [(BARGES, True), (GIVES_UP, False)])
def test_who_tries_has_his_turn_when_he_succeeds(
    model: str, times: int, trylock: str, *, overtakes: bool, tmp_path: Path
) -> None:
    file = tmp_path / "trying.py"
    file.write_text(TRYING.format(trylock=trylock))
    ready, shape = waiting(inline(compile_target(f"{file}:Trying"))), Shape.plain(3)
    judged = by_plain(ready, shape, model, times, 20_000)
    assert judged is not None
    expected, _ = judged
    assert expected.is_overtaken == overtakes
    assert expected.bypass == (times if overtakes else 0)
    for options in (Options.raw(), Options(), Options(symmetry=False)):
        seen = by_engine(ready, shape, model, times, options)
        assert seen is not None
        assert seen[0] == expected
