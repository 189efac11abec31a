"""Small mistakes in a lock whose one word only updates write: awaits of it keep under `c11` no message but the newest.

python -m tests.agree.test_readers_writers 0 200 c11      how many were compared, and which disagree
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.agree.locks import LOCKS
from tests.agree.test_mutations import MODELS, Case, compare_case
from tests.mutants import apply, edits

from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from lockwright.ir.program import Program

WORKLOAD = """

from lockwright.language import Workload, running, u8


class Both(Workload):
    lock: BiasRwLock
    word: u8

    def each_thread(self) -> None:
        while running():
            with self.lock.writing():
                self.word = 1 - self.word
            with self.lock.reading():
                assert self.word < 2


class Either(Workload):
    lock: BiasRwLock
    word: u8

    @workers(1)
    def write(self) -> None:
        with self.lock.writing():
            self.word = 1

    @workers(1)
    def read(self) -> None:
        with self.lock.reading():
            assert self.word < 2
"""


@cache
def both(name: str) -> Program:
    """Return readers and writers of one plain word."""
    text = (LOCKS / "bias_rwlock.py").read_text(encoding="utf-8").replace("0x0100_0000", "4")
    workload = WORKLOAD.replace("import Workload", "import Workload, workers")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "both.py"
        file.write_text(text + workload, encoding="utf-8")
        return compile_target(f"{file}:{name}")


def drawn(seed: int) -> Case:
    """Return the lock with one or two small changes of its own functions."""
    chance = random.Random(seed)
    name = chance.choice(("Both", "Either", "Either", "Either"))
    program, told = both(name), [name]
    for _ in range(chance.choice((1, 1, 2))):
        options = list(edits(program, [one.name for one in program.functions.values() if one.role is not None]))
        chance.shuffle(options)
        for edit in options:
            changed = apply(program, edit)
            if changed is not None:
                program = changed
                told.append(edit.change)
                break
    return Case("; ".join(told), program, 2, 1)


def compare(seed: int, model: str, *, every_reduction: bool = False) -> str:
    """Return what differs, `too large`, or nothing."""
    return compare_case(drawn(seed), seed, model, every_reduction=every_reduction)


@pytest.mark.parametrize("model", ["sc", "tso", pytest.param("c11", marks=pytest.mark.slow)])
def test_some_mutations(model: str) -> None:
    assert [said for said in (compare(seed, model) for seed in range(6)) if said not in ("", "too large")] == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 200, 20))
@pytest.mark.parametrize("model", MODELS)
def test_a_hundred_mutations(model: str, first: int) -> None:
    said = [compare(seed, model) for seed in range(first, first + 20)]
    assert [one for one in said if one not in ("", "too large")] == []


if __name__ == "__main__":
    counts: Counter[str] = Counter()
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        outcome = compare(seed, sys.argv[3])
        counts["equal" if not outcome else outcome if outcome == "too large" else "different"] += 1
        if outcome not in ("", "too large"):
            sys.stdout.write(f"{outcome}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{sys.argv[1:]}: {dict(counts)}\n")
