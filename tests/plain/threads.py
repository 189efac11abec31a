"""Whole small programs in the notation of `tests.ir.assembly`, one text for each thread."""

from __future__ import annotations

from dataclasses import replace

from tests.ir.assembly import assemble

from lockwright.check.plain.explore import Verdict, check
from lockwright.check.plain.machine import Machine
from lockwright.ir.program import Field, Global, Handler, Program, Shape, Struct, Worker
from lockwright.ir.types import U8, U32, Atomic, Pointer, StructRef
from lockwright.ir.waiting import waiting


def program(*threads: str, handlers: tuple[str, ...] = (), rest: str = "", maskable: bool = True) -> Program:
    """Return a program with atomics `x y z`, plain `p q`, a node pointer `head`, a u32 `futex`, and these threads."""
    made = Program("test")
    made.structs["Node"] = Struct("Node", (Field("after", Pointer(StructRef("Node"))), Field("item", U8)))
    made.globals = {name: Global(name, Atomic(U8)) for name in "xyz"}
    made.globals |= {name: Global(name, U8) for name in "pq"}
    made.globals["head"] = Global("head", Atomic(Pointer(StructRef("Node"))))
    made.globals["futex"] = Global("futex", Atomic(U32))
    addresses = "\n".join(f"{name} = root @{name}" for name in made.globals)
    names = [f"thread{number}" for number in range(len(threads))]
    handler_names = [f"handler{number}" for number in range(len(handlers))]
    texts = [*threads, *handlers, rest]
    for name, text in zip([*names, *handler_names, "end"], texts, strict=True):
        assemble(made, name, f"{addresses}\n{text}\nreturn")
        _with_numbers(made, name)
    made.workers = [Worker(name, 1) for name in names]
    made.handlers = [Handler(name, maskable=maskable) for name in handler_names]
    made.at_rest = ["end"] if rest else []
    return made


def _with_numbers(made: Program, name: str) -> None:
    """Attributes that are flags are numbers."""
    for block in made.functions[name].blocks:
        for index, one in enumerate(block.instructions):
            numbers = tuple(int(str(word)) if str(word).isdigit() else word for word in one.attributes)
            block.instructions[index] = replace(one, attributes=numbers)


def verdict(made: Program, model: str = "sc", shape: Shape | None = None, interrupts: int = 1) -> Verdict:
    """Return what holds of a program whose threads run once."""
    ready = waiting(made)
    shape = shape or Shape.plain(len(made.workers))
    return check(Machine(ready.program, ready.awaits, shape, model, 1, interrupts=interrupts))


def faults(*threads: str, model: str = "sc", **more: object) -> set[str]:
    """Return the kinds of faults of a program with these threads."""
    return set(verdict(program(*threads, **more), model).faults)  # type: ignore[arg-type]
