"""POSIX timers: one global lock against RCU (Linux 8af088710d1e, May 2011).

Sixteen processes call `timer_gettime`, each for its own timer.  Before, every call took one lock of the whole system;
since, a call finds its timer under RCU.  How many calls were made is not published: it is fitted to the system time
*before*, as the time of the processes' own loop is to the user time before.  Everything after is predicted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from lockwright import machines
from lockwright.language.compile import compile_contention
from lockwright.simulate import run as simulation
from lockwright.simulate.aggregate import merged
from lockwright.studies.running import each
from lockwright.study import Assumption, Band, Figure, Fitted, Given, Sensitivity, StudyResult, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockwright.machines.model import MachineModel
    from lockwright.simulate.sweep import Progress

NAME = "posix-timers"
TITLE = "POSIX timers: one global lock against RCU (Linux 8af088710d1e, 2011)"
MACHINE = "nehalem_ep_2s"
LOCK = "linux_ticket"
CPUS = 16
SPIN = "__ticket_spin_lock"

COMMIT = "Linux 8af088710d1e, commit message"
BEFORE = {"real": 78.669, "user": 1.346, "sys": 77.180}
AFTER = {"real": 3.296, "user": 1.366, "sys": 1.926}
"""Seconds.  The figures of after are compared with, never fitted to."""
SPIN_SHARE = 0.98

GIVEN = [
    Given("2 sockets x 4 cores x 2 threads: 16 CPUs", COMMIT),
    Given("16 processes, each calling timer_gettime() on a timer of its own", COMMIT),
    Given("one ticket spin lock for all timers' numbers, taken with interrupts off", "Linux 2.6.39"),
    Given("98 % of the samples are in the ticket lock, called from lock_timer", COMMIT),
    Given("real 78.669 s, user 1.346 s, sys 77.180 s before: real is user plus sys of one process", COMMIT),
]
ASSUMED = [
    Assumption(
        "call",
        "entering and leaving the kernel",
        52,
        50,
        105,
        "ns",
        "the emptiest system call, gettid, takes 52 ns on an X5550 and 58 ns on an E5520; 105 ns on a Core 2 of 2006",
        "B. Sigoure, How long does it take to make a context switch?, 2010 (timesyscall.c), read in copies",
    ),
    Assumption(
        "work",
        "looking at the timer: reading the clock, converting, copying 32 bytes out",
        30,
        10,
        60,
        "ns",
        "reading the clock takes 14 to 31 ns in the vDSO of later Xeons; a timer that is not armed needs none",
        "G. Sauthoff, On the costs of syscalls (clock_gettime), read here",
    ),
    Assumption(
        "smt_slowdown",
        "what an instruction costs while the core's other thread runs too",
        160,
        133,
        182,
        "%",
        "two threads of a core do 10 to 50 % more than one",
        "the machine's file, where it is estimated; the range is recalled",
    ),
    Assumption(
        "coherence",
        "latency of moving a line, as a part of that of the X5550",
        1.0,
        0.8,
        1.25,
        "",
        "the CPU model is not published; half of the latencies are recalled or derived",
        "the machine's file",
    ),
    Assumption(
        "ghz",
        "clock",
        2.67,
        2.27,
        2.93,
        "GHz",
        "the CPU model is not published: E5520 to X5570 have this form",
        "vendor's list of the Xeon 5500 series",
    ),
]

SEEDS, FEWER_SEEDS = (1, 2, 3, 4), (1, 2)  # of what is told, and of what only widens its band
WARM_UP_ROUNDS, MEASURED_ROUNDS = 40 * CPUS, 200 * CPUS
FIRST_USER_CYCLES, FITS, CLOSE = 240, 8, 0.01
"""Where the fit of the processes' own loop begins, after how many runs it ends, and how near is near enough."""
USER_SYMBOLS = ("main", "thread.each_thread")
NULLS = ("no change", "Amdahl")
WHY_MISSED = {
    "user": "two busy threads share a core after the change, one of two only waits before it; the publication shows "
    "no such difference",
    "real": "what a call costs beside its locks decides it: see the sensitivity",
    "sys": "what a call costs beside its locks decides it: see the sensitivity",
    SPIN: "beside 1.7 % of user time, 98 % leaves 0.3 % for all else in the kernel: less than entering it takes",
}
KNOWN = (
    "whoever chose the assumptions had seen the after column; their values and ranges are those of the sources "
    "named, and stood in the repository before the first run"
)
SWEPT = (
    "each assumption was taken to both ends of its range alone, and all of them to the ends that lower and that raise "
    "real after; everything was fitted anew each time"
)

