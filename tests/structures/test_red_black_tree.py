"""The red-black tree on one thread against a sorted list; order, links and colours are looked at after every step."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.structures.proving import PROGRAMS, Mutant

from lockwright.ir.arithmetic import Fault
from lockwright.ir.cells import Cells
from lockwright.ir.interpreter import Interpreter
from lockwright.ir.program import Program, Shape
from lockwright.language.compile import compile_target

if TYPE_CHECKING:
    from pathlib import Path

MOST = 40
Step = tuple[bool, int]
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=MOST)


def run(program: Program, done: list[Step]) -> tuple[list[int], list[int]]:
    """Return the size after each step, and the keys at the end in the tree's order."""
    cells = Cells(program, Shape.plain(1), MOST)
    machine = Interpreter(cells, fuel=300_000)
    address = {cell.name.removeprefix("workload."): number for number, cell in enumerate(cells.cells)}
    memory = machine.image.memory
    memory[address["count"]] = len(done)
    for number, (inserts, key) in enumerate(done):
        memory[address[f"steps[{number}]"]] = 2 * key + inserts
    machine.call(program.workers[0].function)
    sizes = [memory[address[f"sizes[{number}]"]] for number in range(len(done))]
    left = sizes[-1] if sizes else 0
    assert sum(machine.image.is_out["Item"]) == left
    return sizes, [memory[address[f"keys[{number}]"]] for number in range(left)]


def expected(done: list[Step]) -> tuple[list[int], list[int]]:
    """Return the same of a sorted list."""
    keys: list[int] = []
    sizes = []
    for inserts, key in done:
        if inserts:
            insort(keys, key)
        elif key in keys:
            keys.remove(key)
        sizes.append(len(keys))
    return sizes, keys


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_target(str(PROGRAMS / "red_black_tree.py"))


@given(done=steps)
@settings(max_examples=40, deadline=None)
@example([(True, key) for key in range(12)] + [(False, key) for key in range(12)])
@example([(True, 3)] * 5 + [(False, 3)] * 6)
def test_tree_does_what_a_sorted_list_does(program: Program, done: list[Step]) -> None:
    assert run(program, done) == expected(done)


ZIGZAG: list[Step] = [(True, key) for key in (8, 2, 10, 5, 3, 4, 9, 7, 6, 1, 0, 11, 12)]
ZIGZAG += [(False, key) for key in (8, 10, 2, 9, 12, 5, 3, 4, 0, 7)]

MUTANTS = {
    "no recolouring after insert": ("self.recolour_after_insert(node)", "pass"),
    "no recolouring after erase": ("self.recolour_after_erase(child, parent)", "pass"),
    "an inner node is not turned out": ("if inner is node:", "if inner is not node and inner is node:"),
    "the uncle stays red": ("uncle.black = True", "uncle.black = False"),
    "the successor keeps its colour": ("successor.black = node.black", "pass"),
    "the far nephew stays red": ("            far.black = True", "            pass"),
    "parents are forgotten": ("            by.parent = parent", "            pass"),
    "the child of a turned node loses its parent": ("            inner.parent = node", "            pass"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_tree_is_unsound(name: str, tmp_path: Path) -> None:
    mutant = Mutant("structures/red_black_tree", name, "TreeScript", *MUTANTS[name], kind="")
    program = compile_target(mutant.written_to(tmp_path))
    with pytest.raises((Fault, AssertionError)):
        assert run(program, ZIGZAG) == expected(ZIGZAG)


def test_the_steps_that_break_the_mutants_are_sound(program: Program) -> None:
    assert run(program, ZIGZAG) == expected(ZIGZAG)
