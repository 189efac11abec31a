"""What a check returns: verdicts, what they cover, and counterexamples told step by step.

Plain data, known to readers and reports alike; `msgspec.to_builtins` turns each of them into JSON.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "lockwright.check/1"

PROVED, FAULT, NOT_EXHAUSTED, NOT_COVERED = "proved", "fault", "not exhausted", "not covered"
"""Verdicts."""

UNBOUNDED = "a waiter can be overtaken without bound"
"""The note of a run whose bypass bound was looked for and is none."""

HARNESSES = tuple(f"lockwright/workloads/{name}.py" for name in ("mutual_exclusion", "readers_writers", "trying"))
"""The programs into which a lock alone is put: their lines are nobody's to mend."""

FAULTS: dict[str, tuple[str, str]] = {
    "two_holders": ("V001", "two holders"),
    "not_holder": ("V002", "unlock by a thread that does not hold the lock"),
    "data_race": ("V003", "data race"),
    "deadlock": ("V004", "deadlock"),
    "lost_wakeup": ("V005", "lost wake-up"),
    "endless_await": ("V006", "a wait that nobody ends"),
    "starvation": ("V007", "starvation"),
    "order_broken": ("V008", "first come, first served is broken"),
    "bypass": ("V009", "bypass bound exceeded"),
    "use_after_free": ("V010", "use after free"),
    "double_free": ("V011", "double free"),
    "leak": ("V012", "leak"),
    "index_out_of_range": ("V013", "index out of range"),
    "shift_out_of_range": ("V014", "shift out of range"),
    "division_by_zero": ("V015", "division by zero"),
    "null": ("V016", "null pointer followed"),
    "assertion": ("V017", "assertion failed"),
    "at_rest": ("V018", "not conserved at rest"),
    "endless_loop": ("V019", "a loop that never ends"),
    "random_of_zero": ("V020", "random(0) has no value"),
    "no_such_cpu": ("V021", "no such CPU"),
    "no_such_thread": ("V022", "no such thread"),
    "preemption_unbalanced": ("V023", "preemption is turned on more often than off"),
}
"""Code and name of each kind of fault."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step as it is told: what one thread does at one place of the source."""

    step: int  # from 1
    thread: int  # from 0; told as T1, ...
    text: str
    span: Span = NOWHERE
    function: str = ""
    kind: str = "step"  # step, flush, interrupt, wait
    note: str = ""  # "changes nothing", "overwritten unseen"


@dataclass(frozen=True, slots=True)
class Remark:
    """A stretch of the source and what there is to say about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of a function in a counterexample: the lines on which it did something, in order."""

    thread: int
    function: str
    span: Span  # of the function
    lines: tuple[int, ...]
    returned: bool


@dataclass(frozen=True, slots=True)
class Course:
    """Which code a counterexample ran: functions by name, each with its place."""

    visits: tuple[Visit, ...] = ()
    before: tuple[tuple[str, Span], ...] = ()  # `setup`
    after: tuple[tuple[str, Span], ...] = ()  # `at_rest`, where that failed
    not_entered: tuple[tuple[str, Span], ...] = ()  # called somewhere in those above, but not here


