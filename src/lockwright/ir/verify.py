"""Whether a program keeps the rules of the table: what every pass may assume, and must leave true.

Checked: every mnemonic is in the table; operands have the kinds it lists and results the types that follow; attributes
name what is there; a block ends in one jump, and no jump stands elsewhere; registers exist and are written before they
are read, on every path; calls fit the functions that they name; who runs what (workers, handlers, setup) is there.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockwright.ir.holders import EVENTS
from lockwright.ir.program import Constant, Function, Instruction, Operand, Program, Reg
from lockwright.ir.result_types import TypeMismatch, accessed, is_free, result_type
from lockwright.ir.table import TABLE, Effect, Order
from lockwright.ir.types import BOOL, Extent, Integer, Pointer, Value, Word
from lockwright.ir.verify_declarations import check_declarations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WORDS_OF_ATTRIBUTES = {
    "event": EVENTS,
    "interrupts": ("on", "keep"),
    "latch": ("latched", "unlatched"),
    "change": {"preemption": ("off", "on"), "softirqs": ("off", "on"), "rcu_read": ("enter", "leave")},
}
"""The words that an attribute may be, where they are few; by mnemonic where that matters."""

ORDERS = {
    "atomic_load": (Order.RELAXED, Order.ACQUIRE, Order.SEQ_CST),
    "atomic_store": (Order.RELAXED, Order.RELEASE, Order.SEQ_CST),
    "fence": (Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST),
}
FAILURE_ORDERS = ORDERS["atomic_load"]


class MalformedProgramError(ValueError):
    """A program that breaks rules of the table: a mistake of a pass or of the front end, with every rule broken."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def verify(program: Program) -> Program:
    """Return the program if it keeps all rules.

    Raises:
        MalformedProgramError: It doesn't.
    """
    problems = find_problems(program)
    if problems:
        raise MalformedProgramError(problems)
    return program


def find_problems(program: Program) -> list[str]:
    """Return every broken rule as a sentence that says where it is broken."""
    problems = list(check_declarations(program))
    for name, function in program.functions.items():
        if name != function.name:
            problems.append(f"function `{function.name}` is filed as `{name}`")
        problems += _FunctionCheck(program, function).run()
    return problems


# Functions.


