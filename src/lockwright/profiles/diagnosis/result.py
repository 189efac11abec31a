"""What a diagnosis is: the verdict first, and with each claim what it rests on.

Shares are percent. "Busy" leaves idle CPUs out; "all" is everything that was sampled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CONTENDED, LINE, MINOR, NO_LOCK, UNDECIDED = "contended lock", "shared cache line", "minor", "no lock", "undecided"
VERDICTS = (CONTENDED, LINE, MINOR, NO_LOCK, UNDECIDED)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a lock is wanted.

    Args:
        caller: The function; empty if no stack names it.
        share_percent: Of busy time, or of the waiting for this lock where only waits are known.
        within: The caller's own caller; empty likewise.
    """

    caller: str
    share_percent: float
    within: str = ""


@dataclass(frozen=True, slots=True)
class WaitTimes:
    """How long a lock was waited for; None is what the file does not tell.

    Args:
        total_ns: All waits together.
        mean_ns: One wait.
        longest_ns: The longest one.
        contended: How many waits began.
        share_percent: Of the waiting for all locks.
        waiting_at_once: How many tasks waited at any moment, on average: total wait by run time.
        span_ns: The run time.
        held_ns: How long it was held, all holds together.
        acquired: How often it was taken.
        off_cpu_ns: All the time off the CPU, for whatever reason, where that is what was recorded.
        counts_all: Whether `contended` counts every acquisition, with a wait or without.
    """

    total_ns: float
    mean_ns: float | None
    longest_ns: float
    contended: int
    share_percent: float
    waiting_at_once: float | None = None
    span_ns: float | None = None
    held_ns: float | None = None
    acquired: int | None = None
    off_cpu_ns: float | None = None
    counts_all: bool = False

    @property
    def waiters(self) -> float | None:
        """How many wait while one holds it, on average: total wait by total hold."""
        return self.total_ns / self.held_ns if self.held_ns else None


@dataclass(frozen=True, slots=True)
class Sharing:
    """How readers and writers share a lock.

    Args:
        reads: How often readers took it.
        writes: How often writers did.
        read_hold_ns: How long a reader held it, on average.
        write_hold_ns: How long a writer did.
    """

    reads: int
    writes: int
    read_hold_ns: float
    write_hold_ns: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Who was seen to wait for a lock at some moments, and where its holder stands; empty is what is not known.

    Args:
        waiting: How many tasks waited, at all moments together.
        tasks: How many were seen that are not idle, likewise.
        moments: At how many moments one looked.
        share_percent: Of those that wait for any lock.
        longest_ns: How long the one that waits longest has waited so far.
        holder_at: The function in which the holder stands.
        holder_in: The function that took the lock, on the holder's stack.
        holder_sleeps: The function of sleeping, or of waiting for data, that it is in.
        holder_wants: The lock that the holder itself waits for.
        guards: What the lock guards, in words.
    """

    waiting: int
    tasks: int
    moments: int
    share_percent: float
    longest_ns: float = 0.0
    holder_at: str = ""
    holder_in: str = ""
    holder_sleeps: str = ""
    holder_wants: str = ""
    guards: str = ""


@dataclass(frozen=True, slots=True)
class LockFound:
    """The lock that a diagnosis is about.

    Args:
        kind: `spinlock`, `mutex`, `rwsem`, `pthread lock`, ...; `line` where there is no lock.
        function: Where its waiters are seen, such as `native_queued_spin_lock_slowpath`.
        sites: Who wants it, the heaviest first.
        share_busy_percent: Of busy time: waiting for it, waking those that wait, and taking it (of a lock that is only
            seen released: releasing it); None without samples.
        share_all_percent: The same of all samples, idle ones too.
        waiting_percent: What of the former certainly waits, or wakes others; the rest takes the lock.
        inside_percent: Busy time in the functions that take it, and what they call, other than waiting: holders, and
            the rest of these functions; None without stacks.
        inside: What runs there, the heaviest first.
        waits: Times of waits, where they are known.
        rests_on: How it was named.
        through_futex: Whether its waiters sleep, and are woken, through a futex of the kernel.
        name: Its name or address, where the file tells it.
        held_by: Who held it while others waited: tasks or functions, by their share of the waiting for it.
        waited_by: Tasks that waited for it, likewise, where no caller is known.
        sharing: How readers and writers share it, where the file tells.
        taken_in: The function that takes it, where only its release is seen to cost time.
        standing: Who was seen to wait, where one looked at some moments only.
        is_least: Whether its share is a lower bound: of the file, rows or callers were cut off.
        recorded: The waits for it that were recorded beside the samples that named it.
    """

    kind: str
    function: str
    sites: tuple[Site, ...]
    share_busy_percent: float | None = None
    share_all_percent: float | None = None
    waiting_percent: float | None = None
    inside_percent: float | None = None
    inside: tuple[Site, ...] = ()
    waits: WaitTimes | None = None
    rests_on: str = ""
    through_futex: bool = False
    name: str = ""
    held_by: tuple[Site, ...] = ()
    waited_by: tuple[Site, ...] = ()
    sharing: Sharing | None = None
    taken_in: str = ""
    standing: Standing | None = None
    is_least: bool = False
    recorded: WaitTimes | None = None

    @property
    def caller(self) -> str:
        """The heaviest caller; empty if none is known."""
        return next((one.caller for one in self.sites if one.caller), "")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A function, what it weighs, and what it is taken for.

    Args:
        symbol: The function.
        share_percent: Of busy time.
        meaning: What it is.
        rests_on: `table` (`symbols.toml` knows it), `stack`, or `name`: its name alone suggests it.
    """

    symbol: str
    share_percent: float
    meaning: str
    rests_on: str


