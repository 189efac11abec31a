"""What the compiler made of a lock: its source, its bytes, what its words are, where it waits, its instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.ir.inline import inline
from lockwright.ir.kinds import Kinds, Sort, infer_kinds
from lockwright.ir.layout import CACHE_LINE_BYTES, Layout
from lockwright.ir.program import Program, Shape
from lockwright.ir.text import print_instructions, print_type
from lockwright.ir.types import Array, Atomic, Pointer, StructRef, Word
from lockwright.ir.waiting import Await, waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.ir.layout import Row
    from lockwright.ir.program import Function, Instruction
    from lockwright.ir.types import Place

THREADS = 2
"""Arrays that are as long as there are threads are shown for so many."""


def show_program(program: Program, threads: int = THREADS) -> str:
    """Return the text that `lockwright show` prints.

    Args:
        program: As compiled, with its calls.
        threads: How many threads the layout is for; each has a CPU of its own.
    """
    ready = waiting(inline(program))
    kinds = infer_kinds(ready.program)
    awaits = [one for found in ready.awaits.values() for one in found]
    sections = [
        _heading(program),
        _source(program),
        _layout(program, kinds, threads),
        _kinds(program, ready.program, kinds),
        _awaits(awaits),
        _functions(program),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in section) for section in sections)


# The lock and its source.


def _heading(program: Program) -> Iterator[str]:
    promises = [word for word in ("fifo", "overcommit", "numa") if getattr(program.promises, word)]
    plainly = ": promises mutual exclusion only" if program.subject else ""
    yield program.name + (f": promises {', '.join(promises)}" if promises else plainly)


def _source(program: Program) -> Iterator[str]:
    for number, name in enumerate(_shown_files(program)):
        if number:
            yield ""
        yield name
        lines = program.sources[name].rstrip("\n").split("\n")
        width = len(str(len(lines)))
        yield from (f"  {line:>{width}} | {text}" for line, text in enumerate(lines, 1))


def _shown_files(program: Program) -> list[str]:
    """Return the files in which the lock under test is written; of a whole program, all its files."""
    written = {one.span.file for one in _shown_functions(program)}
    return [name for name in program.sources if name in written or not program.subject] or list(program.sources)


def _shown_functions(program: Program) -> list[Function]:
    """Return the methods of the lock under test and what they call; of a whole program, all its functions."""
    subject = _subject_struct(program)
    frontier = [name for name in program.functions if subject and name.startswith(f"{subject}.")]
    found = set(frontier)
    while frontier:
        called = _called(program, program.functions[frontier.pop()])
        frontier += called - found
        found |= called
    return [one for one in program.functions.values() if not found or one.name in found]


def _called(program: Program, function: Function) -> set[str]:
    steps = [one for block in function.blocks for one in block.instructions if one.op in ("call", "call_table")]
    found = {str(one.attributes[0]) for one in steps if one.op == "call"}
    for one in steps:
        if one.op == "call_table":
            implementations = program.tables[str(one.attributes[0])].implementations.values()
            found |= {operations[str(one.attributes[1])] for operations in implementations}
    return found


def _subject_struct(program: Program) -> str:
    """Return the struct of the lock under test, empty if there is none."""
    if not program.subject:
        return ""
    place = program.globals[program.subject[0]].type
    for name in program.subject[1:]:
        assert isinstance(place, StructRef)
        place = program.structs[place.name].field(name).type
    return place.name if isinstance(place, StructRef) else ""


# Bytes.


def _layout(program: Program, kinds: Kinds, threads: int) -> Iterator[str]:
    layout = Layout(program.structs, Shape.plain(threads))
    yield f"layout in bytes, for {threads} threads (lines of {CACHE_LINE_BYTES} bytes)"
    header = ("offset", "size", "line", "place", "type", "kind")
    rows = [
        _cells_of(row, program, kinds) for one in program.globals.values() for row in layout.rows(one.type, one.name)
    ]
    yield from _columns([header, *rows])


def _cells_of(row: Row, program: Program, kinds: Kinds) -> tuple[str, ...]:
    name = "  " * row.depth + row.name
    line = str(row.offset_bytes // CACHE_LINE_BYTES)
    return str(row.offset_bytes), str(row.size_bytes), line, name, print_type(row.type), _kind(row, program, kinds)


def _kind(row: Row, program: Program, kinds: Kinds) -> str:
    place = row.type
    while isinstance(place, Array):
        place = place.element
    if isinstance(place, StructRef):
        return "union" if program.structs[place.name].is_union else ""
    known = kinds.fields.get((row.struct, row.name))
    if known is None:
        return "pointer" if isinstance(_value(place), Pointer) else "value"
    word = _value(place)
    if known.sort is Sort.WORD and isinstance(word, Word):
        return ", ".join(f"{part.name}: {one.kind}" for part, one in zip(word.parts, known.parts, strict=False))
    return str(known)


def _value(place: Place) -> Place:
    return place.value if isinstance(place, Atomic) else place


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        numbers = [f"{cell:>{width}}" for cell, width in zip(row[:3], widths[:3], strict=True)]
        words = [f"{cell:<{width}}" for cell, width in zip(row[3:], widths[3:], strict=True)]
        yield "  " + "  ".join(numbers + words)


# Kinds and awaits.


def _kinds(program: Program, inlined: Program, kinds: Kinds) -> Iterator[str]:
    yield "kinds, as inferred: what `check` may rename and shift"
    for number, group in enumerate(kinds.groups):
        step = f", in steps of {1 << group.low_bits}" if group.low_bits else ""
        yield f"  ticket {number}: {', '.join(group.members) or 'registers only'} (modulo 2^{group.bits}{step})"
    yield from _locals(inlined, kinds)
    if kinds.told_apart:
        yield from (f"  threads are told apart: {reason}" for reason in kinds.told_apart)
    elif any(one.count is None for one in program.workers):
        yield "  threads that do the same are interchangeable"


def _locals(inlined: Program, kinds: Kinds) -> Iterator[str]:
    """Yield the kinds of the locals that an author named, each once, plain values last."""
    found: dict[str, list[str]] = {}
    for name in kinds.registers:
        for index, register in enumerate(inlined.functions[name].registers):
            if register.name:
                known = found.setdefault(str(kinds.register(name, index)), [])
                known += [register.name] if register.name not in known else []
    for kind, names in sorted(found.items(), key=lambda one: (one[0] == "value", one[0])):
        yield f"  locals, {kind}: {', '.join(names)}"


def _awaits(awaits: list[Await]) -> Iterator[str]:
    if not awaits:
        yield "no waiting"
        return
    yield "waiting"
    said = set()
    for one in awaits:
        bound = ", and may give up" if one.is_bounded else ""
        line = f"  {one.span}: {one.text} (in {one.symbol}{bound})"
        if line not in said:
            yield line
        said.add(line)


# Instructions.


def _functions(program: Program) -> Iterator[str]:
    for number, function in enumerate(_shown_functions(program)):
        if number:
            yield ""
        yield from _function(program, function)


def _function(program: Program, function: Function) -> Iterator[str]:
    """Yield a function, the source line above the instructions that it became."""
    said = ("", 0)
    for line, instruction in print_instructions(function):
        if instruction is not None and instruction.span.line:
            here = instruction.span.file, instruction.span.line
            text = _source_line(program, instruction).strip()
            if here != said and text:
                yield f"    # {here[1]} | {text}"
                said = here
        yield line


def _source_line(program: Program, instruction: Instruction) -> str:
    lines: Iterable[str] = program.sources.get(instruction.span.file, "").split("\n")
    return dict(enumerate(lines, 1)).get(instruction.span.line, "")
