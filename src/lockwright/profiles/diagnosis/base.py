"""What a diagnosis looks at: the busy samples of one event, and what 100 % is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.choosing import CHOSEN
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.standing import SESSIONS, THREADS
from lockwright.profiles.symbols import IDLE, SPIN

if TYPE_CHECKING:
    from lockwright.profiles.model import Profile, Sample, Stack
    from lockwright.profiles.symbols import Family

_ALL = 100.0  # percent
_NS_PER_S = 1e9
COUNTED = frozenset({THREADS, SESSIONS})  # events of samples that are tasks, asleep or not
OFF_CPU = "off-cpu"  # the event of samples that are no CPU time
ALL_SHOWN_PERCENT = 99.0  # of busy time that has rows: what rounding takes, and no more
_NAMES = 1 << 16  # that are kept; a profile has thousands


@lru_cache(maxsize=_NAMES)
def plain(symbol: str) -> str:
    """Return a name without the suffixes of compilers and linkers."""
    return folding.plain(symbol)


@lru_cache(maxsize=_NAMES)
def family(symbol: str) -> Family | None:
    """Return what a function is; None if the table does not know it."""
    return folding.family(symbol)


def role(symbol: str) -> str:
    """Return the role of a function; empty if the table does not know it."""
    found = family(symbol)
    return found.role if found else ""


def is_masked(event: str) -> bool:
    """Return whether the clock of an event is an interrupt, which cannot come while interrupts are off."""
    return event.strip("'").partition(":")[0] in {"cpu-clock", "task-clock"}


@dataclass(frozen=True, slots=True)
class View:
    """The busy samples of the event with most samples.

    Args:
        profile: All of it.
        samples: The busy ones; a lock taken in the idle task is among them.
        event: What was sampled; empty if unknown.
        all_weight: What 100 % of all is.
        busy_weight: What 100 % of busy time is.
        traced_percent: How much of all samples is in tracepoints that a recorder set; it is no part of the others.
    """

    profile: Profile
    samples: tuple[Sample, ...]
    event: str
    all_weight: float
    busy_weight: float
    traced_percent: float = 0.0

    def busy(self, weight: float) -> float:
        """Return a weight as percent of busy time."""
        return _ALL * weight / self.busy_weight

    def all(self, weight: float) -> float:
        """Return a weight as percent of everything."""
        return _ALL * weight / self.all_weight

    @property
    def base(self) -> str:
        """What 100 % is, in words: of one command's samples, its own busy time."""
        if self.event in COUNTED:
            return f"the {self.event}"
        names = self.profile.facts.get(CHOSEN, "")
        return f"the busy time of {names.replace(', ', ' and ')}" if names else "busy time"

    @property
    def shown_percent(self) -> float:
        """How much of busy time has a name: a table shows only its first rows."""
        return self.busy(sum(one.weight for one in self.samples))


def view_of(profile: Profile) -> View:
    """Return what of a profile is looked at."""
    events = folding.by_event(one for one in profile.samples if one.stack and one.event != OFF_CPU)
    event, samples = next(iter(events.items()), ("", ()))
    if event == THREADS:
        samples = tuple(map(_awake, samples))
    weight = sum(one.weight for one in samples)
    whole = max(_ALL, weight) if profile.unit == "percent" else weight
    own = tuple(one for one in samples if not is_traced(one.stack))
    traced = weight - sum(one.weight for one in own)
    busy = tuple(one for one in own if not is_idle(one))
    idle = weight - traced - sum(one.weight for one in busy)
    base = whole - traced
    return View(profile, busy, event, base or 1.0, (base - idle) or 1.0, _ALL * traced / (whole or 1.0))


def is_traced(stack: Stack) -> bool:
    """Return whether a sample is in a tracepoint that a recorder set: the program would not run it."""
    return any(_is_tracer(frame.symbol) for frame in stack)


@lru_cache(maxsize=_NAMES)
def _is_tracer(symbol: str) -> bool:
    return names().tracer.fullmatch(plain(symbol)) is not None


def _awake(sample: Sample) -> Sample:
    """Return a stopped thread without the functions that it sleeps in: who calls them waits for something."""
    sleep = names().sleep
    at = next((at for at, frame in enumerate(sample.stack) if plain(frame.symbol) not in sleep), 0)
    return replace(sample, stack=sample.stack[at:])


def is_idle(sample: Sample) -> bool:
    """Return whether the CPU had nothing to do: a guest's CPU that halts in the slow path of a lock waits for it."""
    if role(sample.stack[0].symbol) != IDLE:
        return False
    roles = (role(frame.symbol) for frame in sample.stack)
    return next((one for one in roles if one != IDLE), "") != SPIN


_SECONDS = ("lock events s", "elapsed_s", "seconds")
"""The facts that tell how long a recording took, the one about waits first."""


def span_ns(profile: Profile) -> float:
    """Return the run time that waits are of; 0 if the file does not say."""
    for key in _SECONDS:
        try:
            seconds = float(profile.facts.get(key, ""))
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds > 0:
            return seconds * _NS_PER_S
    return 0.0
