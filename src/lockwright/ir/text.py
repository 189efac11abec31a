"""Programs as text: what `show` prints, what golden tests keep, and what `text_reader.read_program` reads back.

    program ticket
    file 0 "locks/ticket.py"
    word Tickets 16: head u8 @0, tail u8 @8
    struct TicketLock lock
      owner: atomic<u16> ; 0:6:5-6:23
    global workload: Workload
    worker run count 2
    function TicketLock.unlock(%self: ptr<TicketLock>) role unlock
      registers %1: ptr<atomic<u16>>, %2: u16
      block entry
        %1 = field %self, owner ; 0:12:9-12:19
        %2 = atomic_load %1, relaxed
        return

An instruction is `result = mnemonic operands, attributes`.  An operand is a register (`%name` if no other register of
the function has that name, else `%number`) or a constant with its type (`1:u16`).  Behind ` ; ` stands the span
(`file:line:column-line:column`), then `via` and the numbers of the calls (`site` lines) through which it was inlined.

Read back, a text printed with all spans and sources equals its program; printed without, it equals the program with
all spans gone (`NOWHERE`), chains of calls empty, and no sources.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.program import Constant, Function, Handler, Operand, Program, Struct, Worker
from lockwright.ir.types import Array, Atomic, Place, Pointer, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockwright.ir.program import Attribute, CallSite, Instruction, Register

NAME = r"[A-Za-z_][\w.$]*(?:\[[^\]\[\"<>]*(?:\[[^\]\[\"<>]*\][^\]\[\"<>]*)*\][\w.$]*)*"
"""A name that stands without quotes: `TicketLock[u16].lock`."""

WIDTH = 118


def print_program(program: Program, *, spans: bool = True, sources: bool = True) -> str:
    """Return the text of a program; see the top of this file for what `spans` and `sources` cost."""
    return "\n".join(_Printer(program, spans=spans).lines(sources=sources)) + "\n"


def print_instructions(function: Function) -> Iterator[tuple[str, Instruction | None]]:
    """Yield the lines of one function without spans, each with its instruction if it is one."""
    steps = (one for block in function.blocks for one in block.instructions)
    for line in _Printer(Program(""), spans=False).function(function):
        yield line, next(steps) if line.startswith("    ") else None


def quoted(name: str) -> str:
    """Return a name as it stands in a text."""
    return name if re.fullmatch(NAME, name) else json.dumps(name, ensure_ascii=False)


def print_type(place: Place) -> str:
    """Return a type as it stands in a text."""
    match place:
        case Pointer(target):
            return f"ptr<{print_type(target)}>"
        case Atomic(value):
            return f"atomic<{print_type(value)}>"
        case Array(element, length):
            return f"array<{print_type(element)}, {length}>"
    return quoted(place.name)


def register_names(registers: list[Register]) -> list[str]:
    """Return what each register is called in a text: its name, if no other has it, else its number."""
    counts = Counter(one.name for one in registers)
    return [
        f"%{one.name}" if counts[one.name] == 1 and re.fullmatch(r"[A-Za-z_]\w*", one.name) else f"%{index}"
        for index, one in enumerate(registers)
    ]


class _Printer:
    def __init__(self, program: Program, *, spans: bool) -> None:
        self._program, self._spans = program, spans
        self._files: dict[str, int] = {}
        self._sites: dict[CallSite, int] = {}

    def lines(self, *, sources: bool) -> Iterator[str]:
        program = self._program
        body = [*self._declarations(), *(line for one in program.functions.values() for line in self.function(one))]
        sites = [f"site {number} {quoted(one.function)}{self._at(one.span)}" for one, number in self._sites.items()]
        yield f"program {quoted(program.name)}"
        yield from (f"file {number} {json.dumps(name)}" for name, number in self._files.items())
        yield from sites
        yield from _words(program)
        yield from body
        if sources:
            for kind, texts in (("source", program.sources), ("import", program.imports)):
                yield from (f"{kind} {json.dumps(name)} {json.dumps(text)}" for name, text in texts.items())

    def _declarations(self) -> Iterator[str]:
        program = self._program
        promises = [word for word in ("fifo", "overcommit", "numa") if getattr(program.promises, word)]
        if promises:
            yield f"promises {' '.join(promises)}"
        if program.subject:
            yield f"subject {', '.join(quoted(one) for one in program.subject)}"
        for struct in program.structs.values():
            yield from self._struct(struct)
        for one in program.globals.values():
            yield f"global {quoted(one.name)}: {print_type(one.type)}{self._at(one.span)}"
        for table in program.tables.values():
            yield f"table {quoted(table.name)} choice {quoted(table.choice)}"
            for name, operations in table.implementations.items():
                yield f"  {quoted(name)}: " + ", ".join(f"{quoted(a)} = {quoted(b)}" for a, b in operations.items())
        if program.setup is not None:
            yield f"setup {quoted(program.setup)}"
        yield from map(_worker, program.workers)
        yield from map(_handler, program.handlers)
        yield from (f"at_rest {quoted(one)}" for one in program.at_rest)

    def _struct(self, struct: Struct) -> Iterator[str]:
        kind, lock = "union" if struct.is_union else "struct", " lock" if struct.is_lock else ""
        yield f"{kind} {quoted(struct.name)}{_option('align', struct.align)}{lock}"
        for one in struct.fields:
            yield f"  {quoted(one.name)}: {print_type(one.type)}{_option('align', one.align)}{self._at(one.span)}"

    def _at(self, span: Span, inlined: tuple[CallSite, ...] = ()) -> str:
        """Return what stands behind a line: the span and the calls."""
        if not self._spans or (span == NOWHERE and not inlined):
            return ""
        number = self._files.setdefault(span.file, len(self._files))
        at = f"{number}:{span.line}:{span.column}-{span.end_line}:{span.end_column}"
        sites = [str(self._sites.setdefault(one, len(self._sites))) for one in inlined]
        return f" ; {at}" + (f" via {' '.join(sites)}" if sites else "")

    # Functions.

    def function(self, function: Function) -> Iterator[str]:
        names = register_names(function.registers)
        declared = [_register(name, one) for name, one in zip(names, function.registers, strict=True)]
        result = "" if function.result is None else f" -> {print_type(function.result)}"
        options = f" role {function.role}" if function.role else ""
        options += " noinline" if function.noinline else ""
        options += f" symbol {json.dumps(function.symbol)}" if function.symbol else ""
        parameters = ", ".join(declared[: function.parameters])
        yield f"function {quoted(function.name)}({parameters}){result}{options}{self._at(function.span)}"
        yield from (f"  registers {line}" for line in _wrapped(declared[function.parameters :]))
        for block in function.blocks:
            yield f"  block {quoted(block.label)}"
            yield from (f"    {self._instruction(names, one)}" for one in block.instructions)

    def _instruction(self, names: list[str], instruction: Instruction) -> str:
        result = "" if instruction.result is None else f"{names[instruction.result]} = "
        operands = [_operand(names, one) for one in instruction.operands]
        attributes = [_attribute(one) for one in instruction.attributes]
        rest = ", ".join(operands + attributes)
        at = self._at(instruction.span, instruction.inlined)
        return f"{result}{instruction.op}{' ' if rest else ''}{rest}{at}"


def _option(word: str, value: int | None) -> str:
    return f" {word} {value}" if value else ""


def _given(word: str, value: int | None) -> str:
    return "" if value is None else f" {word} {value}"


def _worker(one: Worker) -> str:
    options = _given("count", one.count) + _given("cpu", one.cpu) + _given("node", one.node)
    return f"worker {quoted(one.function)}{options}"


def _handler(one: Handler) -> str:
    options = _option("every", one.every_cycles) + _given("cpu", one.cpu)
    options += ("" if one.maskable else " nmi") + (" softirq" if one.softirq else "")
    return f"handler {quoted(one.function)}{options}"


def _register(name: str, register: Register) -> str:
    called = f" named {json.dumps(register.name)}" if register.name and name[1:].isdigit() else ""
    return f"{name}: {print_type(register.type)}{called}"


def _operand(names: list[str], operand: Operand) -> str:
    if isinstance(operand, Constant):
        return f"{operand.value}:{print_type(operand.type)}"
    return names[operand.index]


def _attribute(one: Attribute) -> str:
    value = one.value if isinstance(one, Enum) else one
    return quoted(value) if isinstance(value, str) else str(value)


def _wrapped(items: Iterable[str]) -> Iterator[str]:
    """Yield lines of items that are not too long."""
    line = ""
    for item in items:
        if line and len(line) + len(item) > WIDTH - 14:
            yield line
            line = ""
        line += f", {item}" if line else item
    if line:
        yield line


def _words(program: Program) -> Iterator[str]:
    for word in find_words(program).values():
        parts = ", ".join(f"{quoted(one.name)} {one.type} @{one.shift}" for one in word.parts)
        yield f"word {quoted(word.name)} {word.bits}: {parts}"


def find_words(program: Program) -> dict[str, Word]:
    """Return the words that a program uses, by name.

    Raises:
        ValueError: Two different words have one name.
    """
    found: dict[str, Word] = {}
    for place in _places(program):
        inner = place
        while isinstance(inner, Pointer | Atomic | Array):
            inner = _inside(inner)
        if isinstance(inner, Word) and found.setdefault(inner.name, inner) != inner:
            raise ValueError(f"two words are called `{inner.name}`")
    return found


def _inside(place: Pointer | Atomic | Array) -> Place:
    match place:
        case Pointer(target):
            return target
        case Atomic(value):
            return value
    return place.element


def _places(program: Program) -> Iterator[Place]:
    for struct in program.structs.values():
        yield from (one.type for one in struct.fields)
    yield from (one.type for one in program.globals.values())
    for function in program.functions.values():
        yield from (one.type for one in function.registers)
        yield from [] if function.result is None else [function.result]
        for block in function.blocks:
            for instruction in block.instructions:
                yield from (one.type for one in instruction.operands if isinstance(one, Constant))
