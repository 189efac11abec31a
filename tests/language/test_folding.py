"""What the compiler computes from constants is what the machine computes from the same numbers in memory."""

from __future__ import annotations

import pytest

from lockwright.ir.inline import inline
from lockwright.ir.interpreter import Interpreter, prepare
from lockwright.ir.program import Shape
from lockwright.language.compile import compile_text

VALUES = {"i64": (-7, 7, -1, 2, -2), "u8": (200, 100, 1, 255), "u64": (2**64 - 1, 5, 2**63), "u3": (7, 3)}
OPERATORS = ("+", "-", "*", "//", "%", "&", "|", "^")
TESTS = ("<", "<=", "==", "!=")


def assertions(kind: str, left: int, right: int) -> list[str]:
    """Return statements that compare each operation on constants with the same on fields."""
    constants, fields = (f"{kind}({left})", f"{kind}({right})"), ("self.left", "self.right")
    result = [f"self.left = {constants[0]}", f"self.right = {constants[1]}"]
    result += [f"assert {fields[0]} {op} {fields[1]} == {constants[0]} {op} {constants[1]}" for op in OPERATORS]
    result += [f"assert {fields[0]} {op} 2 == {constants[0]} {op} 2" for op in ("<<", ">>")]
    result += [f"assert ({fields[0]} {op} {fields[1]}) == ({constants[0]} {op} {constants[1]})" for op in TESTS]
    result += [f"assert {word}({', '.join(fields)}) == {word}({', '.join(constants)})" for word in ("min", "max")]
    return [*result, f"assert -{fields[0]} == -{constants[0]} and ~{fields[0]} == ~{constants[0]}"]


@pytest.mark.parametrize("kind", VALUES)
def test_constants_are_computed_as_at_run_time(kind: str) -> None:
    lines = [line for left in VALUES[kind] for right in VALUES[kind] for line in assertions(kind, left, right)]
    text = "\n".join(
        [
            f"from lockwright.language import Workload, {kind}",
            "class Folding(Workload):",
            f"    left: {kind}",
            f"    right: {kind}",
            "    def each_thread(self) -> None:",
            *(f"        {line}" for line in lines),
        ]
    )
    program = inline(compile_text(text))
    cells, image = prepare(program, Shape((0, 1), (0, 1), (0, 1)))
    Interpreter(cells, image=image).call("thread.each_thread")
