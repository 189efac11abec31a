"""What a profile weighs, one event after the other: the stacks that every writer and every picture begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.diagnostics.span import NOWHERE
from lockwright.errors import LockwrightError
from lockwright.profiles.folding import by_event
from lockwright.profiles.model import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockwright.profiles.model import Holding, Profile, Sample, Stack, Wait

PERCENT, SAMPLES, NANOSECONDS, EVENTS = "percent", "samples", "nanoseconds", "events"
WAITING_TIME, WAITS, HOLDING_TIME = "waiting for locks", "waits for locks", "holding locks"
"""The names of the series that are no events: how long and how often locks were waited for, how long they were held."""
COMMAND, LOCK = "command", "lock"
"""The modules of the two frames that no stack has: the task at its outer end, the lock at the inner end of a wait."""
_CLOCKS = frozenset({"cpu-clock", "task-clock", "off-cpu"})
_NAMELESS = (Frame("[unknown]"),)
Numbers = tuple[int, ...]
_ADDRESS = re.compile(r"(?:0x)?[0-9a-f]{4,16}")


@dataclass(frozen=True, slots=True)
class Series:
    """What all stacks weigh in one event, or in waiting.

    Args:
        name: The event, such as `cycles`; `samples` where the file names none; `WAITING_TIME`, `WAITS`, `HOLDING_TIME`.
        unit: `percent`, `samples`, `nanoseconds`, or `events` where each weight counts what the event counts.
        frames: Functions, commands and locks; functions have symbol and module and no address.
        weights: Of each stack, as numbers of `frames`, the outermost first: the command before it where one is known,
            the lock after it where one is waited for.
    """

    name: str
    unit: str
    frames: Sequence[Frame]
    weights: Mapping[Numbers, float]

    @property
    def total(self) -> float:
        """The weight of all stacks."""
        return sum(self.weights.values())

    def stacks(self) -> Iterator[tuple[Stack, float]]:
        """Yield each stack, the outermost function first, and its weight."""
        for numbers, weight in self.weights.items():
            yield tuple([self.frames[number] for number in numbers]), weight


def all_series(profile: Profile) -> tuple[Series, ...]:
    """Return what was sampled, the event with most samples first, then what was waited for, then what was held.

    Waits whose ends no file tells have no time: a profile of such waits alone has the series `WAITS` alone.
    """
    found = [of_samples(event, some, profile.unit) for event, some in by_event(profile.samples).items()]
    if any(one.total_ns for one in profile.waits):
        found.append(of_waits(profile.waits, WAITING_TIME))
    if any(one.contended for one in profile.waits):
        found.append(of_waits(profile.waits, WAITS))
    if any(one.total_ns for one in profile.holdings):
        found.append(of_holdings(profile.holdings))
    return tuple(found)


def writable_series(profile: Profile) -> tuple[Series, ...]:
    """Return `all_series`, of which there must be some.

    Raises:
        LockwrightError: The profile has neither samples nor waits.
    """
    found = all_series(profile)
    if not found:
        title = f"`{profile.provenance.source}` has neither samples nor waits to write"
        raise refused("P030", title, "samples with stacks: `perf record -g`, then `perf script`")
    return found


def refused(code: str, title: str, instead: str) -> LockwrightError:
    """Return the error for a profile that a format cannot say."""
    return LockwrightError([Diagnostic(code, title, Label(NOWHERE), helps=(instead,))])


def of_samples(event: str, samples: Sequence[Sample], unit: str) -> Series:
    """Return what samples of one event weigh.

    Args:
        event: Its name; may be empty.
        samples: Its samples.
        unit: Of the profile, as `Profile.unit`.
    """
    found = _Gathered()
    for one in samples:
        found.add(one.stack or _NAMELESS, one.command, None, one.weight)
    return found.series(event or SAMPLES, _unit(event, unit))


def of_waits(waits: Sequence[Wait], name: str) -> Series:
    """Return what waits weigh: their time as `WAITING_TIME`, their number as `WAITS`."""
    found = _Gathered()
    for one in waits:
        weight = one.total_ns if name == WAITING_TIME else one.contended
        found.add(one.stack, one.command, waited_for(one), weight)
    return found.series(name, NANOSECONDS if name == WAITING_TIME else SAMPLES)


def of_holdings(holdings: Sequence[Holding]) -> Series:
    """Return for how long locks were held."""
    found = _Gathered()
    for one in holdings:
        found.add(one.stack, "", waited_for(one), one.total_ns)
    return found.series(HOLDING_TIME, NANOSECONDS)


def waited_for(wait: Wait | Holding) -> Frame:
    """Return the lock as a frame: its kind, and its name where it has one that is no address.

    `perf` writes `mmap_lock@ffff8cc7...` where it knows both.
    """
    named = "" if _ADDRESS.fullmatch(wait.lock) else wait.lock.partition("@")[0]
    return Frame(" ".join(one for one in (wait.kind, named) if one) or "a lock", LOCK)


class _Gathered:
    """Stacks as numbers: frames are told apart by symbol and module, and looked at once.

    A call from two places of a function is a call by it, so addresses are left out. Frames are remembered by identity:
    whoever adds their stacks keeps them alive meanwhile.
    """

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.names: dict[tuple[str, str], int] = {}
        self.known: dict[int, int] = {}
        self.weights: dict[Numbers, float] = {}

    def add(self, stack: Stack, command: str, lock: Frame | None, weight: float) -> None:
        known = self.known
        try:
            numbers = [known[id(frame)] for frame in reversed(stack)]
        except KeyError:
            for frame in stack:
                known[id(frame)] = self._number(frame.symbol, frame.module)
            numbers = [known[id(frame)] for frame in reversed(stack)]
        if command:
            numbers.insert(0, self._number(command, COMMAND))
        if lock is not None:
            numbers.append(self._number(lock.symbol, LOCK))
        key = tuple(numbers)
        self.weights[key] = self.weights.get(key, 0.0) + weight

    def _number(self, symbol: str, module: str) -> int:
        number = self.names.setdefault((symbol, module), len(self.frames))
        if number == len(self.frames):
            self.frames.append(Frame(symbol, module))
        return number

    def series(self, name: str, unit: str) -> Series:
        return Series(name, unit, self.frames, self.weights)


def _unit(event: str, unit: str) -> str:
    if unit == "period":
        return NANOSECONDS if event.partition(":")[0] in _CLOCKS else EVENTS
    return PERCENT if unit == "percent" else SAMPLES