Values = Mapping[str, float]
"""Of each assumption, by key."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of one process takes, in seconds, and where its cycles go."""

    user_s: float
    sys_s: float
    profile: Mapping[str, float]  # share of the cycles by symbol


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of assumptions comes to."""

    calls: float  # of each process, fitted
    user_cycles: int  # of its own loop, fitted
    before: Call
    after: Call

    def seconds(self, when: str, what: str) -> float:
        """Return a figure as `time` prints it."""
        call = self.before if when == "before" else self.after
        parts = {"user": call.user_s, "sys": call.sys_s, "real": call.user_s + call.sys_s}
        return self.calls * parts[what]


def run(progress: Callable[[Progress], None] | None = None) -> StudyResult:
    """Fit the two free parameters to before, predict after, and sweep the assumptions."""
    began = time.monotonic()
    middle = {one.key: one.value for one in ASSUMED}
    center = outcome(middle, SEEDS)
    alone = each(outcome, [middle | {one.key: end} for one in ASSUMED for end in (one.low, one.high)], progress)
    effects = _effects(alone)
    swept = [center, *alone, *each(outcome, [_corner(effects, side) for side in (0, 1)], progress)]
    machine = machines.load(MACHINE)
    result = StudyResult(NAME, TITLE, machine.texts["what"], NULLS, list(GIVEN), list(ASSUMED), seeds=SEEDS)
    result.fitted = [
        Fitted("calls of each process", center.calls, "", f"sys before, {BEFORE['sys']} s"),
        Fitted("a process's own loop", center.user_cycles, "cycles a call", f"user before, {BEFORE['user']} s"),
    ]
    result.figures = list(_figures(center, swept))
    result.scores = [score("after: real, user and sys", [one for one in result.figures if one.group == "after"])]
    result.moved, result.sensitivity = "real after, s", effects
    result.profiles = {"before": _top(center.before), "after": _top(center.after)}
    result.missed = list(_missed(result.figures))
    result.notes = [SWEPT, KNOWN]
    result.weak = list(machine.weak())
    result.seconds = time.monotonic() - began
    return result


def outcome(values: Values, seeds: Sequence[int] = FEWER_SEEDS) -> Outcome:
    """Fit the calls and the loop to before, and run after with them."""
    model = machine_with(values)
    user, before = _fitted_loop(model, values, seeds)
    after = measured(model, values, user, seeds, uses_rcu=True)
    return Outcome(BEFORE["sys"] / before.sys_s, user, before, after)


def _fitted_loop(model: MachineModel, values: Values, seeds: Sequence[int]) -> tuple[int, Call]:
    """Return the cycles of a process's own loop with which user and sys before are nearest the published ratio."""
    ratio, user, tried = BEFORE["user"] / BEFORE["sys"], FIRST_USER_CYCLES, []
    for _ in range(FITS):
        before = measured(model, values, user, seeds, uses_rcu=False)
        wrong = ratio * before.sys_s / before.user_s
        tried.append((abs(wrong - 1), user, before))
        if tried[-1][0] < CLOSE:
            break
        user = max(1, round(user * wrong))
        while user in [one for _, one, _ in tried]:  # it is no smooth curve: who meets whom changes with every cycle
            user += 1
    _, user, before = min(tried, key=lambda one: one[0])
    return user, before


