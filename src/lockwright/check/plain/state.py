"""States, moves and events of the plain machine: plain data, states immutable and hashable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lockwright.check.plain.code import Place
    from lockwright.check.plain.memory import Memory
    from lockwright.ir.program import Instruction

OUTSIDE, DOORWAY, WAITING, INSIDE, LEAVING = range(5)
"""Where a thread is with respect to the lock under test."""

THREAD = -1
"""The `handler` of a frame that is the thread's own."""


class Sleep(NamedTuple):
    """Why a thread sleeps: `halt`, `park`, `futex`, `event` or `rcu`; of a futex the cell and the bits that wake it."""

    reason: str
    address: int = 0
    bits: int = 0
    readers: tuple[int, ...] = ()  # of `rcu`: the threads for whose read sections it waits


class Frame(NamedTuple):
    """An entry function that runs: the thread's own, or a handler's on top of it."""

    place: Place
    registers: tuple[int, ...]
    handler: int = THREAD
    phase: int = OUTSIDE
    sleep: Sleep | None = None


class Thread(NamedTuple):
    """A thread; without frames it has finished.  The last frame runs."""

    frames: tuple[Frame, ...]
    left: int | None  # how often `running` is still true; None: always
    has_token: bool = False  # an `unpark` that no `park` has used
    interrupts_on: bool = True
    preemption_off: int = 0
    softirqs_off: int = 0
    reading: int = 0  # RCU read sections that it is in
    cpu: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether it has come to its end."""
        return not self.frames

    @property
    def sleep(self) -> Sleep | None:
        """Why it sleeps, if it does."""
        return self.frames[-1].sleep if self.frames else None


class Holder(NamedTuple):
    """Who holds a lock: one thread, or readers (a thread that reads twice stands there twice)."""

    lock: int
    struct: str = ""  # a lock may begin with another
    owner: int | None = None
    readers: tuple[int, ...] = ()


class Deferred(NamedTuple):
    """A record that is freed when these threads have left their read sections."""

    address: int
    readers: tuple[int, ...]


class World(NamedTuple):
    """All that is neither a thread nor memory."""

    latched: tuple[bool, ...]  # of each CPU: a kick that no halt has used
    online: tuple[bool, ...]
    events: tuple[bool, ...]
    arrivals: tuple[int, ...]  # of each handler: how often it may still arrive
    raised: tuple[tuple[int, int], ...] = ()  # handlers that were raised, with their CPU
    holders: tuple[Holder, ...] = ()  # by address, held ones only
    live: frozenset[int] = frozenset()  # addresses of the records that are allocated
    deferred: tuple[Deferred, ...] = ()


class State(NamedTuple):
    """One state.  After a fault nothing moves."""

    threads: tuple[Thread, ...]
    memory: Memory
    world: World
    fault: str = ""


class Passed(NamedTuple):
    """An instruction that a thread ran, visible or not, in its frame `depth` (from 1), which runs `function`."""

    thread: int
    depth: int
    function: str
    instruction: Instruction


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a move, for those who tell it.  Values of memory are as the accessed type reads them.

    Kinds: `read`, `write`, `update`, `flush`, `fence`, `mark`, `cpu`, `storage`, `choice`, `local` (a named register
    was set), `interrupt` (a handler began on CPU `value`), `return` (a handler ended), `migrate` (to CPU `value`),
    `sleep`, `wake` (`thread` woke up), `free` (a deferred record), `fault`.
    """

    kind: str
    thread: int
    function: str = ""
    instruction: Instruction | None = None
    address: int | None = None  # the cell
    name: str = ""  # of the cell, the lock, the register, the handler
    value: int | None = None  # read, chosen, or computed
    old: int | None = None
    new: int | None = None
    buffered: bool = False
    forwarded: bool = False
    shift: int = 0
    bits: int = 0
    index: int | None = None  # c11: of the message read, 0 the oldest
    newest: int | None = None  # c11: index of the newest message before this step
    place: int | None = None  # c11: index that the new message got
    text: str = ""  # the event of a mark, the kind of a fault, the reason of a sleep, what became of a kick
