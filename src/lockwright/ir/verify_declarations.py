"""Whether structs, globals, tables and the list of who runs what keep the rules (functions: `verify`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockwright.ir.text import find_words
from lockwright.ir.types import Array, Atomic, Extent, Place, Pointer, StructRef, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.ir.program import Program


def check_declarations(program: Program) -> Iterator[str]:
    """Yield every broken rule outside functions as a sentence."""
    yield from _check_places(program)
    yield from _check_roles(program)
    yield from _check_subject(program)
    yield from _check_tables(program)
    yield from _check_names_of_words(program)


def _check_places(program: Program) -> Iterator[str]:
    for struct in program.structs.values():
        for name, count in Counter(field.name for field in struct.fields).items():
            if count > 1:
                yield f"struct `{struct.name}` has {count} fields `{name}`"
        for field in struct.fields:
            yield from (f"`{struct.name}.{field.name}`: {one}" for one in _check_place(program, field.type))
        if struct.name in _contained(program, struct.name):
            yield f"struct `{struct.name}` contains itself"
    for one in program.globals.values():
        yield from (f"global `{one.name}`: {problem}" for problem in _check_place(program, one.type))


def _check_place(program: Program, place: Place) -> Iterator[str]:
    match place:
        case StructRef(name) if name not in program.structs:
            yield f"there is no struct `{name}`"
        case Array(element, length):
            if not isinstance(length, Extent) and length < 0:
                yield f"an array has {length} elements"
            yield from _check_place(program, element)
        case Pointer(target):
            yield from _check_place(program, target)
        case Atomic(value):
            yield from _check_place(program, value)
        case Word():
            yield from _check_word(place)


def _check_word(word: Word) -> Iterator[str]:
    taken = 0
    for part in word.parts:
        mask = ((1 << part.type.bits) - 1) << part.shift
        if taken & mask or part.shift + part.type.bits > word.bits:
            yield f"the part `{part.name}` of `{word.name}` overlaps another or does not fit"
        taken |= mask


def _contained(program: Program, struct: str) -> set[str]:
    found: set[str] = set()
    frontier = [field.type for field in program.structs[struct].fields]
    while frontier:
        place = frontier.pop()
        if isinstance(place, Array):
            frontier.append(place.element)
        elif isinstance(place, StructRef) and place.name in program.structs and place.name not in found:
            found.add(place.name)
            frontier += [field.type for field in program.structs[place.name].fields]
    return found


def _check_roles(program: Program) -> Iterator[str]:
    entries = {"setup": [program.setup] if program.setup else []}
    entries["at_rest"] = program.at_rest
    entries["a worker"] = [one.function for one in program.workers]
    entries["a handler"] = [one.function for one in program.handlers]
    for role, names in entries.items():
        for name in names:
            if name not in program.functions:
                yield f"{role} is `{name}`, which is no function"
            elif program.functions[name].parameters:
                yield f"{role} is `{name}`, which has parameters"


def _check_subject(program: Program) -> Iterator[str]:
    if not program.subject:
        return
    if program.subject[0] not in program.globals:
        yield f"the subject begins at `{program.subject[0]}`, which is no global"
        return
    place = program.globals[program.subject[0]].type
    for name in program.subject[1:]:
        struct = program.structs.get(place.name) if isinstance(place, StructRef) else None
        fields = struct.fields if struct is not None else ()
        found = [field.type for field in fields if field.name == name]
        if not found:
            yield f"the subject's path stops at `{name}`, which is no field of `{place}`"
            return
        place = found[0]


def _check_tables(program: Program) -> Iterator[str]:
    for table in program.tables.values():
        if table.choice not in program.globals or not isinstance(program.globals[table.choice].type, Atomic):
            yield f"table `{table.name}` keeps its choice in `{table.choice}`, which is no atomic global"
        operations = {frozenset(one) for one in table.implementations.values()}
        if len(operations) != 1:
            yield f"the implementations of table `{table.name}` have different operations"
        for implementation, functions in table.implementations.items():
            for operation, name in functions.items():
                if name not in program.functions:
                    yield f"`{implementation}.{operation}` of table `{table.name}` is `{name}`, which is no function"


def _check_names_of_words(program: Program) -> Iterator[str]:
    try:
        find_words(program)
    except ValueError as clash:
        yield str(clash)