def machine_with(values: Values) -> MachineModel:
    """Return the machine as the assumptions have it."""
    numbers = {"ghz": values["ghz"], "smt_slowdown": values["smt_slowdown"]}
    model = machines.load(MACHINE).with_numbers(numbers).model()
    part = values["coherence"]
    rows = tuple(tuple(tuple(round(part * one) for one in row) for row in states) for states in model.latency_cycles)
    return replace(model, latency_cycles=rows, hold_cycles=round(part * model.hold_cycles))


def measured(model: MachineModel, values: Values, user: int, seeds: Sequence[int], *, uses_rcu: bool) -> Call:
    """Return what a call takes, as a mean over the seeds.

    User time is what the processes' own loop took, system time all else: nobody sleeps.
    """
    entry, work = (round(values[key] * model.ghz) for key in ("call", "work"))
    program = compile_contention(LOCK, "timer_gettime", uses_rcu=int(uses_rcu), user=user, entry=entry, work=work)
    settings = simulation.Settings(cpus=CPUS, warm_up_rounds=WARM_UP_ROUNDS, measured_rounds=MEASURED_ROUNDS)
    code = simulation.code_of(program, model, settings)
    runs = [simulation.measured(code, model, replace(settings, seed=seed)) for seed in seeds]
    shares: dict[str, float] = {}
    for row in merged(runs):
        shares[row.name] = shares.get(row.name, 0.0) + row.share
    total_s = CPUS / fmean(one.throughput_per_s for one in runs)
    user_s = total_s * sum(shares.get(one, 0.0) for one in USER_SYMBOLS)
    return Call(user_s, total_s - user_s, shares)


def _effects(alone: Sequence[Outcome]) -> list[Sensitivity]:
    """Return what each assumption alone does to real after, the strongest first."""
    ends = [one.seconds("after", "real") for one in alone]
    found = [Sensitivity(one.key, *ends[2 * at : 2 * at + 2]) for at, one in enumerate(ASSUMED)]
    return sorted(found, key=lambda one: -abs(one.at_high - one.at_low))


def _corner(effects: Sequence[Sensitivity], side: int) -> Values:
    """Return the assumptions that together make real after smallest (0) or largest (1)."""
    rises = {one.key: one.at_high > one.at_low for one in effects}
    return {one.key: one.high if rises[one.key] == bool(side) else one.low for one in ASSUMED}


def _figures(center: Outcome, swept: Sequence[Outcome]) -> Iterator[Figure]:
    """Yield every published figure beside ours."""
    total = BEFORE["user"] + BEFORE["sys"]
    without = {"user": BEFORE["user"], "sys": BEFORE["sys"] - SPIN_SHARE * total}
    amdahl = without | {"real": BEFORE["real"] * (1 - SPIN_SHARE)}
    for what in ("real", "user", "sys"):
        ours = _band(lambda one, what=what: one.seconds("before", what), center, swept)  # type: ignore[misc]  # bound now
        yield Figure(what, "before", "s", BEFORE[what], ours, "fitted", group="before")
        ours = _band(lambda one, what=what: one.seconds("after", what), center, swept)  # type: ignore[misc]  # bound now
        yield Figure(what, "after", "s", AFTER[what], ours, "predicted", (BEFORE[what], amdahl[what]), group="after")
    share = _band(lambda one: 100 * one.before.profile.get(SPIN, 0.0), center, swept)
    yield Figure(SPIN, "before", "%", 100 * SPIN_SHARE, share, "predicted", shown='"98 %"', group="profile")


def _band(value: Callable[[Outcome], float], center: Outcome, swept: Sequence[Outcome]) -> Band:
    values = [value(one) for one in swept]
    return Band(value(center), min(values), max(values))


def _top(call: Call) -> list[tuple[str, float]]:
    return sorted(call.profile.items(), key=lambda one: -one[1])[:6]


def _missed(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield the predictions whose band leaves out what was published."""
    for one in figures:
        if one.role == "predicted" and not one.ours.low <= one.published <= one.ours.high:
            yield (
                f"{one.what} {one.at}: {one.published:g} {one.unit} lies outside {one.ours.low:.3g} to "
                f"{one.ours.high:.3g}; {WHY_MISSED[one.what]}"
            )