class _FunctionCheck:
    def __init__(self, program: Program, function: Function) -> None:
        self._program, self._function = program, function
        self._labels = {block.label for block in function.blocks}
        self._problems: list[str] = []

    def run(self) -> list[str]:
        function = self._function
        if not function.blocks:
            return [f"`{function.name}`: it has no block"]
        for label, count in Counter(block.label for block in function.blocks).items():
            if count > 1:
                self._say("", f"{count} blocks are called `{label}`")
        if function.parameters > len(function.registers):
            self._say("", "it has more parameters than registers")
        for block in function.blocks:
            self._check_block(block.label, block.instructions)
        if not self._problems:
            self._check_written()
        return self._problems

    def _say(self, where: str, problem: str) -> None:
        self._problems.append(f"`{self._function.name}`{where}: {problem}")

    def _check_block(self, label: str, instructions: list[Instruction]) -> None:
        if not instructions:
            self._say(f", block `{label}`", "it is empty")
        for index, instruction in enumerate(instructions):
            where = f", block `{label}`, instruction {index} (`{instruction.op}`)"
            if instruction.op not in TABLE:
                self._say(where, "the table has no such entry")
                continue
            is_last, is_jump = index == len(instructions) - 1, instruction.entry.effect is Effect.JUMP
            if is_last and not is_jump:
                self._say(where, "the block ends without a jump")
            elif is_jump and not is_last:
                self._say(where, "a jump stands before the end of its block")
            for problem in self._check_instruction(instruction):
                self._say(where, problem)

    def _check_instruction(self, instruction: Instruction) -> Iterable[str]:
        unknown = [one for one in self._used(instruction) if not 0 <= one < len(self._function.registers)]
        if unknown:
            return [f"there is no register {unknown[0]}"]
        found = [*self._check_constants(instruction), *_check_attributes(self._program, self._labels, instruction)]
        return found or list(self._check_operands(instruction)) or list(self._check_result(instruction))

    def _used(self, instruction: Instruction) -> list[int]:
        used = [one.index for one in instruction.operands if isinstance(one, Reg)]
        return used if instruction.result is None else [*used, instruction.result]

    def _check_constants(self, instruction: Instruction) -> Iterator[str]:
        for one in instruction.operands:
            if isinstance(one, Constant):
                kept = 0 if isinstance(one.type, Pointer) else one.type.wrap(one.value)
                if one.value != kept:
                    yield f"the constant {one.value} does not fit `{one.type}`"

    def _type(self, operand: Operand) -> Value:
        return operand.type if isinstance(operand, Constant) else self._function.registers[operand.index].type

    def _types(self, instruction: Instruction) -> list[Value]:
        return [self._type(one) for one in instruction.operands]

    def _check_operands(self, instruction: Instruction) -> Iterator[str]:
        types, op = self._types(instruction), instruction.op
        if op == "return":
            yield from _check_return(self._function, types)
        elif op in ("call", "call_table"):
            yield from _check_call(self._program, instruction, types)
        elif op == "pack":
            yield from self._check_pack(instruction, types)
        else:
            kinds = list(instruction.entry.operands)
            if op == "mark" and instruction.attributes[0] == "trylock_end":
                kinds.append("bool")
            yield from _check_kinds(op, kinds, types)

    def _check_pack(self, instruction: Instruction, types: list[Value]) -> Iterator[str]:
        word = None if instruction.result is None else self._function.registers[instruction.result].type
        if not isinstance(word, Word):
            yield "the result is no word"
        elif [str(one) for one in types] != [str(part.type) for part in word.parts]:
            yield f"the operands are not the parts of `{word}`"

    def _check_result(self, instruction: Instruction) -> Iterator[str]:
        try:
            wanted = result_type(self._program, instruction.op, self._types(instruction), instruction.attributes)
        except TypeMismatch as mismatch:
            yield str(mismatch)
            return
        given = None if instruction.result is None else self._function.registers[instruction.result].type
        if is_free(instruction.op):
            if instruction.op == "convert" and not isinstance(given, Integer):
                yield "the result is no integer"
        elif instruction.op in ("call", "call_table"):
            if given is not None and given != wanted:
                yield f"the result is `{given}`, the function returns {_named(wanted)}"
        elif given != wanted:
            yield f"the result is {_named(given)}, it should be {_named(wanted)}"

    # Registers are written before they are read.

    def _check_written(self) -> None:
        blocks = {block.label: block for block in self._function.blocks}
        everything = frozenset(range(len(self._function.registers)))
        at_entry = dict.fromkeys(blocks, everything)
        first = self._function.blocks[0].label
        at_entry[first] = frozenset(range(self._function.parameters))
        frontier, reached = [first], {first}
        while frontier:
            label = frontier.pop()
            written = at_entry[label] | {one.result for one in blocks[label].instructions if one.result is not None}
            for successor in _successors(blocks[label].instructions[-1]):
                narrowed = at_entry[successor] & written
                if narrowed != at_entry[successor] or successor not in reached:
                    at_entry[successor] = narrowed
                    reached.add(successor)
                    frontier.append(successor)
        for label in reached:
            self._check_reads(label, blocks[label].instructions, set(at_entry[label]))

    def _check_reads(self, label: str, instructions: list[Instruction], written: set[int]) -> None:
        for index, instruction in enumerate(instructions):
            for one in instruction.operands:
                if isinstance(one, Reg) and one.index not in written:
                    name = self._function.registers[one.index].name or one.index
                    where = f", block `{label}`, instruction {index} (`{instruction.op}`)"
                    self._say(where, f"register {name} is read before it is written on every path")
            if instruction.result is not None:
                written.add(instruction.result)


def _successors(jump: Instruction) -> list[str]:
    return [str(one) for one in jump.attributes] if jump.op in ("jump", "branch") else []


def _named(kind: Value | None) -> str:
    return "nothing" if kind is None else f"`{kind}`"


def _check_return(function: Function, types: list[Value]) -> Iterator[str]:
    wanted = [] if function.result is None else [function.result]
    if types != wanted:
        yield f"it returns {_named(types[0] if types else None)}, the function {_named(function.result)}"


