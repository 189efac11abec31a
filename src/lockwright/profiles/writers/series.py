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
    from collections.abc import Iterable, Mapping

    from lockwright.profiles.model import Profile, Sample, Stack, Wait

PERCENT, SAMPLES, NANOSECONDS, EVENTS = "percent", "samples", "nanoseconds", "events"
WAITING_TIME, WAITS = "waiting for locks", "waits for locks"
"""The names of the two series that waits make: how long, and how many."""
COMMAND, LOCK = "command", "lock"
"""The modules of the two frames that no stack has: the task at its outer end, the lock at the inner end of a wait."""
_CLOCKS = frozenset({"cpu-clock", "task-clock"})
_ADDRESS = re.compile(r"(?:0x)?[0-9a-f]{4,16}")


@dataclass(frozen=True, slots=True)
class Series:
    """What all stacks weigh in one event, or in waiting.

    Args:
        name: The event, such as `cycles`; `samples` where the file names none; `WAITING_TIME` or `WAITS`.
        unit: `percent`, `samples`, `nanoseconds`, or `events` where each weight counts what the event counts.
        weights: Of each stack, the outermost function first: the command before it where one is known, the lock
            after it where one is waited for. Functions have symbol and module and no address.
        counts: How many samples, or waits, each of these stacks stands for.
    """

    name: str
    unit: str
    weights: Mapping[Stack, float]
    counts: Mapping[Stack, int]

    @property
    def total(self) -> float:
        """The weight of all stacks."""
        return sum(self.weights.values())


def all_series(profile: Profile) -> tuple[Series, ...]:
    """Return what was sampled, the event with most samples first, then what was waited for.

    Waits whose ends no file tells have no time: a profile of such waits alone has the series `WAITS` alone.
    """
    found = [of_samples(event, some, profile.unit) for event, some in by_event(profile.samples).items()]
    if any(one.total_ns for one in profile.waits):
        found.append(of_waits(profile.waits, WAITING_TIME))
    if profile.waits:
        found.append(of_waits(profile.waits, WAITS))
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


def of_samples(event: str, samples: Iterable[Sample], unit: str) -> Series:
    """Return what samples of one event weigh.

    Args:
        event: Its name; may be empty.
        samples: Its samples.
        unit: Of the profile, as `Profile.unit`.
    """
    weights: dict[Stack, float] = {}
    counts: dict[Stack, int] = {}
    kept: dict[Frame, Frame] = {}
    for one in samples:
        stack = _outermost_first(one.stack, one.command, kept)
        weights[stack] = weights.get(stack, 0.0) + one.weight
        counts[stack] = counts.get(stack, 0) + one.count
    return Series(event or SAMPLES, _unit(event, unit), weights, counts)


def of_waits(waits: Iterable[Wait], name: str) -> Series:
    """Return what waits weigh: their time as `WAITING_TIME`, their number as `WAITS`."""
    weights: dict[Stack, float] = {}
    counts: dict[Stack, int] = {}
    kept: dict[Frame, Frame] = {}
    for one in waits:
        stack = (*_outermost_first(one.stack, one.command, kept), waited_for(one))
        weights[stack] = weights.get(stack, 0.0) + (one.total_ns if name == WAITING_TIME else one.contended)
        counts[stack] = counts.get(stack, 0) + one.contended
    return Series(name, NANOSECONDS if name == WAITING_TIME else SAMPLES, weights, counts)


def waited_for(wait: Wait) -> Frame:
    """Return the lock as a frame: its kind, and its name where it has one that is no address."""
    named = "" if _ADDRESS.fullmatch(wait.lock) else wait.lock
    return Frame(" ".join(one for one in (wait.kind, named) if one) or "a lock", LOCK)


def _outermost_first(stack: Stack, command: str, kept: dict[Frame, Frame]) -> Stack:
    """Return a stack with its command and without addresses: calls from two places of a function are calls by it."""
    frames = [kept[frame] if frame in kept else kept.setdefault(frame, _bare(frame)) for frame in reversed(stack)]
    return (Frame(command, COMMAND), *frames) if command else tuple(frames)


def _bare(frame: Frame) -> Frame:
    return Frame(frame.symbol, frame.module)


def _unit(event: str, unit: str) -> str:
    if unit == "period":
        return NANOSECONDS if event.partition(":")[0] in _CLOCKS else EVENTS
    return PERCENT if unit == "percent" else SAMPLES
