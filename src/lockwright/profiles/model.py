"""What every reader makes of a file: samples with stacks, waits for locks, shared lines, and how much of it that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Frame:
    """A function on a stack.

    Args:
        symbol: Its name as the profiler wrote it, without `+0x1f`; an address where there was no name.
        module: The object it lies in, as written; empty if the file does not say.
        offset: Bytes from the start of the function; None if the file does not say.
        address: Where in memory; None if the file does not say.
    """

    symbol: str
    module: str = ""
    offset: int | None = None
    address: int | None = None


Stack = tuple[Frame, ...]
"""The innermost function first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one stack of one command weighs.

    Args:
        stack: The innermost function first; a table without call graphs gives one function.
        weight: In the unit of the profile.
        count: How many samples that were; 0 where only shares are known.
        command: The name of the task; empty if unknown.
        cpu: Where it ran; None if unknown, or on several.
        event: What was sampled, such as `cycles`.
    """

    stack: Stack
    weight: float
    count: int = 0
    command: str = ""
    cpu: int | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """All waits of one command for one lock along one stack.

    Args:
        lock: Its address or name, as written; empty if the file does not say.
        kind: `spinlock`, `rwlock:R`, `mutex`, `rwsem:W`, ... as `perf lock contention` calls them.
        stack: Where the wait began, the innermost function first.
        contended: How many waits began.
        ended: How many of them were seen to end; the times below are theirs.
        total_ns: All of them together.
        longest_ns: The longest one.
        command: The name of the task; empty if unknown, or if there were several.
        bounced: How many of them were for a lock that another CPU had used last; 0 if the file does not say.
        owner: The name of the task that held the lock; empty if unknown.

    Where `contended` is 0 and `total_ns` is not, only the time is known.
    """

    lock: str
    kind: str
    stack: Stack
    contended: int
    ended: int
    total_ns: float
    longest_ns: float
    command: str = ""
    bounced: int = 0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """How often a lock was taken along one stack, waited for or not, and for how long it was held.

    Args:
        lock: Its address or name, as written; empty if the file does not say.
        kind: As that of a `Wait`.
        stack: Where it was taken, the innermost function first; empty where all places count together.
        acquired: How often.
        total_ns: All the times for which it was held, together.
        longest_ns: The longest one.
        bounced: How often another CPU had used it last; 0 if the file does not say.
        blocked: How many waits found it held by who had taken it along this stack; 0 if the file does not say.
    """

    lock: str
    kind: str
    stack: Stack
    acquired: int
    total_ns: float
    longest_ns: float
    bounced: int = 0
    blocked: int = 0

    @property
    def mean_ns(self) -> float:
        """The mean time for which it was held."""
        return self.total_ns / self.acquired if self.acquired else 0.0


@dataclass(frozen=True, slots=True)
class LineAccess:
    """One place of the code that touches one place of a cache line.

    Counts are of samples; where only shares of the line were printed, they are those shares of its counts.

    Args:
        offset: Bytes from the start of the line.
        symbol: The function, as written; it may be cut off.
        module: The object it lies in; empty if the file does not say.
        source: File and line, or function and offset, as written; empty if the file does not say.
        hitm_local: Loads that found the line modified in another cache of the same node.
        hitm_remote: The same in another node.
        peer: Loads that another cache answered, where the machine tells no more (Arm SPE).
        stores: Stores.
        records: All samples of this place.
        cpus: From how many CPUs.
        task: Process or thread, if the file tells them apart.
    """

    offset: int
    symbol: str
    module: str = ""
    source: str = ""
    hitm_local: float = 0.0
    hitm_remote: float = 0.0
    peer: float = 0.0
    stores: float = 0.0
    records: int = 0
    cpus: int = 0
    task: str = ""


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A cache line that several CPUs use, as `perf c2c` counts it.

    Args:
        address: Of its first byte, as written.
        hitm_local: Loads that found it modified in another cache of the same node.
        hitm_remote: The same in another node.
        peer: Loads that another cache answered, where the machine tells no more (Arm SPE).
        records: All samples; 0 if the file does not say.
        loads: Those that load; 0 if the file does not say.
        stores: Those that store.
        accesses: Who touches which part of it, as the file lists them.
    """

    address: str
    hitm_local: int = 0
    hitm_remote: int = 0
    peer: int = 0
    records: int = 0
    loads: int = 0
    stores: int = 0
    accesses: tuple[LineAccess, ...] = ()

    @property
    def transfers(self) -> int:
        """The loads for which another cache had to give the line away."""
        return self.hitm_local + self.hitm_remote + self.peer


TAKES, QUEUES, WAITS, RETRIES, ATOMIC = "takes", "queues", "waits", "retries", "atomic"


@dataclass(frozen=True, slots=True)
class Loop:
    """What the instructions of a hot function show: a loop that waits for another CPU, or a hot atomic operation.

    Args:
        symbol: The function.
        module: The object it lies in; empty if unknown.
        kind: `takes` (waits, and tries to take a lock), `queues` (waits, after an atomic operation), `waits` (until
            another CPU changes what it loads), `retries` (an atomic operation that fails while others change its word)
            or `atomic` (one by itself).
        share_percent: Of the samples of the function.
        instructions: Of the loop, as they are printed; of an atomic operation the next one, too, where its samples are.
    """

    symbol: str
    module: str
    kind: str
    share_percent: float
    instructions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a profile comes from, and how much of it could be read.

    Args:
        source: The name of the file.
        reader: What it was read as.
        lines: How many lines were read.
        skipped: How many of them, neither empty nor a comment, said nothing to the reader.
        first_skipped: The number of the first of those; 0 if there is none.
        cut: Where and how the file breaks off; empty if it ends as it should.
        undone: What had been done to the text on its way and was taken off, such as `mail quoting`; lines are counted
            without it.
        guessed: Names that the file has in part, and what they were read as.
        mixed: What else the file holds, and where; it was not read.
    """

    source: str
    reader: str
    lines: int
    skipped: int = 0
    first_skipped: int = 0
    cut: str = ""
    undone: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    mixed: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One file of a profiler.

    Args:
        provenance: Where it comes from.
        samples: What ran.
        waits: What waited for locks.
        unit: What the weights of samples are: `percent`, `samples` or `period` (counts of the event; nanoseconds for
            the events cpu-clock, task-clock and off-cpu).
        has_stacks: Whether callers are known.
        facts: What the head of the file says, such as `samples of`, and `time resolution` where there are waits.
        holdings: How often locks were taken, and for how long they were held, where the file says so.
        shared_lines: Cache lines that bounce, the worst first.
        blamed: The waits once more, by the stack of the task that held the lock, where the file has those.
        loops: What the instructions of its hottest functions show, where they were looked at.
        threads: How many threads of each command were seen on a CPU; empty if the file does not tell threads apart.
        compared: What the file compares this with, in its order: the other sides of a `perf diff`.
    """

    provenance: Provenance
    samples: tuple[Sample, ...] = ()
    waits: tuple[Wait, ...] = ()
    unit: str = "samples"
    has_stacks: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    shared_lines: tuple[SharedLine, ...] = ()
    compared: tuple[Profile, ...] = ()
    blamed: tuple[Wait, ...] = ()
    threads: Mapping[str, int] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found: neither a sample nor a wait, a holding, a shared line or a loop, on no side."""
        found = self.samples or self.waits or self.holdings or self.shared_lines or self.loops
        return not found and all(one.is_empty for one in self.compared)

    @property
    def total(self) -> float:
        """The weight of all samples: 100 or less where only shares are known."""
        return sum(one.weight for one in self.samples)
