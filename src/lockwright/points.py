"""What a simulation (or a benchmark) returns: one point for each lock, number of CPUs and set of parameters.

Plain data, known to readers and reports alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

SCHEMA = "lockwright.simulate/1"


@dataclass(frozen=True, slots=True)
class FunctionProfile:
    """What one function took in the measured window, over all CPUs and seeds: a row of `perf report`."""

    name: str  # the symbol
    caller: str  # the function that called it, empty at the top
    share: float  # of all busy cycles, 0 to 1
    cycles: int
    instructions: int
    cache_references: int
    cache_misses: int
    branches: int
    branch_misses: int


@dataclass(frozen=True, slots=True)
class StackCycles:
    """What one function took in the measured window when it had been called in one way, over all CPUs and seeds."""

    stack: tuple[str, ...]  # symbols, the innermost first
    cycles: int


@dataclass(frozen=True, slots=True)
class SeedRun:
    """One run with one seed."""

    seed: int
    start: str  # spread, together
    throughput_per_s: float
    simulated_cycles: int  # of the measured window
    simulated_ops: int  # memory accesses in it
    acquisitions: int  # of the lock under test, or rounds of the program if it has none
    jain: float  # fairness over threads, 1 is fair
    longest_bypass: int
    handoff_ns: float  # mean from the begin of an unlock to the end of the lock of one that waited; nan: never
    latency_ns_p50: float  # from the begin of a lock to its end
    latency_ns_p99: float
    latency_ns_max: float
    handoff_distance: dict[str, int]  # `same thread`, `same core`, then the machine's distances: how many
    profile: tuple[FunctionProfile, ...]
    waiters: float  # mean number of threads that wait for the lock at a hand-off
    transfers_per_acquisition: float  # lines moved between cores
    failed_assertions: int
    host_seconds: float
    # Where the time of a hand-off goes, over the measured window.
    latency_ns_mean: float = nan
    handoffs: int = 0  # acquisitions by a thread that had waited: what `handoff_ns` is the mean of
    section_ns: float = nan  # mean from the end of a lock to the begin of its unlock; nan without a lock under test
    rereads: int = 0  # loads by waiters that somebody's write had woken
    reread_cycles: int = 0  # for how long such loads occupied their lines
    idle_cycles: int = 0  # of all CPUs, while their threads slept in the system; with the profile's: time x CPUs
    stacks: tuple[StackCycles, ...] = ()  # the profile by the calls through which each function was reached
    overlaps: int = 0  # acquisitions while the lock was held, other than by a reader together with readers
    starved: int = 0  # threads that waited for the lock in all of the measured window, and never had it
    whole_ns: float = nan  # of a program that ends by itself: until its last thread has ended


@dataclass(frozen=True, slots=True)
class Split:
    """Cycles from one section to the next, per lock: the parts add up to the time between two acquisitions."""

    section: float  # from the end of a lock to the begin of its unlock
    rereads: float  # for how long a line was occupied by loads of waiters that a write had woken
    handoff: float  # the rest of the time from the begin of an unlock to the end of the lock of one that had waited
    free: float  # nobody waited when it was released: until one came, and while it took the lock
    trying: float  # threads inside `lock` at any moment, by Little's law, and those that never came out
    waiters: float  # threads that wait at a hand-off
    waiters_reading: float  # loads of woken waiters for each acquisition

    @property
    def whole(self) -> float:
        """All of it."""
        return self.section + self.rereads + self.handoff + self.free

    @property
    def is_one_line(self) -> bool:
        """Whether the waiters spin on one line: after a write of it, most of them read it again."""
        return self.waiters_reading > 3 and self.waiters_reading > 0.5 * self.waiters


@dataclass(frozen=True, slots=True)
class Point:
    """One lock on so many CPUs: means over seeds, and the interval of the mean's throughput."""

    lock: str
    cpus: int
    machine: str
    params: dict[str, object]
    throughput_per_s: float
    throughput_per_s_low: float
    throughput_per_s_high: float
    jain: float
    longest_bypass: int
    handoff_ns: float
    latency_ns_p50: float
    latency_ns_p99: float
    latency_ns_max: float
    simulated_ops: int
    acquisitions: int
    host_seconds: float
    branches: tuple[tuple[float, int], ...]  # throughput, and how many seeds ended there; one if they agree
    runs: tuple[SeedRun, ...]
    profile: tuple[FunctionProfile, ...]
    split: Split | None = None  # None: no lock was under test
    limits: str = ""  # what limits it, in words
    is_program: bool = False  # a whole program, which may have locks inside
    stacks: tuple[StackCycles, ...] = ()  # the profile by calls, the most first
    run_ns: tuple[float, float, float] | None = None
    """Of a program that ends by itself, the time until its last thread has ended: mean over the seeds, its interval."""

    @property
    def named(self) -> str:
        """How a sentence calls it: `the ticket lock` for a built-in lock, what was typed for anything else."""
        is_lock = self.lock.replace("_", "").isalnum() and not self.is_program
        return f"the {self.lock} lock" if is_lock else self.lock


