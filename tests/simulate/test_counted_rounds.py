"""Waiting loops that count their rounds, made up by chance: every tick must be the plain model's, asleep or not."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.simulate.plain.against import MACHINES, Case
from tests.simulate.running import ready, run_on
from tests.simulate.test_agree import compare

from lockwright.language.compile import compile_text
from lockwright.simulate import places as at

if TYPE_CHECKING:
    from lockwright.ir.program import Program

TEXT = """
from lockwright.language import Atomic, Struct, Workload, acquire, compute, cpu, fence, pause, relaxed, release, running
from lockwright.language import i64, seq_cst, u8, u16, u32, u64


class Line(Struct, align=64):
    word: Atomic[u32]
    more: Atomic[u32]


class Work(Workload):
    owner: Line
    stop: Line
    next: Line

    def each_thread(self) -> None:
        while running():
            ticket = self.next.word.fetch_add(1, relaxed)
            while not self.is_mine(ticket):
                compute(LOOK_AWAY)
            compute(SECTION)
            self.owner.more.store(ticket & 3, relaxed)
            self.owner.word.store(ticket + 1, release)
            compute(WORK)

    def is_mine(self, ticket: u32) -> bool:
LOOP
"""
"""A ticket lock that waits by some loop for a while, then looks away."""

LOOPS = {
    "up, tested first": """
        tries: TYPE = 0
        while tries < COUNT:
            if FOUND:
                return True
            tries += STEP
            PAUSE
        return False
""",
    "up, tested last": """
        tries: TYPE = FIRST
        while not FOUND:
            tries += STEP
            if tries >= COUNT:
                return False
            PAUSE
        return True
""",
    "up, until it is met": """
        tries: TYPE = 0
        while not FOUND:
            tries += 1
            if tries == COUNT:
                return False
            PAUSE
        return True
""",
    "down": """
        budget: TYPE = COUNT
        while not FOUND and budget > STEP:
            budget -= STEP
            PAUSE
        return budget > STEP
""",
    "down, mirrored": """
        budget: TYPE = COUNT
        while not FOUND:
            if STEP >= budget:
                return False
            budget -= STEP
            PAUSE
        return True
""",
    "up and down": """
        spins: u32 = 0
        budget: TYPE = COUNT
        while not FOUND:
            spins += 2
            budget -= 1
            if budget <= 1 or spins > 60:
                return False
            PAUSE
        return True
""",
    "two that meet": """
        low: TYPE = 0
        high: TYPE = COUNT
        while low < high:
            if FOUND:
                return True
            low += STEP
            high -= 1
            PAUSE
        return False
""",
    "only counted": """
        spins: TYPE = 0
        while not FOUND:
            spins += 1
            PAUSE
        return True
""",
    "longer in between": """
        tries: TYPE = 0
        while tries < COUNT:
            if FOUND:
                return True
            tries += 1
            if tries == 9:
                compute(70)
            PAUSE
        return False
""",
    "every eighth longer": """
        tries: TYPE = 0
        while tries < COUNT:
            if FOUND:
                return True
            tries += 1
            if tries % 8 == 0:
                compute(40)
            PAUSE
        return False
""",
    "tried by an update": """
        tries: TYPE = 0
        while tries < COUNT:
            if FOUND:
                if self.stop.more.fetch_add(1, relaxed) != 7:
                    return True
            tries += 1
            PAUSE
        return False
""",
    "twice": """
        tries: TYPE = 0
        while tries < 3:
            for _ in range(COUNT):
                if FOUND:
                    return True
                PAUSE
            tries += 1
        return False
""",
    "by another's word": """
        tries: TYPE = 0
        while tries < COUNT:
            if FOUND:
                return True
            if self.owner.more.load(relaxed) == 1:
                pause()
            tries += 1
            PAUSE
        return False
""",
}
FOUND = (
    "self.owner.word.load(acquire) == ticket",
    "(self.owner.word.load(acquire) == ticket or self.stop.word.load(relaxed) == 1)",
    "ticket == self.owner.word.load(acquire)",
    "self.owner.word.load(acquire) == ticket + (cpu() & 0)",
)
PAUSES = ("pause()", "compute(17)", "pause()\n            fence(seq_cst)")
TYPES = ("u8", "u16", "u32", "u64", "i64")


def made_up(loop: str, chance: Random) -> Program:
    """Return a program with a loop of some kind."""
    step = chance.choice((1, 1, 2, 3))
    values = {
        "LOOK_AWAY": chance.choice((40, 300)),
        "SECTION": chance.choice((20, 150, 900)),
        "WORK": chance.choice((10, 100, 700)),
        "TYPE": chance.choice(TYPES),
        "STEP": str(step),
        "FIRST": str(chance.choice((0, 3))),
        "FOUND": chance.choice(FOUND),
        "PAUSE": chance.choice(PAUSES),
    }
    text = TEXT.replace("LOOP", LOOPS[loop].strip("\n"))
    for name, value in values.items():
        text = text.replace(name, str(value))
    return compile_text(text.replace("COUNT", str(chance.choice((2, 5, 12, 40, 120)))), class_name="Work")


def check(loop: str, seed: int, rounds: int) -> None:
    chance = Random(f"{loop} {seed}")
    machine, threads = chance.choice(MACHINES), chance.choice((2, 3, 5))
    start = chance.choice(("spread", "together"))
    compare(Case(made_up(loop, chance), machine, threads, seed, start), rounds)


@pytest.mark.parametrize("loop", LOOPS)
def test_same_as_plain(loop: str) -> None:
    for seed in range(2):
        check(loop, seed, 15)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 40))
@pytest.mark.parametrize("loop", LOOPS)
def test_same_as_plain_on_many(loop: str, seed: int) -> None:
    check(loop, seed, 40)


POLLS = {"every eighth longer"}
"""What depends on the counter is not only whether the loop goes on."""


@pytest.mark.parametrize("loop", LOOPS)
def test_who_waits_sleeps(loop: str) -> None:
    """Else the comparisons would show nothing: a long section takes few events, whatever the waiters count."""
    text = TEXT.replace("LOOP", LOOPS[loop].strip("\n"))
    values = {"LOOK_AWAY": "1", "SECTION": "20000", "WORK": "1", "TYPE": "u32", "STEP": "1", "FIRST": "0"}
    values |= {"FOUND": FOUND[0], "PAUSE": PAUSES[0]}
    for name, value in values.items():
        text = text.replace(name, value)
    program = compile_text(text.replace("COUNT", "100000"), class_name="Work")
    _, state = ready(program, MACHINES[0], 4)
    assert (run_on(state, 8, 2000) == at.WENT_ON) == (loop in POLLS)  # a round of polls takes some 30 cycles
