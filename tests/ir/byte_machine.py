"""A second interpreter, as independent of the first as can be: memory is bytes laid out as C does, addresses are bytes.

It knows `Layout` and nothing of cells, and computes with struct's and int's conversions instead of `Integer.wrap`.
It runs what `strategies.single_threaded_programs` draws; a fault is its kind, raised as `Stopped`.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.ir.layout import Layout, round_up
from lockwright.ir.program import Constant, Function, Instruction, Program, Shape
from lockwright.ir.types import Array, Atomic, Extent, Integer, Place, Pointer, StructRef, Value, Word

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_BYTE = 64


class Stopped(Exception):  # noqa: N818
    """A fault, by its kind."""


@dataclass(frozen=True)
class Part:
    """Some bits of the word at an address."""

    address: int
    word_bytes: int
    shift: int
    bits: int


Operand = int | Part
COMPUTE: dict[str, Callable[[int, int], int]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "and": operator.and_, "or": operator.or_,
    "xor": operator.xor, "min": min, "max": max, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "fetch_add": operator.add, "fetch_sub": operator.sub, "fetch_or": operator.or_, "fetch_and": operator.and_,
    "exchange": lambda _, new: new,
}  # fmt: skip


def size_of(kind: Value) -> int:
    """Return the bytes that a value takes."""
    return 8 if isinstance(kind, Pointer) else max(1, kind.bits // 8)


def cut(value: int, kind: Value) -> int:
    """Return a number as a register of a type holds it."""
    bits = 64 if isinstance(kind, Pointer) else kind.bits
    raw = (value % (1 << 64)).to_bytes(8, "little")
    if isinstance(kind, Integer) and kind.signed:
        return int.from_bytes(raw, "little", signed=True)
    return int.from_bytes(raw, "little") % (1 << bits)


class ByteMachine:
    """Bytes in which every global of a program lies, and a processor for it."""

    def __init__(self, program: Program, shape: Shape) -> None:
        self.program, self.shape = program, shape
        self.layout = Layout(program.structs, shape)
        self.root: dict[str, int] = {}
        end = FIRST_BYTE
        for one in program.globals.values():
            self.root[one.name] = round_up(end, 8)
            end = self.root[one.name] + self.layout.size(one.type)
        self.memory = bytearray(end)

    def read(self, address: Operand, kind: Value) -> int:
        """Return the value of a type at an address."""
        if isinstance(address, Part):
            word = int.from_bytes(self.memory[address.address : address.address + address.word_bytes], "little")
            return cut(word >> address.shift, kind)
        raw = self.memory[self._known(address) : address + size_of(kind)]
        return cut(int.from_bytes(raw, "little"), kind)

    def write(self, address: Operand, kind: Value, value: int) -> None:
        """Write a value of a type at an address."""
        if isinstance(address, Part):
            here = slice(address.address, address.address + address.word_bytes)
            word = int.from_bytes(self.memory[here], "little")
            for bit in range(address.bits):
                mask = 1 << (address.shift + bit)
                word = word | mask if value >> bit & 1 else word & ~mask
            self.memory[here] = word.to_bytes(address.word_bytes, "little")
        else:
            size = size_of(kind)
            self.memory[self._known(address) : address + size] = (value % (1 << 8 * size)).to_bytes(size, "little")

    def _known(self, address: int) -> int:
        if address == 0:
            raise Stopped("null")
        return address

    def call(self, name: str, arguments: list[Operand]) -> Operand | None:
        """Run a function to its end."""
        function = self.program.functions[name]
        registers: dict[int, Operand] = dict(enumerate(arguments))
        labels = [block.label for block in function.blocks]
        at = 0
        while True:
            for step in function.blocks[at].instructions:
                operands = [one.value if isinstance(one, Constant) else registers[one.index] for one in step.operands]
                if step.op == "return":
                    return operands[0] if operands else None
                if step.op in ("jump", "branch"):
                    at = labels.index(str(step.attributes[0 if step.op == "jump" or operands[0] else 1]))
                    break
                result = self.step(function, step, operands)
                if step.result is not None:
                    assert result is not None
                    kind = function.registers[step.result].type
                    registers[step.result] = result if isinstance(result, Part) else cut(result, kind)

    def step(self, function: Function, step: Instruction, operands: list[Operand]) -> Operand | None:
        """Run one instruction."""
        kinds = [one.type if isinstance(one, Constant) else function.registers[one.index].type for one in step.operands]
        match step.op:
            case "call":
                return self.call(str(step.attributes[0]), operands)
            case "root":
                return self.root[str(step.attributes[0])]
            case "field" | "element" | "part_address":
                return self.address(step, operands, kinds[0])
            case "load" | "atomic_load" | "store" | "atomic_store" | "compare_exchange" | "exchange":
                return self.access(step.op, operands, kinds[0])
            case "fetch_add" | "fetch_sub" | "fetch_or" | "fetch_and":
                return self.access(step.op, operands, kinds[0])
        numbers = [one for one in operands if isinstance(one, int)]
        assert len(numbers) == len(operands)
        word = kinds[0] if kinds else None
        if step.op == "pack":
            assert step.result is not None
            word = function.registers[step.result].type
        return self.compute(step, numbers, kinds, word)

    def compute(self, step: Instruction, numbers: list[int], kinds: list[Value], word: Value | None) -> int:
        """Return the result of an instruction that touches registers only."""
        match step.op:
            case "copy" | "convert":
                return numbers[0]
            case "invert":
                return -1 - numbers[0]
            case "negate":
                return 0 - numbers[0]
            case "not":
                return int(numbers[0] == 0)
            case "thread":
                return 0
            case "div" | "mod":
                if numbers[1] == 0:
                    raise Stopped("division_by_zero")
                return divmod(numbers[0], numbers[1])[step.op == "mod"]
            case "shl" | "shr":
                assert isinstance(kinds[0], Integer)
                if not 0 <= numbers[1] < kinds[0].bits:
                    raise Stopped("shift_out_of_range")
                power = 1 << numbers[1]
                return numbers[0] * power if step.op == "shl" else numbers[0] // power
            case "part":
                assert isinstance(word, Word)
                return numbers[0] // (1 << word.part(str(step.attributes[0])).shift)
            case "pack":
                assert isinstance(word, Word)
                return sum((1 << part.shift) * number for part, number in zip(word.parts, numbers, strict=True))
        return int(COMPUTE[step.op](*numbers))

    def address(self, step: Instruction, operands: list[Operand], kind: Value) -> Operand:
        """Return the address of something inside of a place."""
        base = operands[0]
        assert isinstance(base, int)
        assert isinstance(kind, Pointer)
        place = kind.target
        self._known(base)
        match place:
            case StructRef(name):
                return base + self.layout.offset(name, str(step.attributes[0]))
            case Array(element, length):
                count = len(self.shape.thread_cpus) if isinstance(length, Extent) else length
                index = operands[1]
                assert isinstance(index, int)
                if index not in range(count):
                    raise Stopped("index_out_of_range")
                return base + index * self.layout.size(element)
        assert isinstance(place, Atomic)
        assert isinstance(place.value, Word)
        part = place.value.part(str(step.attributes[0]))
        return Part(base, size_of(place.value), part.shift, part.type.bits)

    def access(self, op: str, operands: list[Operand], kind: Value) -> int | None:
        """Touch memory; return what was there."""
        assert isinstance(kind, Pointer)
        value = _value(kind.target)
        numbers = [one for one in operands[1:] if isinstance(one, int)]
        if op in ("store", "atomic_store"):
            self.write(operands[0], value, numbers[0])
            return None
        old = self.read(operands[0], value)
        if op == "compare_exchange":
            if old == numbers[0]:
                self.write(operands[0], value, numbers[1])
        elif op in COMPUTE:
            self.write(operands[0], value, cut(COMPUTE[op](old, numbers[0]), value))
        return old


def _value(place: Place) -> Value:
    if isinstance(place, Atomic):
        return place.value
    assert isinstance(place, Integer | Word | Pointer)
    return place
