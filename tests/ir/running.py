"""Run what a test writes with a builder, on thread 0 of two."""

from collections.abc import Callable

import pytest

from lockwright.ir.arithmetic import Fault
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.program import Constant, Operand, Program, Shape
from lockwright.ir.types import U32, Pointer, StructRef
from lockwright.ir.verify import verify

NODE = StructRef("Node")
NODE_POINTER = Pointer(NODE)
SHAPE = Shape((0, 1), (0, 1), (0, 1))


def run(program: Program, name: str = "main", *arguments: int, **options: int) -> int | None:
    """Run a function of a program on thread 0 of two."""
    return Interpreter(Cells(verify(program), SHAPE), **options).call(name, arguments)  # type: ignore[arg-type]


def main(write: Callable[[FunctionBuilder], Operand | None], program: Program | None = None) -> Program:
    """Return a program whose function `main` is what `write` emits and returns."""
    program = program or Program("test")
    first = FunctionBuilder(program, "main")
    result = write(first)
    first.function.result = None if result is None else first.type_of(result)
    first.give_back(result)
    first.finish()
    return program


def value_of(write: Callable[[FunctionBuilder], Operand | None], program: Program | None = None) -> int | None:
    return run(main(write, program))


def fault_of(write: Callable[[FunctionBuilder], Operand | None], program: Program | None = None) -> str:
    with pytest.raises(Fault) as caught:
        run(main(write, program))
    return caught.value.kind


def number(value: int) -> Constant:
    return Constant(value, U32)
