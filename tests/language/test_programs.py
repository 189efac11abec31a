"""Programs in the language, of every sort: each compiles to an IR that the verifier accepts and the passes take."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter, prepare
from lockwright.ir.program import Shape
from lockwright.ir.verify import find_problems
from lockwright.ir.waiting import waiting
from lockwright.language.compile import builtin_locks, compile_target

FOLDER = Path(__file__).parent / "programs"
SHAPE = Shape((0, 1), (0, 1), (0, 1))
CLASSES = {
    "sleeping_lock": ("Sleepers", "SleepingLock"),
    "rcu_routes": ("Routing",),
    "interrupted": ("Interrupted", "HandLock"),
    "sessions": ("Traffic", "CrowdLock"),
    "block_cache": ("Reading", "Flag"),
    "counters": ("Twice[Bit]", "BothBits", "Bit"),
    "message_passing": ("MessagePassing", "Disagreement"),
    "wide_ticket": ("WideTicket", "WideTicket[u8]"),
}


def targets() -> list[str]:
    """Return every program, with each class that can be run on its own."""
    return [
        f"{file}:{name}" if name else str(file)
        for file in sorted(FOLDER.glob("*.py"))
        for name in CLASSES.get(file.stem, ("",))
    ]


def name_of(target: str) -> str:
    """Return a name that is the same on every machine."""
    return target.rpartition("/")[2]


@pytest.mark.parametrize("target", targets(), ids=name_of)
def test_program_compiles_to_sound_ir(target: str) -> None:
    program = compile_target(target)
    assert find_problems(program) == []
    waited = waiting(inline(program)).program
    assert find_problems(waited) == []
    assert program.workers


@pytest.mark.parametrize("name", builtin_locks())
def test_builtin_lock_compiles_to_sound_ir(name: str) -> None:
    program = compile_target(name)
    assert find_problems(program) == []
    assert program.subject == ("workload", "lock")


def test_the_arithmetic_of_the_language_holds() -> None:
    """Runs the program: a wrong width, wrap or order of evaluation fails one of its assertions."""
    program = inline(compile_target(str(FOLDER / "small_numbers.py")))
    cells, image = prepare(program, SHAPE)
    Interpreter(cells, image=image).call("thread.each_thread", ())


def test_there_are_thirteen_programs_or_more() -> None:
    assert len(list(FOLDER.glob("*.py"))) >= 13
