"""What a thread, which is a generator, may ask of the machine; the answer comes back from its `yield`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Read(NamedTuple):
    """The answer to a load: the value, and how often its line had been written by then."""

    value: int
    line: int
    written: int


@dataclass(frozen=True, slots=True)
class Local:
    """Take some ticks."""

    ticks: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Run local instructions from now on; answered by the ticks that they took more, or less, on a shared core."""

    ticks: int
    missed: int  # by branches that were predicted wrongly: never more or less


@dataclass(frozen=True, slots=True)
class Load:
    """Read; answered by a `Read`."""

    address: int


@dataclass(frozen=True, slots=True)
class Store:
    """Write by the store buffer; `change` makes the new content of the cell of the old one."""

    address: int
    change: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Update:
    """Read and write at once; answered by the old content.  `change` returns None to leave it."""

    address: int
    change: Callable[[int], int | None]
    operation: int  # row of the latency table


@dataclass(frozen=True, slots=True)
class Fence:
    """Wait until the store buffer is empty, then take some ticks."""

    ticks: int


@dataclass(slots=True)
class Sleep:
    """Come back to where a waiting loop begins: sleep there if what it read has not been written since.

    Answered by None if the loop is to go round once more, or by the `Read` that ends it; `passed` says then how many
    rounds it has counted meanwhile.
    """

    address: int  # what the loop reads first
    reads: dict[int, int]  # line: how often it had been written when the round read it
    ends: Callable[[Callable[[int], int]], bool]  # whether a round would end, given what lies at addresses
    round_ticks: int
    left: Callable[[Callable[[int], int]], int] | None = None  # how often it comes back if it counts its rounds
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """Draw a number below a bound from the thread's own generator."""

    below: int


@dataclass(frozen=True, slots=True)
class Note:
    """Tell that something has happened (`acquired`); takes no time."""

    what: str


Request: TypeAlias = Local | Stretch | Load | Store | Update | Fence | Sleep | Chance | Note
Answer: TypeAlias = Read | int | None
Thread: TypeAlias = Generator[Request, Answer, None]
