"""A profile in a terminal and as data: how much of it is locks, which, and through which caller."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockwright.profiles import folding
from lockwright.profiles.symbols import IDLE, UNLOCK, WAITING
from lockwright.report import shared_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockwright.profiles import Profile, Sample

Line = tuple[str, str]  # a text, and the name of its style
SCHEMA = "lockwright.profile/1"
ROWS = 12  # of a table, unless asked for more
_WIDTH = 98  # columns beside the indent
_ALL = 100.0  # percent
_WORDS = {
    "spin": "spins for a {}",
    "sleep": "waits for a {}: its slow path",
    "acquire": "takes a {}",
    "unlock": "releases a {}",
    "schedule": "gives up the CPU",
    "idle": "idle",
}
_UNITS = (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0))


def profile_lines(profile: Profile, rows: int = ROWS) -> Iterator[Line]:
    """Yield the lines of a profile, each with the name of its style.

    Args:
        profile: What was read.
        rows: The most rows of a table.
    """
    events = folding.by_event(profile.samples)
    samples = next(iter(events.values()), ())
    yield _headline(profile, samples), "title"
    yield from _about(profile, events)
    if samples:
        whole = _whole(profile, samples)
        yield from _by_symbol(samples, whole, rows)
        yield from _by_caller(samples, whole, rows)
    if profile.waits:
        yield from _waits(profile, rows)
    if profile.shared_lines:
        yield from _table(shared_lines.cells(profile.shared_lines, rows), right=4)
        yield from _more(len(profile.shared_lines) - rows, "cache line")
    if samples and folding.in_locks(samples) and not profile.has_stacks:
        yield "", ""
        yield "record  perf record -g -- ...: then each lock has a caller", "help"


def profile_text(profile: Profile, rows: int = ROWS) -> str:
    """Return a profile as plain text."""
    return "\n".join(text for text, _ in profile_lines(profile, rows)) + "\n"


def profile_json(profile: Profile) -> dict[str, Any]:
    """Return a profile as what `json` can write: flat records, shares in percent of all samples of an event."""
    warnings = [profile.provenance.cut] if profile.provenance.cut else []
    return {
        "schema": SCHEMA,
        "command": "profile",
        "params": {"file": profile.provenance.source},
        "seeds": [],
        "warnings": warnings,
        "provenance": asdict(profile.provenance),
        "facts": dict(profile.facts),
        "symbols": [
            one for event, some in folding.by_event(profile.samples).items() for one in _records(profile, event, some)
        ],
        "lock_callers": [
            {
                "event": event,
                "symbol": symbol,
                "caller": caller or None,
                "share_percent": _ALL * weight / _whole(profile, some),
            }
            for event, some in folding.by_event(profile.samples).items()
            for (symbol, caller), weight in folding.by_caller(some).items()
        ],
        "waits": [asdict(one) for one in folding.waits_by_caller(profile.waits)],
        "shared_lines": [asdict(one) for one in profile.shared_lines],
    }


def _records(profile: Profile, event: str, samples: Sequence[Sample]) -> Iterator[dict[str, Any]]:
    whole = _whole(profile, samples)
    for symbol, weight in folding.by_symbol(samples).items():
        family = folding.family(symbol)
        yield {
            "event": event,
            "symbol": symbol,
            "share_percent": _ALL * weight / whole,
            "role": family.role if family else None,
            "lock": (family.lock or None) if family else None,
        }


def _whole(profile: Profile, samples: Sequence[Sample]) -> float:
    """Return what 100 % is: the shares of a table are of more than its rows."""
    weight = sum(one.weight for one in samples)
    return max(_ALL, weight) if profile.unit == "percent" else weight or 1.0


def _headline(profile: Profile, samples: Sequence[Sample]) -> str:
    if profile.shared_lines and not samples:
        return shared_lines.headline(profile.shared_lines)
    if profile.waits and not samples:
        heaviest = folding.waits_by_caller(profile.waits)[0]
        total = sum(one.total_ns for one in profile.waits)
        return (
            f"locks: {duration(total)} of waiting, {duration(heaviest.total_ns)} of it for {heaviest.kind}, "
            f"wanted by {heaviest.caller or 'a caller unknown'}"
        )
    whole, roles = _whole(profile, samples), folding.by_role(samples)
    waiting = _ALL * sum(roles.get(one, 0.0) for one in WAITING) / whole
    released = _ALL * roles.get(UNLOCK, 0.0) / whole
    if not waiting and not released:
        return "locks: no sample in a function that takes one, waits for one or releases one"
    return f"locks: {waiting:.1f} % in functions that take one or wait for one, {released:.1f} % where one is released"


def _about(profile: Profile, events: dict[str, tuple[Sample, ...]]) -> Iterator[Line]:
    """Yield what was read, how much it covers, and what is missing."""
    origin, parts = (
        profile.provenance,
        [
            f"{profile.provenance.source}: read as {profile.provenance.reader}",
            _counted(profile.provenance.lines, "line"),
        ],
    )
    samples = next(iter(events.values()), ())
    count = sum(one.count for one in samples)
    if count:
        parts.append(_counted(count, "sample"))
    if profile.unit == "percent":
        parts.append(f"rows that cover {sum(one.weight for one in samples):.1f} %")
    if profile.samples:
        parts.append("with call graphs" if profile.has_stacks else "no call graph")
    if profile.waits:
        parts.append(_counted(sum(one.contended for one in profile.waits), "wait"))
    if "time resolution" in profile.facts:
        parts.append(f"times to {profile.facts['time resolution']}")
    yield from ((f"  {line}", "") for line in textwrap.wrap(", ".join(parts), _WIDTH, break_long_words=False))
    if len(events) > 1:
        first, *others = (event or "an event without a name" for event in events)
        yield f"  of {first}; also recorded: {', '.join(others)}", ""
    idle = _ALL * folding.by_role(samples).get(IDLE, 0.0) / _whole(profile, samples)
    if idle:
        yield f"  {idle:.1f} % of it idle: what is busy is {_ALL - idle:.1f} %", ""
    for key in ("waits without an end", "ends without a wait"):
        if key in profile.facts:
            yield f"  {key}: {profile.facts[key]}", ""
    if origin.skipped:
        yield f"  {_counted(origin.skipped, 'line')} passed over, the first is {origin.first_skipped}", ""
    if origin.cut:
        yield f"warning: the file breaks off: {origin.cut}", "warning"


def _by_symbol(samples: Sequence[Sample], whole: float, rows: int) -> Iterator[Line]:
    weights = folding.by_symbol(samples)
    cells = [["share", "symbol", "what it is"]]
    cells += [[_share(weight, whole), symbol, _what(symbol)] for symbol, weight in list(weights.items())[:rows]]
    yield from _table(cells, right=1)
    yield from _more(len(weights) - rows, "function")
    lower = [(one, weight) for one, weight in list(weights.items())[rows:] if folding.role(one) in WAITING]
    if lower:
        yield from _table([[_share(weight, whole), one, _what(one)] for one, weight in lower[:rows]], right=1)


def _by_caller(samples: Sequence[Sample], whole: float, rows: int) -> Iterator[Line]:
    callers = folding.by_caller(samples)
    if not any(caller for _, caller in callers):
        return
    cells = [["share", "lock taken in", "by its caller"]]
    cells += [
        [_share(weight, whole), symbol, caller or "unknown"]
        for (symbol, caller), weight in list(callers.items())[:rows]
    ]
    yield from _table(cells, right=1)
    yield from _more(len(callers) - rows, "pair")


def _waits(profile: Profile, rows: int) -> Iterator[Line]:
    found = folding.waits_by_caller(profile.waits)
    cells = [["total wait", "waits", "longest", "mean", "lock", "by its caller", "locks"]]
    for one in found[:rows]:
        mean = duration(one.total_ns / one.ended) if one.ended else "-"
        times = [duration(one.total_ns), f"{one.contended:,}", duration(one.longest_ns), mean]
        cells.append([*times, one.kind, one.caller or "unknown", f"{one.locks:,}" if one.locks else "-"])
    yield from _table(cells, right=4)
    yield from _more(len(found) - rows, "pair")


def _what(symbol: str) -> str:
    family = folding.family(symbol)
    return _WORDS[family.role].format(family.lock or "lock") if family else ""


def duration(time_ns: float) -> str:
    """Return a time with three digits and its unit."""
    unit, size = next(((unit, size) for unit, size in _UNITS if time_ns >= size), _UNITS[-1])
    return f"{time_ns / size:.3g} {unit}" if time_ns < 999.5 * size else f"{time_ns / size:,.0f} {unit}"


def _share(weight: float, whole: float) -> str:
    return f"{_ALL * weight / whole:.1f} %"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"


def _more(number: int, word: str) -> Iterator[Line]:
    if number > 0:
        yield f"  and {_counted(number, f'more {word}')}", "dim"


def _table(cells: list[list[str]], right: int) -> Iterator[Line]:
    """Yield an empty line and rows, each column as wide as its widest cell, the first ones flush right."""
    yield "", ""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        made = [
            f"{cell:>{width}}" if at < right else f"{cell:<{width}}"
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(made)}".rstrip(), ""