@dataclass(frozen=True, slots=True)
class Fault:
    """A counterexample."""

    kind: str
    sentence: str
    model: str
    threads: int
    acquisitions: int | None  # None: for ever
    rows: tuple[Row, ...]
    final: tuple[str, ...] = ()  # what each thread waits for, or that it is done
    primary: Remark | None = None
    function: str = ""  # where the primary remark is
    secondary: tuple[Remark, ...] = ()
    origin: str = ""  # whose mistake it is: the logic's, the processor's, the compiler's
    placement: str = ""  # where the threads are, unless each has a CPU of its own on node 0
    loop_from: int | None = None  # the step with which the part that repeats begins
    why_fair: str = ""
    helps: tuple[str, ...] = ()
    switches: int = 0
    states: int = 0
    seconds: float = 0.0
    moves: tuple[int, ...] = ()  # for the replay; the last `loop_moves` of them repeat
    loop_moves: int = 0
    victim: int | None = None  # who waits for ever, or is overtaken
    other: int | None = None  # who overtakes
    course: Course = Course()  # the code that it ran
    confirmed: bool = True  # the plain machine, which shares no code with the search, shows it too

    @property
    def code(self) -> str:
        """The code of the message."""
        return FAULTS.get(self.kind, ("V000", ""))[0]

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Run:
    """The verdict about one instance under one memory model."""

    model: str
    threads: int
    acquisitions: int | None  # None: for ever
    verdict: str
    states: int = 0
    transitions: int = 0
    seconds: float = 0.0
    reason: str = ""  # of `not exhausted` and `not covered`
    bound: str = ""  # `lag 3`
    properties: tuple[str, ...] = ()  # what was checked
    kinds: tuple[str, ...] = ()  # of faults, first found first
    bypass: int | None = None  # the most overtakings of a waiter
    may_starve: bool | None = None  # None: not looked at
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """A loop that waits, as the checker understood it."""

    function: str
    text: str
    span: Span
    is_bounded: bool = False


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What one memory order of the source carries."""

    span: Span
    op: str
    written: str
    weakest: str  # that passes in the minimal set
    breaks: str = ""  # the kind of fault one step below it
    matters_on_x86: bool = False


@dataclass(slots=True)
class CheckResult:
    """All verdicts about a program, with the first fault told."""

    name: str
    runs: list[Run] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)  # what holds where nothing is found
    promises: list[str] = field(default_factory=list)
    not_covered: list[str] = field(default_factory=list)
    orders: list[OrderResult] | None = None
    warnings: list[str] = field(default_factory=list)
    params: dict[str, object] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    is_interrupted: bool = False  # Ctrl-C ended the check: what was decided before stands

    @property
    def verdict(self) -> str:
        """The verdict about all instances: the worst of them."""
        verdicts = {run.verdict for run in self.runs}
        if self.faults or FAULT in verdicts:
            return FAULT
        doubts = [one for one in (NOT_EXHAUSTED, NOT_COVERED) if one in verdicts]
        return doubts[0] if doubts else PROVED if verdicts else NOT_COVERED

    @property
    def exit_status(self) -> int:
        """0 proved, 1 a fault, 3 not exhausted or not covered."""
        return {PROVED: 0, FAULT: 1}.get(self.verdict, 3)

    def verdict_of(self, model: str) -> str:
        """Return the verdict under one memory model: the worst of its runs, `not covered` if there is none."""
        return CheckResult(self.name, [run for run in self.runs if run.model == model]).verdict


# How results are spoken of.


def main_file(rows: Iterable[Row]) -> str:
    """Return the file in which most steps are: its lines are named by their number alone."""
    counts = Counter(row.span.file for row in rows if row.span.line and row.span.file not in HARNESSES)
    return counts.most_common(1)[0][0] if counts else ""


def line_name(span: Span, main: str) -> str:
    """Return `line 84`, or `line 84 of pv_ticket.py` where that is not the main file."""
    return f"line {span.line}" if span.file == main or not main else f"line {span.line} of {PurePath(span.file).name}"


def thread_name(thread: int) -> str:
    """Return `T1` for thread 0."""
    return f"T{thread + 1}"


def listed(names: list[str]) -> str:
    """Return `T1`, `T1 and T2`, `T1, T2 and T3`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, noun: str) -> str:
    """Return `1 step`, `2 steps`, `switches` for `switch`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}{'es' if noun.endswith('ch') else 's'}"


def instance(threads: int, acquisitions: int | None) -> str:
    """Return `2 threads x 1 acquisition`, or `2 threads, for ever`."""
    if acquisitions is None:
        return f"{counted(threads, 'thread')}, for ever"
    return f"{counted(threads, 'thread')} x {counted(acquisitions, 'acquisition')}"