@dataclass(frozen=True, slots=True)
class Link:
    """The next lock in line once the first one is gone.

    Args:
        kind: Of lock.
        caller: Who wants it; empty if unknown.
        share_percent: As that of the first lock.
        same_path: Whether it is wanted on the same way through the program; None without stacks.
        through: The function that both ways go through.
        name: Its name, if the file has one.
    """

    kind: str
    caller: str
    share_percent: float
    same_path: bool | None = None
    through: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most that a cure is expected to gain; 2.0 is twice as fast."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Promise:
    """What removing the lock can gain.

    Args:
        share_percent: Of busy time; what it rests on.
        bound: 1 / (1 - share): if nothing of it were left and nothing else took its place.
        alone: What to expect.
        with_next: The same if the next lock of the chain goes, too; None if there is none.
        base: What the numbers are of.
        capped_by: Why no more is promised.
        above: What would have to be the case for more.
        is_least: Whether the share is a lower bound, and so is what follows from it.
    """

    share_percent: float
    bound: float
    alone: Range
    with_next: Range | None
    base: str
    capped_by: str
    above: tuple[str, ...] = ()
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A published case, as it is quoted.

    Args:
        id: `K01` to `K75`, or `C01` to `C11` for the eleven commits.
        project: Where it was.
        year: When.
        gain: How many times better; None if no number was published.
        measured: What was measured, and on what.
        source: Where it stands.
        change: What was done.
    """

    id: str
    project: str
    year: int
    gain: float | None
    measured: str
    source: str
    change: str


@dataclass(frozen=True, slots=True)
class Cure:
    """A class of cure that fits.

    Args:
        name: Of the class.
        do: What to do.
        because: What in this profile points to it.
        cases: How many published cases with a number it has.
        quartiles: Of their gains; None if there are too few.
        examples: The cases most like this one.
        failures: Cases in which it failed, and why.
        test: The cheap test that would refute it.
    """

    name: str
    do: str
    because: str
    cases: int
    quartiles: tuple[float, float, float] | None
    examples: tuple[CaseShown, ...] = ()
    failures: tuple[str, ...] = ()
    test: str = ""


@dataclass(frozen=True, slots=True)
class Caution:
    """Why the profile may not mean what it seems to.

    Args:
        name: Of the false friend, such as `unlock`.
        sentence: What it is, with numbers.
    """

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a profile says about locks.

    Args:
        verdict: One of `VERDICTS`.
        headline: The answer in one sentence.
        lock: The lock it is about; None if there is none.
        evidence: The functions that the verdict rests on.
        chain: The locks behind it.
        promise: What there is to gain; None without evidence.
        cures: What usually helps, the best fit first.
        cautions: False friends that are present.
        record: What to record next, as commands or sentences.
        not_covered: What this profile cannot tell.
        is_likely: Whether the verdict rests on names, or on instructions that may wait for something else: it is likely
            only.
    """

    verdict: str
    headline: str
    lock: LockFound | None = None
    evidence: tuple[Evidence, ...] = ()
    chain: tuple[Link, ...] = ()
    promise: Promise | None = None
    cures: tuple[Cure, ...] = ()
    cautions: tuple[Caution, ...] = ()
    record: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = field(default=())
    is_likely: bool = False

    @property
    def told(self) -> str:
        """The verdict as it is told where there is no room for more."""
        return f"likely a {self.verdict}" if self.is_likely else self.verdict
