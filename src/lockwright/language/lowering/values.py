"""What an expression gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lockwright.ir.program import Operand
    from lockwright.language.kinds import TableKind, ValueKind


@dataclass(frozen=True, slots=True)
class Typed:
    """A value in a register, or a constant that has a type."""

    operand: Operand
    kind: ValueKind


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact integer that has no type yet."""

    value: int


@dataclass(frozen=True, slots=True)
class NoValue:
    """What a call gives that returns nothing."""


@dataclass(frozen=True, slots=True)
class NullValue:
    """`None`, the pointer to nothing."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """One part of an atomic word, as the receiver of an operation."""

    word: Typed
    name: str


@dataclass(frozen=True, slots=True)
class TableValue:
    """A table of calls."""

    table: TableKind


Result: TypeAlias = Typed | Exact | NoValue | NullValue | PartOf | TableValue


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at a point: which locals have a value, and which pointers among them are not null."""

    assigned: frozenset[str]
    checked: frozenset[str] = frozenset()

    def assign(self, name: str, *, checked: bool) -> Known:
        """Return what is known after an assignment."""
        rest = self.checked - {name}
        return Known(self.assigned | {name}, rest | {name} if checked else rest)

    def check(self, name: str) -> Known:
        """Return what is known after `name is not None` was found true."""
        return Known(self.assigned, self.checked | {name})

    def forget(self, names: frozenset[str]) -> Known:
        """Return what is still known where `names` may have changed."""
        return Known(self.assigned, self.checked - names)


State: TypeAlias = Known | None
"""None: this point cannot be reached."""


def merge(left: State, right: State) -> State:
    """Return what is known where two ways meet."""
    if left is None or right is None:
        return right if left is None else left
    return Known(left.assigned & right.assigned, left.checked & right.checked)
