"""Read a program back from its text (`text` says how it is written).  A mistake is one message with its line."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.program import (
    Block,
    CallSite,
    CallTable,
    Constant,
    Field,
    Function,
    Global,
    Handler,
    Instruction,
    Operand,
    Program,
    Promises,
    Reg,
    Register,
    Role,
    Struct,
    Worker,
)
from lockwright.ir.table import TABLE, Order
from lockwright.ir.text_line import NotUnderstood, TextLine
from lockwright.ir.types import INTEGERS, Array, Atomic, Extent, Part, Place, Pointer, StructRef, Value, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.ir.program import Attribute

Named = TypeVar("Named", bound=Enum)


class TextError(ValueError):
    """What is wrong with a text, and in which line (from 1)."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


def read_program(text: str) -> Program:
    """Return the program that a text describes.

    Raises:
        TextError: At the first line that is not understood.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            reader.read(line)
        except NotUnderstood as wrong:
            raise TextError(number, str(wrong)) from None
    return reader.program


class _Reader:
    def __init__(self) -> None:
        self.program = Program("")
        self._files: dict[int, str] = {}
        self._sites: dict[int, CallSite] = {}
        self._words: dict[str, Word] = {}
        self._inner: Callable[[TextLine], None] | None = None  # reads an indented line
        self._struct = ""
        self._table = ""
        self._names: dict[str, int] = {}

    def read(self, text: str) -> None:
        line = TextLine(text)
        if text.startswith(" "):
            if self._inner is None:
                raise NotUnderstood("nothing stands above that this line could belong to")
            self._inner(line)
        else:
            keyword = line.take()
            if keyword not in _READERS:
                raise NotUnderstood(f"`{keyword}` begins no line")
            self._inner = None
            _READERS[keyword](self, line)
        line.finish()

    # Pieces.

    def value_type(self, line: TextLine) -> Value:
        place = self.type(line)
        if isinstance(place, StructRef | Array | Atomic):
            raise NotUnderstood(f"`{place}` is no type of a value")
        return place

    def type(self, line: TextLine) -> Place:
        name = line.name()
        if line.peek() == "<" and name in ("ptr", "atomic", "array"):
            line.expect("<")
            place = self._wrapped(name, line)
            line.expect(">")
            return place
        return INTEGERS.get(name) or self._words.get(name) or StructRef(name)

    def _wrapped(self, name: str, line: TextLine) -> Place:
        if name == "ptr":
            return Pointer(self.type(line))
        if name == "atomic":
            return Atomic(self.value_type(line))
        element = self.type(line)
        line.expect(",")
        length = line.take("a length")
        return Array(element, int(length) if length.isdigit() else _member(Extent, length))

    def at(self, line: TextLine) -> Span:
        """Return the span behind a line, if there is one."""
        if not line.maybe(";"):
            return NOWHERE
        number = line.number()
        if number not in self._files:
            raise NotUnderstood(f"there is no file {number}")
        line.expect(":")
        begin_line, begin_column = self._position(line)
        end_line, end_column = self._position(line)
        return Span(self._files[number], begin_line, begin_column, -end_line, end_column)

    def _position(self, line: TextLine) -> tuple[int, int]:
        number = line.number()  # the dash before the end reads as its sign
        line.expect(":")
        return number, line.number()

    # Top-level lines.

    def file(self, line: TextLine) -> None:
        number = line.number()
        self._files[number] = line.name()

    def site(self, line: TextLine) -> None:
        number, function = line.number(), line.name()
        self._sites[number] = CallSite(function, self.at(line))

    def word(self, line: TextLine) -> None:
        name, bits = line.name(), line.number()
        line.expect(":")
        parts: list[Part] = []
        while not line.is_done:
            part, kind = line.name(), line.name()
            if kind not in INTEGERS:
                raise NotUnderstood(f"`{kind}` is no integer type")
            line.expect("@")
            parts.append(Part(part, INTEGERS[kind], line.number()))
            line.maybe(",")
        self._words[name] = Word(name, tuple(parts), bits)

    def promises(self, line: TextLine) -> None:
        words = {}
        while not line.is_done:
            word = line.name()
            if word not in ("fifo", "overcommit", "numa"):
                raise NotUnderstood(f"there is no promise `{word}`")
            words[word] = True
        self.program.promises = Promises(**words)

    def subject(self, line: TextLine) -> None:
        path = [line.name()]
        while line.maybe(","):
            path.append(line.name())
        self.program.subject = tuple(path)

    def struct(self, line: TextLine, *, is_union: bool = False) -> None:
        self._struct = line.name()
        align = line.number() if line.maybe("align") else 0
        self.program.structs[self._struct] = Struct(self._struct, (), align, is_union, line.maybe("lock"))
        self._inner = self.field

    def field(self, line: TextLine) -> None:
        name = line.name()
        line.expect(":")
        kind = self.type(line)
        align = line.number() if line.maybe("align") else 0
        old = self.program.structs[self._struct]
        fields = (*old.fields, Field(name, kind, align, self.at(line)))
        self.program.structs[self._struct] = Struct(old.name, fields, old.align, old.is_union, old.is_lock)

    def global_(self, line: TextLine) -> None:
        name = line.name()
        line.expect(":")
        self.program.globals[name] = Global(name, self.type(line), self.at(line))

    def table(self, line: TextLine) -> None:
        self._table = line.name()
        line.expect("choice")
        self.program.tables[self._table] = CallTable(self._table, line.name(), {})
        self._inner = self.implementation

    def implementation(self, line: TextLine) -> None:
        name = line.name()
        line.expect(":")
        operations: dict[str, str] = {}
        while not line.is_done:
            operation = line.name()
            line.expect("=")
            operations[operation] = line.name()
            line.maybe(",")
        self.program.tables[self._table].implementations[name] = operations

    def worker(self, line: TextLine) -> None:
        name, given = line.name(), dict[str, int]()
        while line.peek() in ("count", "cpu", "node"):
            option = line.take()
            given[option] = line.number()
        self.program.workers.append(Worker(name, **given))

    def handler(self, line: TextLine) -> None:
        name = line.name()
        every = line.number() if line.maybe("every") else 0
        cpu = line.number() if line.maybe("cpu") else None
        maskable = not line.maybe("nmi")
        self.program.handlers.append(Handler(name, every, cpu, maskable, line.maybe("softirq")))

    def setup(self, line: TextLine) -> None:
        self.program.setup = line.name()

    def at_rest(self, line: TextLine) -> None:
        self.program.at_rest.append(line.name())

    def title(self, line: TextLine) -> None:
        self.program.name = line.name()

    def source(self, line: TextLine) -> None:
        name = line.name()
        self.program.sources[name] = line.name()

    def import_(self, line: TextLine) -> None:
        name = line.name()
        self.program.imports[name] = line.name()

    # Functions.

    def function(self, line: TextLine) -> None:
        made = Function(line.name(), 0, None, [], [])
        self._names = {}
        line.expect("(")
        while not line.maybe(")"):
            self._register(made, line)
            line.maybe(",")
        made.parameters = len(made.registers)
        made.result = self.value_type(line) if line.maybe("->") else None
        made.role = _member(Role, line.name()) if line.maybe("role") else None
        made.noinline = line.maybe("noinline")
        made.symbol = line.name() if line.maybe("symbol") else ""
        made.span = self.at(line)
        self.program.functions[made.name] = made
        self._inner = lambda inner: self._in_function(made, inner)

    def _register(self, function: Function, line: TextLine) -> None:
        name = line.take("a register")
        if not name.startswith("%"):
            raise NotUnderstood(f"`{name}` stands where a register should")
        line.expect(":")
        kind = self.value_type(line)
        called = "" if name[1:].isdigit() else name[1:]
        function.registers.append(Register(kind, line.name() if line.maybe("named") else called))
        if name in self._names:
            raise NotUnderstood(f"there are two registers `{name}`")
        self._names[name] = len(function.registers) - 1

    def _in_function(self, function: Function, line: TextLine) -> None:
        if line.maybe("registers"):
            while not line.is_done:
                self._register(function, line)
                line.maybe(",")
        elif line.maybe("block"):
            function.blocks.append(Block(line.name()))
        elif not function.blocks:
            raise NotUnderstood("an instruction stands outside of a block")
        else:
            function.blocks[-1].instructions.append(self._instruction(line))

    def _instruction(self, line: TextLine) -> Instruction:
        result = None
        if line.peek().startswith("%"):
            result = self._number(line.take())
            line.expect("=")
        op = line.name()
        if op not in TABLE:
            raise NotUnderstood(f"the table has no instruction `{op}`")
        operands: list[Operand] = []
        attributes: list[Attribute] = []
        while not line.is_done and line.peek() != ";":
            self._argument(line, op, operands, attributes)
            if not line.maybe(","):
                break
        span = self.at(line)
        inlined: list[CallSite] = []
        if line.maybe("via"):
            while not line.is_done:
                inlined.append(self._site(line.number()))
        return Instruction(op, result, tuple(operands), tuple(attributes), span, tuple(inlined))

    def _argument(self, line: TextLine, op: str, operands: list[Operand], attributes: list[Attribute]) -> None:
        token = line.peek()
        if token.startswith("%"):
            operands.append(Reg(self._number(line.take())))
        elif re.fullmatch(r"-?\d+", token):
            number = line.number()
            if line.maybe(":"):
                operands.append(Constant(number, self.value_type(line)))
            else:
                attributes.append(number)
        else:
            attributes.append(_attribute(op, len(attributes), line.name()))

    def _number(self, name: str) -> int:
        if name not in self._names:
            raise NotUnderstood(f"there is no register `{name}`")
        return self._names[name]

    def _site(self, number: int) -> CallSite:
        if number not in self._sites:
            raise NotUnderstood(f"there is no site {number}")
        return self._sites[number]


def _attribute(op: str, position: int, word: str) -> Attribute:
    names = TABLE[op].attributes
    if position >= len(names):
        raise NotUnderstood(f"`{op}` has no attribute for `{word}`")
    if names[position] in ("order", "failure"):
        return _member(Order, word)
    return _member(Extent, word) if names[position] == "extent" else word


def _member(kind: type[Named], word: str) -> Named:
    try:
        return kind(word)
    except ValueError:
        raise NotUnderstood(f"there is no {kind.__name__.lower()} `{word}`") from None


_READERS: dict[str, Callable[[_Reader, TextLine], None]] = {
    "program": _Reader.title,
    "file": _Reader.file,
    "site": _Reader.site,
    "word": _Reader.word,
    "promises": _Reader.promises,
    "subject": _Reader.subject,
    "struct": _Reader.struct,
    "union": lambda reader, line: reader.struct(line, is_union=True),
    "global": _Reader.global_,
    "table": _Reader.table,
    "setup": _Reader.setup,
    "worker": _Reader.worker,
    "handler": _Reader.handler,
    "at_rest": _Reader.at_rest,
    "function": _Reader.function,
    "source": _Reader.source,
    "import": _Reader.import_,
}
