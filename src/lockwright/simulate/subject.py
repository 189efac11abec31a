"""What of a lock shares a cache line, and what `lock` and `unlock` write of it: from the program, before any run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.layout import Layout
from lockwright.ir.program import Reg, Role, Shape
from lockwright.ir.table import Effect
from lockwright.ir.types import StructRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.program import Function, Instruction, Program

ACQUIRE = frozenset({Role.LOCK, Role.WRITE_LOCK, Role.READ_LOCK})
RELEASE = frozenset({Role.UNLOCK, Role.WRITE_UNLOCK, Role.READ_UNLOCK})


def in_one_line(program: Program, shape: Shape, line_bytes: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of the lock under test if all lie in one cache line, and what else of the program does.

    Args:
        program: As compiled; its subject is a field of a global struct, or nothing is returned.
        shape: Of the run.
        line_bytes: The size of a cache line.
    """
    if len(program.subject) != 2:
        return (), ()
    root, name = program.subject
    outer = next((one.type for one in program.globals.values() if one.name == root), None)
    if not isinstance(outer, StructRef):
        return (), ()
    layout = Layout(program.structs, shape)
    fields = program.structs[outer.name].fields
    inner = next((one.type for one in fields if one.name == name), None)
    if not isinstance(inner, StructRef):
        return (), ()
    begin = layout.offset(outer.name, name)
    line = begin // line_bytes
    if (begin + layout.size(inner) - 1) // line_bytes != line:
        return (), ()
    beside = tuple(
        one.name for one in fields if one.name != name and layout.offset(outer.name, one.name) // line_bytes == line
    )
    return tuple(one.name for one in program.structs[inner.name].fields), beside


def written(program: Program, roles: frozenset[Role]) -> tuple[str, ...]:
    """Return the fields of the lock that its functions of some roles write by name whatever happens, in order."""
    return tuple(
        dict.fromkeys(name for one in program.functions.values() if one.role in roles for name in _fields_written(one))
    )


def _fields_written(function: Function) -> list[str]:
    rows = list(_always(function))
    names = {row.result: str(row.attributes[0]) for row in rows if row.op == "field" and row.operands[0] == Reg(0)}
    return [
        names[row.operands[0].index]
        for row in rows
        if row.entry.effect in (Effect.WRITE, Effect.UPDATE)
        and isinstance(row.operands[0], Reg)
        and row.operands[0].index in names
    ]


def _always(function: Function) -> Iterator[Instruction]:
    """Yield the instructions that every call runs: up to the first branch."""
    blocks = {block.label: block for block in function.blocks}
    label, seen = function.blocks[0].label, set[str]()
    while label and label not in seen:
        seen.add(label)
        rows = blocks[label].instructions
        yield from rows
        label = str(rows[-1].attributes[0]) if rows[-1].op == "jump" else ""
