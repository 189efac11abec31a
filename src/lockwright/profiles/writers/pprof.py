"""`profile.proto` of pprof, in gzip: what `go tool pprof` and many services read.

Field numbers are those of `proto/profile.proto` of google/pprof. The few kinds of protobuf fields it needs are written
here: numbers as varints, and texts, messages and packed numbers behind their length (protobuf's encoding, wire types 0
and 2).
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from lockwright.profiles.writers.series import (
    COMMAND,
    HOLDING_TIME,
    LOCK,
    NANOSECONDS,
    PERCENT,
    WAITING_TIME,
    WAITS,
    refused,
    writable_series,
)
from lockwright.profiles.writers.varints import message, number, packed, text, varint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles.model import Frame, Profile
    from lockwright.profiles.writers.series import Series

_SAMPLE_TYPE, _SAMPLE, _MAPPING, _LOCATION, _FUNCTION, _STRINGS, _COMMENT, _DEFAULT = 1, 2, 3, 4, 5, 6, 13, 14
_MOST = (1 << 63) - 1
_LABELS = frozenset({COMMAND, LOCK})
_PPM = 10_000  # parts per million in a percent: pprof has whole numbers only
_NAMES = {WAITING_TIME: "delay", WAITS: "contentions", HOLDING_TIME: "held"}
"""The first two as Go's own profiles of mutexes call them."""


def pprof(profile: Profile) -> bytes:
    """Return a profile as gzipped protobuf.

    Each event is one kind of value, then `delay` (ns) and `contentions` of waits, `held` (ns) of holders. Shares are
    parts per million. Values are whole: each is rounded so that their sum is the rounded sum. Commands and locks are
    labels of samples.

    Raises:
        LockwrightError: It has neither samples nor waits, or weighs more than 63 bits say.
    """
    series = writable_series(profile)
    tables = _Tables()
    samples = [one for at, some in enumerate(series) for one in _samples(some, at, len(series), tables)]
    types = [_type(one, tables) for one in series]
    origin = profile.provenance
    told = f"read as {origin.reader}" if origin.lines else f"a {origin.reader}"
    comment = tables.string(f"{origin.source}, {told}, written by lockwright")
    body = [
        *(message(_SAMPLE_TYPE, one) for one in types),
        *(message(_SAMPLE, one) for one in samples),
        *tables.mappings_locations_functions(),
        packed(_COMMENT, [comment]),
        number(_DEFAULT, tables.string(_named(series[0]))),
    ]
    strings = [text(_STRINGS, one) for one in tables.strings]  # last: the tables are full only now
    return gzip.compress(b"".join([*body, *strings]), mtime=0)


def whole(weights: Sequence[float]) -> list[int]:
    """Return weights as whole numbers whose sum is the rounded sum, each less than one away."""
    found, exact, given = [], 0.0, 0
    for weight in weights:
        exact += weight
        found.append(round(exact) - given)
        given = round(exact)
    return found


class _Tables:
    """Texts, modules and functions by their numbers; in a location, a function stands alone."""

    def __init__(self) -> None:
        self.strings: dict[str, int] = {"": 0}
        self.modules: dict[str, int] = {}
        self.functions: dict[Frame, int] = {}

    def string(self, of: str) -> int:
        return self.strings.setdefault(of, len(self.strings))

    def location(self, frame: Frame) -> int:
        if frame.module:
            self.modules.setdefault(frame.module, len(self.modules) + 1)
        return self.functions.setdefault(frame, len(self.functions) + 1)

    def mappings_locations_functions(self) -> Iterator[bytes]:
        for module, own in self.modules.items():
            has_functions = number(7, 1)
            yield message(_MAPPING, number(1, own) + number(5, self.string(module)) + has_functions)
        for frame, own in self.functions.items():
            line = message(4, number(1, own))
            yield message(_LOCATION, number(1, own) + number(2, self.modules.get(frame.module, 0)) + line)
        for frame, own in self.functions.items():
            name = self.string(frame.symbol)
            yield message(_FUNCTION, number(1, own) + number(2, name) + number(3, name))


def _samples(series: Series, at: int, kinds: int, tables: _Tables) -> Iterator[bytes]:
    """Yield the samples of one event: a value of its own kind, 0 of every other."""
    scale = _PPM if series.unit == PERCENT else 1
    if series.total * scale > _MOST:
        raise refused("P031", f"`{series.name}` weighs {series.total:.3g}: more than pprof can say", "`--speedscope`")
    values = whole([weight * scale for weight in series.weights.values()])
    frames = series.frames
    labels = {own: message(3, _label(one, tables)) for own, one in enumerate(frames) if one.module in _LABELS}
    places = [b"" if own in labels else varint(tables.location(one)) for own, one in enumerate(frames)]
    for stack, value in zip(series.weights, values, strict=True):
        found = b"".join([places[own] for own in reversed(stack)])
        if not found:  # pprof wants a place: a lock that nobody calls, a command that runs nothing
            found = b"".join([varint(tables.location(frames[own])) for own in reversed(stack)])
        row = [value if kind == at else 0 for kind in range(kinds)]
        yield b"".join((message(1, found), packed(2, row), *[labels[own] for own in stack if own in labels]))


def _label(frame: Frame, tables: _Tables) -> bytes:
    return number(1, tables.string(frame.module)) + number(2, tables.string(frame.symbol))


def _named(series: Series) -> str:
    return _NAMES.get(series.name, series.name)


def _type(series: Series, tables: _Tables) -> bytes:
    unit = {NANOSECONDS: "nanoseconds", PERCENT: "ppm"}.get(series.unit, "count")
    return number(1, tables.string(_named(series))) + number(2, tables.string(unit))
