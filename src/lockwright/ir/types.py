"""Types of the intermediate representation.

A *value* fits a register: an `Integer` (`bool` is one of 1 bit), a `Word` (parts packed into at most 64 bits),
or a `Pointer`.
A *place* lies in memory: a value (a plain field), an `Atomic`, a `StructRef`, an `Array`.
Structs are named and defined once in the program (`program.Struct`), so that a node may point to its own kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer of `bits` bits; unsigned ones wrap, the signed one is two's complement.

    `u2`, `u3` and `u4` live in a byte of their own outside a word, and compute modulo 2**bits.
    """

    name: str
    bits: int
    signed: bool = False

    def __str__(self) -> str:
        return self.name

    def wrap(self, value: int) -> int:
        """Return `value` modulo 2**bits, as this type reads it (negative only if signed)."""
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if self.signed and value >> (self.bits - 1) else value


BOOL = Integer("bool", 1)
U2, U3, U4, U8, U16, U32, U64 = (Integer(f"u{bits}", bits) for bits in (2, 3, 4, 8, 16, 32, 64))
I64 = Integer("i64", 64, signed=True)
INTEGERS = {kind.name: kind for kind in (BOOL, U2, U3, U4, U8, U16, U32, U64, I64)}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a word: its integer type and the bit where it begins (0 is the lowest)."""

    name: str
    type: Integer
    shift: int


@dataclass(frozen=True, slots=True)
class Word:
    """Parts packed into one integer of `bits` bits (8, 16, 32 or 64), first part lowest."""

    name: str
    parts: tuple[Part, ...]
    bits: int

    signed = False

    def __str__(self) -> str:
        return self.name

    def wrap(self, value: int) -> int:
        """Return `value` modulo 2**bits."""
        return value & ((1 << self.bits) - 1)

    def part(self, name: str) -> Part:
        """Return the part called `name`."""
        return next(part for part in self.parts if part.name == name)


@dataclass(frozen=True, slots=True)
class Pointer:
    """The address of a place, or null (0)."""

    target: Place

    def __str__(self) -> str:
        return f"ptr<{self.target}>"


@dataclass(frozen=True, slots=True)
class Atomic:
    """A place that only atomic instructions touch."""

    value: Value

    def __str__(self) -> str:
        return f"atomic<{self.value}>"


@dataclass(frozen=True, slots=True)
class StructRef:
    """A struct or union of the program, by its name (with its arguments: `TicketLock[u16]`)."""

    name: str

    def __str__(self) -> str:
        return self.name


class Extent(StrEnum):
    """A length that is known only when the run is: how many threads, CPUs, NUMA nodes, or NUMA node ids."""

    THREADS = "threads"
    CPUS = "cpus"
    NODES = "nodes"
    NODE_IDS = "node_ids"


@dataclass(frozen=True, slots=True)
class Array:
    """`length` elements of one type, one after the other."""

    element: Place
    length: int | Extent

    def __str__(self) -> str:
        return f"array<{self.element}, {self.length}>"


Value: TypeAlias = Integer | Word | Pointer
Place: TypeAlias = Value | Atomic | StructRef | Array