def _check_call(program: Program, instruction: Instruction, types: list[Value]) -> Iterator[str]:
    for name in _callees(program, instruction):
        function = program.functions.get(name)
        if function is None:
            yield f"there is no function `{name}`"
        elif types != [one.type for one in function.registers[: function.parameters]]:
            yield f"the arguments do not fit the parameters of `{name}`"


def _callees(program: Program, instruction: Instruction) -> list[str]:
    name = str(instruction.attributes[0])
    if instruction.op == "call":
        return [name]
    operation = str(instruction.attributes[1])
    return [one[operation] for one in program.tables[name].implementations.values() if operation in one]


def _check_kinds(op: str, kinds: list[str], types: list[Value]) -> Iterator[str]:
    if len(kinds) != len(types):
        yield f"it has {len(types)} operands, not {len(kinds)}"
        return
    for index, kind in enumerate(kinds):
        problem = _check_kind(op, kind, index, types)
        if problem:
            yield f"operand {index} is `{types[index]}`, {problem}"


NO_POINTERS = ("add", "sub", "and", "or", "xor", "invert", "convert", "part")


def _check_kind(op: str, kind: str, index: int, types: list[Value]) -> str:
    """Return what is wrong with an operand, or nothing."""
    given = types[index]
    match kind:
        case "int" if not isinstance(given, Integer) or given == BOOL:
            return "it should be an integer"
        case "bool" if given != BOOL:
            return "it should be `bool`"
        case "value" if isinstance(given, Pointer) and op in NO_POINTERS:
            return "there is no arithmetic on pointers"
        case "same" if given != types[index - 1]:
            return f"it should be `{types[index - 1]}` as the operand before it"
        case "address" | "pointer" if not isinstance(given, Pointer):
            return "it should be an address"
        case "T" | "A":
            return _check_accessed(op, types[0], given)
    return ""


def _check_accessed(op: str, address: Value, given: Value) -> str:
    try:
        wanted = accessed(op, address)
    except TypeMismatch as mismatch:
        return str(mismatch)
    if isinstance(wanted, Pointer) and op.startswith("fetch_"):
        return "there is no arithmetic on pointers"
    return "" if given == wanted else f"`{wanted}` lies at the address"


# Attributes.


def _check_attributes(program: Program, labels: set[str], instruction: Instruction) -> Iterator[str]:
    names = instruction.entry.attributes
    if len(names) != len(instruction.attributes):
        yield f"it has {len(instruction.attributes)} attributes, not {len(names)}"
        return
    known = _known_names(program, labels, instruction)
    for name, given in zip(names, instruction.attributes, strict=True):
        if name == "extent" and not isinstance(given, Extent):
            yield f"`{given}` is no extent"
        elif name in known and given not in known[name]():
            yield f"there is no {name} `{given}`"
    yield from _check_orders(instruction)


def _known_names(
    program: Program, labels: set[str], instruction: Instruction
) -> dict[str, Callable[[], Iterable[object]]]:
    """Return what each attribute may name; fields and parts are looked up with the type of the result."""
    table = program.tables.get(str(instruction.attributes[0])) if instruction.attributes else None
    change = WORDS_OF_ATTRIBUTES["change"]
    assert isinstance(change, dict)
    return {
        "global": lambda: program.globals,
        "function": lambda: program.functions,
        "struct": lambda: program.structs,
        "table": lambda: program.tables,
        "implementation": lambda: table.implementations if table else (),
        "operation": lambda: {name for one in table.implementations.values() for name in one} if table else (),
        "handler": lambda: {one.function for one in program.handlers},
        "block": lambda: labels,
        "zero": lambda: (0, 1),
        "event": lambda: EVENTS,
        "interrupts": lambda: WORDS_OF_ATTRIBUTES["interrupts"],
        "latch": lambda: WORDS_OF_ATTRIBUTES["latch"],
        "change": lambda: change[instruction.op],
    }


def _check_orders(instruction: Instruction) -> Iterator[str]:
    for name, given in zip(instruction.entry.attributes, instruction.attributes, strict=True):
        allowed = ORDERS.get(instruction.op, tuple(Order)) if name == "order" else FAILURE_ORDERS
        if name in ("order", "failure") and given not in allowed:
            yield f"the {name} is `{getattr(given, 'value', given)}`, which `{instruction.op}` does not have"
