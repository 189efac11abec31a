"""The end of a run: what a program asserts of its memory when all threads have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.arithmetic import Fault, wrap
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.storage import Image
from lockwright.simulate import storage
from lockwright.simulate.troubles import wrong_at_rest

if TYPE_CHECKING:
    from lockwright.simulate.arrays import State
    from lockwright.simulate.program import Code

MOST_CELLS = 100_000
"""The interpreter is slow: what is larger is for `check` to look at."""


def failed_at_rest(code: Code, state: State) -> int:
    """Run the at-rest functions on the memory that a run left, and return how many of them failed an assertion.

    A function that is too long for the interpreter says nothing.

    Raises:
        LockwrightError: A function did something that has no meaning.
    """
    if not code.program.at_rest or code.cells.size > MOST_CELLS:
        return 0
    failed, image = 0, _image(code, state)
    for name in code.program.at_rest:
        try:
            Interpreter(code.cells, image).call(name)
        except Fault as fault:
            if fault.kind not in ("assertion", "endless_loop"):
                raise wrong_at_rest(code.program, name, fault) from None
            failed += fault.kind == "assertion"
    return failed


def _image(code: Code, state: State) -> Image:
    memory = [wrap(int(value), cell.type) for cell, value in zip(code.cells.cells, state.memory, strict=True)]
    out = {name: [False] * pool.count for name, pool in code.cells.heap.items()}
    for (name, pool), number in zip(code.cells.heap.items(), range(len(out)), strict=True):
        for record in state.records:
            if record[storage.POOL] == number:
                out[name][(int(record[storage.ADDRESS]) - pool.base) // pool.stride] = bool(record[storage.IS_OUT])
    return Image(memory, out, {name: sum(one) for name, one in out.items()})
