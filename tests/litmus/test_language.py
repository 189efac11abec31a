"""Litmus tests written in the language: exact sets of outcomes, on the plain explorer and on the compiled engines."""

import tomllib
from itertools import product
from pathlib import Path

import pytest

from lockwright.check import outcomes as compiled
from lockwright.check.plain.explore import outcomes
from lockwright.check.plain.machine import Machine
from lockwright.ir.inline import inline
from lockwright.ir.program import Program, Shape
from lockwright.ir.waiting import waiting
from lockwright.language.compile import compile_target

FOLDER = Path(__file__).parents[2] / "src" / "lockwright" / "workloads" / "litmus"
EXPECTED = tomllib.loads((Path(__file__).parent / "expected.toml").read_text())
CASES = [(name, model) for name in EXPECTED for model in ("sc", "tso", "c11")]


def program_of(name: str) -> Program:
    file, _, kind = name.partition(":")
    return compile_target(f"{FOLDER / file}.py:{kind}")


def expected(name: str, model: str, length: int) -> set[str]:
    said = EXPECTED[name][model]
    if "are" in said:
        return set(said["are"])
    return {"".join(one) for one in product("01", repeat=length)} - set(said["but"])


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_plain_explorer_allows_exactly_these(name, model):
    ready = waiting(inline(program_of(name)))
    machine = Machine(ready.program, ready.awaits, Shape.plain(EXPECTED[name]["threads"]), model, None)
    found = {"".join(str(value) for _, value in one) for one in outcomes(machine)}
    assert found == expected(name, model, len(next(iter(found))))


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_compiled_engine_allows_exactly_these(name, model):
    rows = compiled.outcomes(program_of(name), model, Shape.plain(EXPECTED[name]["threads"]))
    found = {"".join(map(str, one.values())) for one in rows}
    assert found == expected(name, model, len(next(iter(found))))
