"""What a litmus file says, as data: instructions of threads, initial values, and a condition on the final state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockwright.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Register:
    """A 32-bit register of the thread."""

    name: str


@dataclass(frozen=True, slots=True)
class Memory:
    """A location: `[x]`."""

    name: str


@dataclass(frozen=True, slots=True)
class Immediate:
    """A number: `$1`."""

    value: int


@dataclass(frozen=True, slots=True)
class Label:
    """Where a jump goes."""

    name: str


Operand: TypeAlias = Register | Memory | Immediate | Label


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a thread, destination first; or, without a mnemonic, only a label."""

    mnemonic: str
    operands: tuple[Operand, ...]
    span: Span
    locked: bool = False
    labels: tuple[str, ...] = ()  # that stand before it


@dataclass(frozen=True, slots=True)
class Equals:
    """`0:EAX=1` or `x=1`."""

    name: str  # `0:EAX`, or the location
    value: int

    def holds(self, values: Mapping[str, int]) -> bool:
        """Tell whether this is so in a final state."""
        return values[self.name] == self.value

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """The other truth value."""

    of: Proposition

    def holds(self, values: Mapping[str, int]) -> bool:
        """Tell whether this is so in a final state."""
        return not self.of.holds(values)

    def __str__(self) -> str:
        return f"~({self.of})"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts: true."""

    parts: tuple[Proposition, ...]

    def holds(self, values: Mapping[str, int]) -> bool:
        """Tell whether this is so in a final state."""
        return all(part.holds(values) for part in self.parts)

    def __str__(self) -> str:
        return " /\\ ".join(map(str, self.parts)) or "true"


@dataclass(frozen=True, slots=True)
class Some:
    """Some part holds; without parts: false."""

    parts: tuple[Proposition, ...]

    def holds(self, values: Mapping[str, int]) -> bool:
        """Tell whether this is so in a final state."""
        return any(part.holds(values) for part in self.parts)

    def __str__(self) -> str:
        return "(" + " \\/ ".join(map(str, self.parts)) + ")" if self.parts else "false"


Proposition: TypeAlias = Equals | Not | All | Some
Quantifier: TypeAlias = Literal["exists", "~exists", "forall"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What the author says of the final states."""

    quantifier: Quantifier
    proposition: Proposition

    def __str__(self) -> str:
        return f"{self.quantifier} ({self.proposition})"


@dataclass(frozen=True, slots=True)
class LitmusTest:
    """A whole file.

    Attributes:
        name: From its first line.
        text: The text of the file.
        file: The name of the file, as spans have it.
        initial: Initial values that are not 0, by name (`x`, `0:EAX`).
        locations: All locations that the threads, the condition or `locations` name, in order.
        threads: The steps of each thread.
        observed: The names whose final values make an outcome, in order.
        condition: What the author says of them.
    """

    name: str
    text: str
    file: str
    initial: Mapping[str, int]
    locations: tuple[str, ...]
    threads: tuple[tuple[Step, ...], ...]
    observed: tuple[str, ...]
    condition: Condition
