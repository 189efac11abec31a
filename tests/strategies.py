"""Hypothesis strategies for programs; `random_machines` has those with CPUs, interrupts, sleep and storage.

    single_threaded_programs(calls=, may_fault=)    a worker `main` with loops, branches, integers of each width, words,
                                                    arrays, structs, pointers and atomics, over the globals of `world`;
                                                    with `calls` also helper functions.  Runs with `Shape.plain(1)` (or
                                                    more).  What it computed lies in memory.  Without `may_fault` no
                                                    division by zero, shift, index or null is reached; assertions none.
    concurrent_programs(threads=, operations=, ...) one worker per thread (`thread0`, ...) of a few accesses with every
                                                    order to atomics `x y z` (u8), to a word `w` of two u8 parts and
                                                    to plain `p q`, fences, branches, awaits; what a thread read is
                                                    stored at its end into its own plain cells `r<thread>_<number>`.
                                                    With `updates` atomics are written by updates only.
    symmetric_programs(threads=)                    the same, all threads running one function `thread`.
    mutations(program, most=)                       the program with one to `most` small changes that leave it well
                                                    formed: swapped, dropped, doubled instructions, other orders,
                                                    constants, branches (`mutants.py` lists all of one change).

All of them keep `lockwright.ir.verify.verify`, and shrink towards short programs.
"""

from __future__ import annotations

from dataclasses import fields

from hypothesis import strategies as st

from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Constant, Global, Program, Worker
from lockwright.ir.table import Order
from lockwright.ir.text import print_program
from lockwright.ir.types import BOOL, U8, U16, Atomic
from lockwright.ir.verify import verify
from tests.mutants import apply, edits
from tests.random_functions import NODE_POINTER, PAIR, VALUES, FunctionAuthor, world
from tests.random_threads import ATOMICS, PLAINS, ThreadAuthor

MOST_SHOWN = 25_000  # characters; Hypothesis warns of more


class Readable(Program):
    """A program that a failing test shows as text (`ir.text`), so that it can be read and kept."""

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        text = print_program(self)
        return f"\n{text}" if len(text) < MOST_SHOWN else f"\n{text[:MOST_SHOWN]}\n... and so on"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and all(
            getattr(self, one.name) == getattr(other, one.name) for one in fields(Program)
        )


def readable(program: Program) -> Program:
    """Return the same program, verified, in its readable form."""
    verify(program)
    return Readable(**{one.name: getattr(program, one.name) for one in fields(Program)})


@st.composite
def single_threaded_programs(
    draw: st.DrawFn, *, calls: bool = False, may_fault: bool = False, statements: int = 6
) -> Program:
    """Draw a program with one worker `main`; see the top of this file."""
    program = world()
    helpers: list[str] = []
    for index in range(draw(st.integers(1, 3)) if calls else 0):
        kinds = [draw(st.sampled_from((*VALUES, NODE_POINTER))) for _ in range(draw(st.integers(0, 2)))]
        result = draw(st.sampled_from((None, U16, BOOL, PAIR)))
        parameters = [(f"p{number}", kind) for number, kind in enumerate(kinds)]
        build = FunctionBuilder(program, f"helper{index}", parameters, result)
        author = FunctionAuthor(draw, build, may_fault, list(helpers))
        author.begin()
        author.statements(statements // 2, 1)
        build.give_back(None if result is None else author.variable(result))
        helpers.append(build.finish().name)
    build = FunctionBuilder(program, "main")
    author = FunctionAuthor(draw, build, may_fault, helpers)
    author.begin()
    author.statements(statements, 2)
    for kind in VALUES:
        build.do("store", author.root(f"plain_{kind}"), author.variables[kind][0])
    build.do("store", author.root("head"), author.variables[NODE_POINTER][0])
    build.give_back()
    build.finish()
    program.workers = [Worker("main", 1)]
    return readable(program)


# Concurrent programs.


def _concurrent_world(*, words: bool) -> Program:
    program = Program("random")
    program.globals = {name: Global(name, Atomic(U8)) for name in ATOMICS}
    program.globals |= {name: Global(name, U8) for name in PLAINS}
    if words:
        program.globals["w"] = Global("w", Atomic(PAIR))
    return program


@st.composite
def concurrent_programs(
    draw: st.DrawFn,
    *,
    threads: tuple[int, int] = (2, 3),
    operations: int = 4,
    words: bool = False,
    plain: bool = True,
    fences: bool = True,
    branches: bool = True,
    waits: bool = False,
    updates: bool = False,
) -> Program:
    """Draw a program of `threads` (fewest, most) workers with at most `operations` each; see the top of this file."""
    program = _concurrent_world(words=words)
    kinds = ["load", "store", "update"] + ["whole"] * words + ["plain"] * plain + ["fence"] * fences
    kinds += ["branch"] * branches + ["wait"] * waits
    if updates:
        kinds = ["update", "take", "load"] + ["plain"] * plain + ["fence"] * fences + ["branch"] * branches
    places = {"atomic": ATOMICS[:2] + (("w.low", "w.high") if words else ()), "plain": PLAINS}
    for index in range(draw(st.integers(*threads))):
        thread = ThreadAuthor(draw, FunctionBuilder(program, f"thread{index}"), str(index), tuple(kinds), places)
        for _ in range(draw(st.integers(1, operations))):
            thread.operation()
        thread.finish()
        program.workers.append(Worker(f"thread{index}", 1))
    return readable(program)


@st.composite
def symmetric_programs(draw: st.DrawFn, *, operations: int = 4, waits: bool = False) -> Program:
    """Draw a program whose threads, as many as the shape has, all run `thread`; what they read stays in registers."""
    program = _concurrent_world(words=False)
    kinds = ("load", "store", "update", "fence", "branch") + (("wait",) if waits else ())
    thread = ThreadAuthor(draw, FunctionBuilder(program, "thread"), "", kinds, {"atomic": ATOMICS[:2], "plain": PLAINS})
    for _ in range(draw(st.integers(1, operations))):
        thread.operation()
    total = thread.build.emit("copy", Constant(0, U8))
    for register in thread.read:
        thread.build.emit("add", total, register, into=total)
    place = thread.build.emit("root", attributes=("z",))
    thread.build.emit("fetch_add", place, total, attributes=(Order.RELAXED,))
    for number, register in enumerate(thread.read):
        assert number >= 0
        thread.build.function.blocks[0].instructions.insert(0, thread.zero(register))
    thread.build.give_back()
    thread.build.finish()
    program.workers = [Worker("thread")]
    return readable(program)


# Mutations.


@st.composite
def mutations(draw: st.DrawFn, program: Program, *, most: int = 2) -> tuple[Program, tuple[str, ...]]:
    """Draw a well-formed program with one to `most` small changes, and what was changed."""
    changed, told = program, list[str]()
    for _ in range(draw(st.integers(1, most))):
        options = list(edits(changed))
        begin = draw(st.integers(0, len(options) - 1)) if options else 0
        for edit in options[begin:] + options[:begin]:
            mutant = apply(changed, edit)
            if mutant is not None:
                changed = mutant
                told.append(edit.change)
                break
    return changed, tuple(told)
