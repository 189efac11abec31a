"""What a comparison of profiles returns: plain data, for reports and for tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SYMBOL, LOCK, ALL_LOCKS = "symbol", "lock", "all locks"
"""What a row is about: one function, all waiting for one lock, all waiting."""
NEW, GONE = "new", "gone"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and where the truth lies with 95 %.

    Args:
        value: The number.
        low: From here.
        high: To there; both None where nothing says how far it may be off.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a comparison; shares are in percent of what was busy.

    Args:
        kind: `SYMBOL`, `LOCK` or `ALL_LOCKS`.
        symbol: The function; of a lock, the function that waits most, empty for all locks.
        caller: Who wanted the lock; empty if unknown, and for functions.
        role: Of the function, as `symbols.toml` has it.
        lock: The kind of lock; empty for functions that belong to none.
        before: Its share.
        after: Its share.
        difference: After less before, in points of percent.
        p: How probable such a difference is by chance; None where nothing says.
        q: `p` with regard to how many rows are looked at (`discovery.adjusted`).
        is_significant: Whether chance is ruled out, at a false discovery rate of 5 %.
        unlisted_before: It is not in the rows that the file lists: its share is at most `before`.
        unlisted_after: Likewise.
        mark: `NEW`, `GONE` or empty.
        renamed_from: Its name before, where it was called otherwise; a guess.
        why_renamed: What the guess rests on.
        expected: What its share would be if nothing but the largest fall of another row had happened; None for that
            row, and where no row fell much.
        per_operation: Its cost for each operation, before and after, in the unit of the comparison; None if unknown.
        per_second: Its cost in each second, likewise.
        samples: How many samples it has, before and after; None where the files do not count them by function.
        called_by: Of a function, who calls it most, before and after, or wanted the lock; empty if unknown.
    """

    kind: str
    symbol: str
    caller: str
    role: str
    lock: str
    before: Estimate
    after: Estimate
    difference: Estimate
    p: float | None = None
    q: float | None = None
    is_significant: bool = False
    unlisted_before: bool = False
    unlisted_after: bool = False
    mark: str = ""
    renamed_from: str = ""
    why_renamed: str = ""
    expected: float | None = None
    per_operation: tuple[Estimate, Estimate] | None = None
    per_second: tuple[Estimate, Estimate] | None = None
    samples: tuple[float, float] | None = None
    called_by: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Waited:
    """Waits for a lock in one run, on average over the runs of a side.

    Args:
        contended: How many began.
        ended: How many ended.
        total_ns: All that ended together.
        longest_ns: The longest of all runs.
        acquired: How often the lock was taken, waited for or not; 0 where the files do not say.
        held_ns: For how long it was held in all; 0 likewise.
    """

    contended: float = 0
    ended: float = 0
    total_ns: float = 0.0
    longest_ns: float = 0.0
    acquired: float = 0
    held_ns: float = 0.0

    @property
    def mean_ns(self) -> float | None:
        """The mean of those that ended; None if none did, or only their number is known."""
        return self.total_ns / self.ended if self.ended and self.total_ns else None

    @property
    def mean_held_ns(self) -> float | None:
        """For how long it is held once; None where that is not known."""
        return self.held_ns / self.acquired if self.acquired and self.held_ns else None


@dataclass(frozen=True, slots=True)
class WaitChange:
    """Waits for locks of one kind by one caller on both sides; without a kind, of all together.

    Args:
        kind: Of lock.
        caller: Who wanted it; empty if unknown.
        lock: Its name, where no stack tells who wanted it.
        before: One run of before.
        after: One run of after.
        total_before: The total of a run in nanoseconds with its interval; None where a side is one run.
        total_after: Likewise.
        is_significant: Whether chance is ruled out, at a false discovery rate of 5 %; None where nothing tells.
    """

    kind: str
    caller: str
    lock: str
    before: Waited
    after: Waited
    total_before: Estimate | None = None
    total_after: Estimate | None = None
    is_significant: bool | None = None

    @property
    def is_all(self) -> bool:
        """Whether these are all waits together."""
        return not (self.kind or self.caller or self.lock)


@dataclass(frozen=True, slots=True)
class SideSummary:
    """What is known of one side.

    Args:
        sources: The files.
        readers: What they were read as.
        samples: How many samples all of them together have; 0 where the files do not say.
        unit: Of the weights: `percent`, `samples` or `period`.
        event: What was sampled.
        total: The weight of all that was sampled, in the unit of the comparison; None where it is unknown.
        idle: Percent of all samples in which a CPU had nothing to do.
        covered: Percent of all samples that the rows of the files cover.
        seconds: How long each run lasted; empty where that is unknown.
        work: How many operations each run did; empty where that is unknown.
        throughput: Operations a second; None if unknown.
        has_stacks: Whether callers are known.
        facts: What the first file says of its machine and command.
        waits: How many waits for locks began.
        verdict: What the first run is called when it is diagnosed alone; one of `diagnosis.VERDICTS`.
        is_likely: Whether that is likely only.
        diagnosis: The same in a sentence.
        spread: The largest difference between two runs among the rows shown, in points; None for one run.
    """

    sources: tuple[str, ...]
    readers: tuple[str, ...]
    samples: int
    unit: str
    event: str
    total: float | None
    idle: float
    covered: float
    seconds: tuple[float, ...] = ()
    work: tuple[float, ...] = ()
    throughput: Estimate | None = None
    has_stacks: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    waits: int = 0
    verdict: str = ""
    diagnosis: str = ""
    spread: float | None = None
    is_likely: bool = False


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A row of the table that maintainers ask for: how a benchmark did with so many threads.

    Args:
        threads: How many.
        before: What was measured, in the unit of the one who measured.
        after: Likewise.
    """

    threads: int
    before: float
    after: float

    @property
    def difference_percent(self) -> float | None:
        """After against before, in percent; None if before is zero."""
        return 100 * (self.after / self.before - 1) if self.before else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides of runs, and what changed.

    Args:
        headline: What changed, in a sentence.
        findings: What else there is to say, each a sentence or two.
        warnings: Why shares may deceive here.
        before: One side.
        after: The other one.
        changes: Functions and locks, the largest difference first, functions and locks mixed.
        waits: Waits for locks, all together first, then the longest total.
        unchanged: Names of the heaviest rows that stayed what they were.
        next_limit: What is on top now on the path of the lock that changed; empty if nothing is.
        method: How intervals and decisions were made, and what they assume.
        brief: The same in a few words.
        cost_unit: Of costs an operation or second: `cycles`, `ns of CPU time`, `samples`; empty if no length is known.
        threads: The table of the one who measured; empty if none was given.
        seed: Of the random numbers.
    """

    headline: str
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    before: SideSummary
    after: SideSummary
    changes: tuple[Change, ...]
    waits: tuple[WaitChange, ...]
    unchanged: tuple[str, ...]
    next_limit: str
    method: tuple[str, ...]
    brief: str = ""
    cost_unit: str = ""
    threads: tuple[ThreadRow, ...] = ()
    seed: int = 1

    @property
    def symbols(self) -> tuple[Change, ...]:
        """The functions."""
        return tuple(one for one in self.changes if one.kind == SYMBOL)

    @property
    def locks(self) -> tuple[Change, ...]:
        """The locks by their callers."""
        return tuple(one for one in self.changes if one.kind == LOCK)

    @property
    def all_locks(self) -> Change | None:
        """All waiting for locks; None if there is none on either side."""
        return next((one for one in self.changes if one.kind == ALL_LOCKS), None)
