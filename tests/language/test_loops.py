"""What the compiler makes of loops and of paths that end."""

from __future__ import annotations

import pytest

from lockwright.check.search import Settings, check
from lockwright.ir.inline import inline
from lockwright.ir.waiting import waiting
from lockwright.language.compile import compile_text

LOOKING = """
from lockwright.language import Atomic, Param, Workload, pause, relaxed, u32, workers

class Looking(Workload):
    flag: Atomic[u32]
    given_up: u32
    threshold: Param[u32] = {threshold}

    def setup(self) -> None:
        self.flag.store(1, relaxed)

    @workers(1)
    def look(self) -> None:
        for _ in range(self.threshold):
            if self.flag.load(relaxed):
                return
            pause()
        self.given_up = 1

    def at_rest(self) -> None:
        assert self.given_up == 0
"""


@pytest.mark.parametrize(("threshold", "verdict"), [(1, "proved"), (1 << 15, "proved"), (0, "fault")])
def test_a_bounded_wait_looks_once_before_it_gives_up(threshold: int, verdict: str) -> None:
    result = check(compile_text(LOOKING.format(threshold=threshold)), Settings(models=("sc",)))
    assert result.verdict == verdict


def test_a_bounded_wait_may_give_up_after_its_first_look() -> None:
    late = LOOKING.replace("self.flag.store(1, relaxed)", "self.flag.store(0, relaxed)").format(threshold=1 << 15)
    result = check(compile_text(late), Settings(models=("sc",)))
    assert [one.kind for one in result.faults] == ["at_rest"]


def test_a_bounded_wait_stays_an_await() -> None:
    program = compile_text(LOOKING.format(threshold=1 << 15))
    awaits = [one for some in waiting(inline(program)).awaits.values() for one in some]
    assert [one.text for one in awaits] == ["until self.flag.load(relaxed)"]
    assert awaits[0].is_bounded


FINDING = """
from lockwright.language import Array, Workload, field, u32, workers

class Finding(Workload):
    numbers: Array[u32] = field(length=3)
    found: u32

    def setup(self) -> None:
        self.numbers[2] = {number}

    def find(self, number: u32) -> u32:
        for index in range(3):
            if self.numbers[index] == number:
                return index
        assert False, "it is not there"

    @workers(1)
    def search(self) -> None:
        self.found = self.find(7)

    def at_rest(self) -> None:
        assert self.found == 2
"""


@pytest.mark.parametrize(("number", "kinds"), [(7, []), (8, ["assertion"])])
def test_an_assertion_that_never_holds_ends_its_path(number: int, kinds: list[str]) -> None:
    result = check(compile_text(FINDING.format(number=number)), Settings(models=("sc",)))
    assert [one.kind for one in result.faults] == kinds
