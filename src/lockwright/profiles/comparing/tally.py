"""What one recording says of each function and lock: its share of what was busy, and how many samples that rests on."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lockwright.profiles import folding
from lockwright.profiles.comparing.results import ALL_LOCKS, LOCK, SYMBOL
from lockwright.profiles.diagnosis.base import is_traced, plain, role
from lockwright.profiles.diagnosis.owners import is_place, owner
from lockwright.profiles.off_cpu import OFF_CPU, sleeper
from lockwright.profiles.symbols import IDLE, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.model import Profile, Sample, Stack

WHOLE = 100.0  # percent
CPU_TIME = "ns of CPU time"
"""What the clocks of a CPU are counted in."""
_COMPLETE = 99.0  # percent covered: rows that are rounded add up to a little less or more than all
_AMOUNT = re.compile(r"(?P<number>[\d.]+)\s*(?P<scale>[KMG]?)\b")
_SCALES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9}
_MODIFIERS = re.compile(r"(?:(?:cpu_core|cpu_atom|cpu)/)?([^/:]+)/?(?::[a-zA-Z]*)?")


class Key(NamedTuple):
    """What a row is about.

    Args:
        kind: `SYMBOL`, `LOCK` or `ALL_LOCKS`.
        name: The function, or the kind of lock.
        caller: Who wanted the lock.
    """

    kind: str
    name: str
    caller: str = ""


EVERY_LOCK = Key(ALL_LOCKS, "")


@dataclass(slots=True)
class Tally:
    """One recording.

    Args:
        shares: Of each row in percent of what was busy.
        counts: How many samples that rests on; empty where nothing says.
        scatter: Of each row, and of all that was busy under None, the sum of the squares of what single samples weigh,
            as parts of all that was busy; empty where only numbers of samples are known.
        samples: How many samples were busy; 0 where nothing says.
        recorded: How many samples there were, idle ones too; 0 where nothing says.
        idle: Percent of all samples.
        covered: Percent of all samples that the rows cover.
        floor: What is not listed has at most this share, in percent of what was busy; 0 if all is listed.
        total: The weight of all samples; None where only shares are known.
        unit: Of `total`.
        event: What was sampled.
        by_cpu: Of each CPU the weight of each row, and of all that was busy there under None.
        waiting: Of each lock the weight of each function that waits for it.
        callers: Of each function the weight of those that call it; of one that waits for a lock, of who wanted it.
        is_counted: Whether the file counts the samples of each function.
        commands: The share of each command in percent of what was busy.
    """

    shares: dict[Key, float]
    counts: dict[Key, float]
    samples: float
    recorded: float
    idle: float
    covered: float
    floor: float
    total: float | None
    unit: str
    event: str
    by_cpu: dict[int, dict[Key | None, float]] = field(default_factory=dict)
    waiting: dict[Key, dict[str, float]] = field(default_factory=dict)
    callers: dict[str, dict[str, float]] = field(default_factory=dict)
    commands: dict[str, float] = field(default_factory=dict)
    is_counted: bool = False
    scatter: dict[Key | None, float] = field(default_factory=dict)


def tally(profile: Profile, event: str) -> Tally:
    """Return what a recording says.

    Args:
        profile: The recording.
        event: Its event that is looked at.
    """
    every = folding.by_event(profile.samples).get(event, ())
    samples = tuple(one for one in every if not is_traced(one.stack))
    traced = sum(one.weight for one in every) - sum(one.weight for one in samples)
    found = _Sums()
    for one in samples:
        found.add(one)
    is_percent = profile.unit == "percent"
    listed = sum(one.weight for one in samples)
    whole = max(WHOLE - traced, listed) if is_percent else listed or 1.0
    base = max(whole - found.idle, 1e-9)
    shares = {key: WHOLE * weight / base for key, weight in found.weights.items()}
    recorded = _recorded(profile, samples, whole) if is_percent else float(sum(one.count for one in samples))
    busy = recorded * base / whole if is_percent else recorded - found.idle_count
    is_counted = all(found.counts[key] for key in found.weights if key.kind == SYMBOL)
    counts = dict(found.counts) if is_counted else {key: share * busy / WHOLE for key, share in shares.items()}
    if is_percent:  # a table counts the samples of a function once, with its first caller
        counts |= {key: share * busy / WHOLE for key, share in shares.items() if key.kind == LOCK}
    floor = 0.0
    if is_percent and listed < _COMPLETE:
        least = min((one.weight for one in samples if one.weight > 0), default=0.0)
        floor = WHOLE * min(least, whole - listed) / base
    return Tally(
        shares=shares,
        counts=counts if busy > 0 else {},
        samples=max(0.0, busy),
        recorded=recorded,
        idle=WHOLE * found.idle / whole,
        covered=WHOLE * listed / whole,
        floor=floor,
        total=_total(profile, recorded) if is_percent else whole,
        unit=_unit(profile, event),
        event=event,
        by_cpu=dict(found.by_cpu),
        waiting=dict(found.waiting),
        callers=dict(found.callers),
        is_counted=is_counted,
        scatter={} if is_percent else {key: one / base**2 for key, one in found.squares.items()},
        commands={command: WHOLE * weight / base for command, weight in found.commands.items()},
    )


def lock_of(stack: Stack) -> Key | None:
    """Return what is waited for at the top of a stack, and by whom; None if nothing is."""
    if role(stack[0].symbol) not in WAITING:
        return None
    whose = owner(stack)
    return Key(LOCK, whose.kind, "" if is_place(whose.caller) else whose.caller)  # another build has other places


class _Sums:
    """Weights of all rows of one event."""

    def __init__(self) -> None:
        self.weights: dict[Key, float] = defaultdict(float)
        self.counts: dict[Key, float] = defaultdict(float)
        self.squares: dict[Key | None, float] = defaultdict(float)
        self.by_cpu: dict[int, dict[Key | None, float]] = defaultdict(lambda: defaultdict(float))
        self.waiting: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.callers: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.commands: dict[str, float] = defaultdict(float)
        self.idle, self.idle_count = 0.0, 0.0

    def add(self, sample: Sample) -> None:
        """Add a sample to the rows that it belongs to."""
        stack = (sleeper(sample.stack) or sample.stack) if sample.event == OFF_CPU else sample.stack
        if role(stack[0].symbol) == IDLE:
            self.idle += sample.weight
            self.idle_count += sample.count
            return
        symbol = plain(stack[0].symbol)
        keys = [Key(SYMBOL, symbol)]
        lock = lock_of(stack)
        if lock is not None:
            self.waiting[lock][symbol] += sample.weight
            keys += [lock, EVERY_LOCK]
        square = sample.weight**2 / (sample.count or 1)
        self.squares[None] += square
        for key in keys:
            self.weights[key] += sample.weight
            self.counts[key] += sample.count
            self.squares[key] += square
        who = lock.caller if lock is not None else plain(stack[1].symbol) if len(stack) > 1 else ""
        if who:
            self.callers[symbol][who] += sample.weight
        self.commands[sample.command] += sample.weight
        if sample.cpu is not None:
            cpu = self.by_cpu[sample.cpu]
            cpu[None] += sample.weight
            for key in keys:
                cpu[key] += sample.weight


def _recorded(profile: Profile, samples: Iterable[Sample], whole: float) -> float:
    """Return how many samples a table of shares rests on: from counts of its rows, else from its head; 0 if unknown."""
    weight, count = 0.0, 0
    for one in samples:
        if one.count:
            weight += one.weight
            count += one.count
    if count and weight > 0:
        return count * whole / weight
    return _amount(profile.facts.get("samples", ""))


def _amount(text: str) -> float:
    got = _AMOUNT.match(text.strip().replace(",", ""))
    try:
        return float(got["number"]) * _SCALES[got["scale"]] if got else 0.0
    except ValueError:
        return 0.0


def _total(profile: Profile, recorded: float) -> float | None:
    """Return the weight of all samples of a table of shares: the count of its event, else of its samples."""
    return _amount(profile.facts.get("event count", "")) or recorded or None


def plain_event(event: str) -> str:
    """Return the name of an event without where it is counted and which modifiers it has: `cycles:P` is `cycles`."""
    got = _MODIFIERS.fullmatch(event.strip("'"))
    return got[1] if got else event


def _unit(profile: Profile, event: str) -> str:
    """Return what the total is counted in."""
    counted = profile.unit == "period" or (profile.unit == "percent" and _amount(profile.facts.get("event count", "")))
    if not counted:
        return "samples"
    name = plain_event(event)
    return CPU_TIME if name in {"cpu-clock", "task-clock"} else name or "events"
