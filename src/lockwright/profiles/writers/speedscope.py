"""The file format of speedscope: a table of functions, and for each event a list of stacks with their weights.

As `src/lib/file-format-spec.ts` of jlfwong/speedscope (1.25) has it. Of its two kinds of profile this is `sampled`: the
model knows what a stack weighs in all, not when it ran.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from lockwright.profiles.writers.series import NANOSECONDS, PERCENT, writable_series

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Profile
    from lockwright.profiles.writers.series import Series

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
"""What a file names itself by; nothing is fetched."""


def speedscope(profile: Profile) -> str:
    """Return a profile as JSON: a speedscope profile for each event, then waiting time, waits, holding time (ns).

    Raises:
        LockwrightError: It has neither samples nor waits.
    """
    numbers: dict[Frame, int] = {}
    profiles = [_profile(one, numbers) for one in writable_series(profile)]
    document = {
        "$schema": SCHEMA,
        "exporter": f"lockwright@{version('lockwright')}",
        "name": _text(profile.provenance.source),
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(one) for one in numbers]},
        "profiles": profiles,
    }
    return msgspec.json.encode(document).decode()


def _profile(series: Series, numbers: dict[Frame, int]) -> dict[str, Any]:
    """Return one event; functions get their numbers in the order in which they are met."""
    own = [numbers.setdefault(frame, len(numbers)) for frame in series.frames]
    samples = [[own[number] for number in stack] for stack in series.weights]
    weights = [_plain(one) for one in series.weights.values()]
    unit = f"{series.name} (percent)" if series.unit == PERCENT else series.name
    return {
        "type": "sampled",
        "name": _text(unit),
        "unit": "nanoseconds" if series.unit == NANOSECONDS else "none",
        "startValue": 0,
        "endValue": _plain(sum(weights)),
        "samples": samples,
        "weights": weights,
    }


def _frame(frame: Frame) -> dict[str, str]:
    named = {"name": _text(frame.symbol)}
    return named | {"file": _text(frame.module)} if frame.module else named


def _plain(weight: float) -> float:
    """Return a whole number as one: `3` for `3.0`."""
    whole = int(weight)
    return whole if whole == weight else weight


def _text(text: str) -> str:
    """Return a text that UTF-8 can say."""
    return text.encode(errors="replace").decode()
