"""A notation for small functions, so that a test shows the instructions that it is about.

    again:                                  a label
        v = atomic_load @acquire owner      result, mnemonic, attributes with @, operands
        same = eq v ticket                  # the span of an instruction is its comment
        branch @out @again same
        i = add i 1:u32                     constants have a type; a known name is written again

Pointers to places are made by `root` and `field`; the type of a result follows from the operands, or from `name:type`.
"""

from lockwright.diagnostics.span import NOWHERE, Span
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import Attribute, Constant, Function, Operand, Program, Reg, Worker
from lockwright.ir.table import Order
from lockwright.ir.types import INTEGERS, Atomic, Extent, Pointer, StructRef, Value, Word

FILE = "lock.py"
ORDERS = {order.value: order for order in Order}
EXTENTS = {extent.value: extent for extent in Extent}


def assemble(program: Program, name: str, text: str) -> Function:
    """Add a worker whose instructions are written in `text`."""
    build = FunctionBuilder(program, name)
    program.sources[FILE] = text
    names: dict[str, Reg] = {}
    for number, line in enumerate(text.splitlines(), 1):
        code, _, comment = line.partition("#")
        if code.strip().endswith(":") and "=" not in code:
            _enter(build, code.strip()[:-1])
        elif code.strip():
            build.span = _span(line, comment.strip(), number)
            _instruction(build, code, names)
    program.workers.append(Worker(name))
    return build.finish()


def _enter(build: FunctionBuilder, label: str) -> None:
    if not build.is_closed:
        build.jump(label)
    build.enter(label)


def _span(line: str, comment: str, number: int) -> Span:
    if not comment:
        return NOWHERE
    begin = line.rindex(comment) + 1
    return Span(FILE, number, begin, number, begin + len(comment))


def _instruction(build: FunctionBuilder, code: str, names: dict[str, Reg]) -> None:
    target, _, rest = code.rpartition(" = ")
    op, *words = rest.split()
    attributes = [_attribute(build, word[1:]) for word in words if word.startswith("@")]
    operands = [_operand(build, names, word) for word in words if not word.startswith("@")]
    if not target.strip():
        build.do(op, *operands, attributes=attributes)
        return
    name, _, kind = target.strip().partition(":")
    made = build.emit(
        op,
        *operands,
        attributes=attributes,
        kind=value_type(build.program, kind) if kind else None,
        into=names.get(name),
        name=name,
    )
    names[name] = made


def _attribute(build: FunctionBuilder, word: str) -> Attribute:
    return ORDERS.get(word) or EXTENTS.get(word) or word


def _operand(build: FunctionBuilder, names: dict[str, Reg], word: str) -> Operand:
    if word in names:
        return names[word]
    value, _, kind = word.partition(":")
    if value == "null":
        return Constant(0, value_type(build.program, kind))
    return build.constant(int(value), value_type(build.program, kind))


def value_type(program: Program, name: str) -> Value:
    """Return `u16`, `Node*` (a pointer to a struct), `u8@*` (to an atomic), or the word that some global holds."""
    if name.endswith("@*"):
        return Pointer(Atomic(value_type(program, name[:-2])))
    if name.endswith("*"):
        return Pointer(StructRef(name[:-1]))
    words = [one.type.value for one in program.globals.values() if isinstance(one.type, Atomic)]
    return next((one for one in words if isinstance(one, Word) and one.name == name), None) or INTEGERS[name]