@dataclass(frozen=True, slots=True)
class Sustained:
    """From how many CPUs on a queue in front of a lock can last: (N - 1 - m) (base + each m) >= outside for some m.

    While m threads wait, a section takes `base_cycles + each_cycles * m`: least squares over the points at which the
    lock is never free.  The N - 1 - m others each stay away for `outside_cycles`, by Little's law.
    """

    base_cycles: float
    each_cycles: float
    outside_cycles: float
    fitted_waiters: tuple[float, ...]  # at the points of the fit
    farthest: float  # of these points from the fit, as a share of their cycles

    def most(self, cpus: int) -> tuple[int, float]:
        """Return the waiters for which the left side is largest, and how many times the right side that is."""
        sides = [(cpus - 1 - m) * (self.base_cycles + self.each_cycles * m) for m in range(max(1, cpus))]
        largest = max(sides)
        return sides.index(largest), largest / self.outside_cycles

    @property
    def least_cpus(self) -> int:
        """The fewest CPUs on which a queue can last."""
        cpus = 2
        while self.most(cpus)[1] < 1:
            cpus += 1
        return cpus


@dataclass(frozen=True, slots=True)
class Fall:
    """Where the throughput of a lock falls to less than half of its best."""

    lock: str
    best: int  # CPUs
    before: int  # the last count before the fall
    there: int  # the first count after it
    last: int
    kept: float  # at the last count, of the best
    sustained: Sustained | None = None  # None: too few points with a queue, or several locks


@dataclass(frozen=True, slots=True)
class MovedFall:
    """Where a lock falls if a number of the machine is changed."""

    lock: str
    number: str
    factor: float
    counts: tuple[int, int] | None  # the last before the fall, the first after it; None: no fall
    looked_at: tuple[int, int]  # the fewest and the most CPUs that were run


@dataclass(frozen=True, slots=True)
class Subject:
    """What a lock is, read off its source and its layout."""

    summary: str  # of its docstring: a sentence
    is_fifo: bool  # it promises to serve in the order of arrival
    fields: tuple[str, ...] = ()  # those that lie in one cache line, if all do
    neighbours: tuple[str, ...] = ()  # fields of the program that share this line
    locked: tuple[str, ...] = ()  # the fields that `lock` writes in any case
    unlocked: tuple[str, ...] = ()  # and those that `unlock` does


@dataclass(frozen=True, slots=True)
class LeastTransfer:
    """The machine's lower bound on what moving a line takes."""

    cycles: int
    standing: str  # measured, recalled, estimated, chosen
    reason: str
    longest_cycles: int  # of any access to any line at any distance, without that bound


@dataclass(slots=True)
class SimulationResult:
    """All points of a simulation, and the numbers of the machine that they rest on."""

    machine: str
    title: str  # `4 x AMD Opteron 6172`
    points: list[Point] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)  # numbers that are recalled, estimated or chosen, with their origin
    sensitivity: list[tuple[str, float, float]] | None = None  # number, change of throughput at 80 % and at 125 % of it
    collapses: list[str] = field(default_factory=list)  # one sentence for each lock that collapses
    falls: list[Fall] = field(default_factory=list)  # the same as numbers
    moved_falls: list[MovedFall] = field(default_factory=list)  # with those numbers changed that decide most
    subjects: dict[str, Subject] = field(default_factory=dict)  # what each lock is
    least_transfer: LeastTransfer | None = None
    faults: list[str] = field(default_factory=list)  # of the programs: what makes the figures idle
    warnings: list[str] = field(default_factory=list)
    params: dict[str, object] = field(default_factory=dict)
    settings: tuple[str, ...] = ()  # the same in words: `hold 100 cycles`
    seeds: tuple[int, ...] = ()
    seconds: float = 0.0
    is_interrupted: bool = False

    def named(self, lock: str) -> str:
        """Return how a sentence calls a lock."""
        return next((point.named for point in self.points if point.lock == lock), lock)
