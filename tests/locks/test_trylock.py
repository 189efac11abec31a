"""Locks that have a `trylock`: nobody waits, whoever got it is alone."""

import ast
from pathlib import Path

import pytest

from lockwright.check.search import Settings, check
from lockwright.language.compile import builtin_locks, compile_target


def has_trylock(file: str) -> bool:
    names = {node.name for node in ast.walk(ast.parse(Path(file).read_text())) if isinstance(node, ast.FunctionDef)}
    return {"lock", "trylock"} <= names


TRYING = sorted(name for name, file in builtin_locks().items() if has_trylock(file))


@pytest.mark.parametrize("lock", TRYING)
def test_whoever_got_it_is_alone(lock: str) -> None:
    result = check(compile_target(f"trying[{lock}]"), Settings(threads=2, acquisitions=(2,)))
    assert result.verdict == "proved"


def test_there_are_some() -> None:
    assert {"linux_ticket", "linux_mutex", "mcs", "osq", "pvqspinlock", "qspinlock"} <= set(TRYING)
