"""The tables of a profile as cells, and what was read in words: a terminal and a page show the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.choosing import CHOSEN, CHOSEN_SHARE, LEFT_OUT, commands_of
from lockwright.profiles.diagnosis.evidence import meaning_of
from lockwright.profiles.diagnosis.groups import by_caller, wait_groups
from lockwright.profiles.diagnosis.hot import PROFILER, of_kernel, suggests
from lockwright.profiles.diagnosis.words import duration
from lockwright.profiles.standing import MOMENTS
from lockwright.profiles.symbols import IDLE, WAITING
from lockwright.report import shared_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockwright.profiles import Profile, Sample

ALL = 100.0  # percent
_BUSY_PERCENT = 10.0  # of busy time that a command has to be told of
_LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts.

    Args:
        cells: The head, then the rows; without a head if `has_head` is false.
        right: How many columns, from the left, are flush right.
        more: How many rows were left out.
        word: What such a row is.
        has_head: Whether the first row names the columns.
    """

    cells: list[list[str]]
    right: int
    more: int = 0
    word: str = ""
    has_head: bool = True


def tables(profile: Profile, samples: Sequence[Sample], rows: int) -> Iterator[Table]:
    """Yield the tables of a profile.

    Args:
        profile: What was read.
        samples: Those of the event that is looked at.
        rows: The most rows of each.
    """
    if samples:
        whole = whole_of(profile, samples)
        yield from _by_symbol(samples, whole, rows)
        yield from _by_caller(samples, whole, rows)
    if profile.waits and MOMENTS in profile.facts:
        yield _standing(profile, rows)
    elif profile.waits:
        yield _waits(profile, rows)
    if profile.shared_lines:
        cells = shared_lines.cells(profile.shared_lines, rows)
        yield Table(cells, 4, len(profile.shared_lines) - rows, "cache line")


def about(profile: Profile, events: Mapping[str, tuple[Sample, ...]]) -> Iterator[str]:
    """Yield what was read, how much it covers, and what is missing, a line each."""
    origin = profile.provenance
    parts = [f"{origin.source}: read as {origin.reader}", counted(origin.lines, "line")]
    if not origin.lines:
        parts = [f"{origin.source}: a {origin.reader}"]
    samples = next(iter(events.values()), ())
    count = sum(one.count for one in samples)
    if count:
        parts.append(_seen(profile, count))
    if profile.unit == "percent":
        parts.append(f"rows that cover {sum(one.weight for one in samples):.1f} %")
    if profile.samples:
        parts.append("with call graphs" if profile.has_stacks else "no call graph")
    if profile.waits:
        parts.append(counted(sum(one.contended for one in profile.waits), "wait"))
    if "time resolution" in profile.facts:
        parts.append(f"times to {profile.facts['time resolution']}")
    yield ", ".join(parts)
    if "read through" in profile.facts:
        yield f"made text by `{profile.facts['read through']}`"
    if "perf said" in profile.facts:
        yield f"perf said: {profile.facts['perf said']}"
    if len(events) > 1:
        first, *others = (event or "an event without a name" for event in events)
        yield f"of {first}; also recorded: {', '.join(others)}"
    idle = ALL * folding.by_role(samples).get(IDLE, 0.0) / whole_of(profile, samples)
    if idle:
        yield f"{idle:.1f} % of it idle: what is busy is {ALL - idle:.1f} %"
    yield from _commands(profile)
    for key in ("waits without an end", "ends without a wait", "asleep for work"):
        if key in profile.facts:
            yield f"{key}: {profile.facts[key]}"
    if origin.skipped:
        yield f"{counted(origin.skipped, 'line')} passed over, the first is {origin.first_skipped}"
    if origin.undone:
        yield f"taken off the text: {', '.join(origin.undone)}"
    if origin.guessed:
        yield f"read {', '.join(origin.guessed)}"


def _commands(profile: Profile) -> Iterator[str]:
    """Yield whose samples these are, where others were recorded, too."""
    facts = profile.facts
    if CHOSEN in facts:
        what = "busy time" if profile.samples else "the waiting"
        part = f"{facts[CHOSEN]} alone: {facts[CHOSEN_SHARE]} of everybody's {what}, and all shares are of that"
        yield f"{part}; left out: {facts[LEFT_OUT]}" if LEFT_OUT in facts else part
        return
    shares = commands_of(profile) if profile.samples and MOMENTS not in facts else {}
    busy = [f"{name} {share:.1f} %" for name, share in shares.items() if share >= _BUSY_PERCENT]
    if len(busy) > 1:
        more = f", {len(shares) - len(busy)} more" if len(shares) > len(busy) else ""
        yield f"commands: {', '.join(busy)}{more}; `--command NAME` takes one alone"


def _seen(profile: Profile, count: int) -> str:
    """Return how many samples there are, or how many tasks at how many moments."""
    moments = profile.facts.get(MOMENTS, "")
    if not moments.isdecimal():
        return counted(count, "sample")
    word = profile.samples[0].event.removesuffix("s") if profile.samples else "task"
    return counted(count, word) + (f" in {moments} looks" if moments != "1" else "")


def whole_of(profile: Profile, samples: Sequence[Sample]) -> float:
    """Return what 100 % is: the shares of a table are of more than its rows."""
    weight = sum(one.weight for one in samples)
    return max(ALL, weight) if profile.unit == "percent" else weight or 1.0


def meaning(symbol: str, *, is_kernel: bool = False) -> str:
    """Return what a function is, in words: by the table of symbols, or what its name suggests; empty if neither."""
    return meaning_of(symbol, is_kernel=is_kernel)[0]


def quantity(value: float) -> str:
    """Return a number with all of its digits if they are few, with three otherwise."""
    size, word = next(((size, word) for size, word in _LARGE if value >= size), (1.0, ""))
    if word:
        return f"{value / size:.3g} {word}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def counted(number: int, word: str) -> str:
    """Return a number with its word: `1 line`, `2 lines`."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def share(weight: float, whole: float) -> str:
    """Return a share in percent, with one digit behind the point."""
    return f"{ALL * weight / whole:.1f} %"


def _by_symbol(samples: Sequence[Sample], whole: float, rows: int) -> Iterator[Table]:
    weights = list(folding.by_symbol(samples).items())
    cells = [["share", "symbol", "what it is"]]
    kernel = of_kernel(samples)
    cells += [
        [share(weight, whole), symbol, meaning(symbol, is_kernel=symbol in kernel)] for symbol, weight in weights[:rows]
    ]
    yield Table(cells, 1, len(weights) - rows, "function")
    lower = [(one, weight) for one, weight in weights[rows:] if folding.role(one) in WAITING]
    if lower:
        yield Table([[share(weight, whole), one, meaning(one)] for one, weight in lower[:rows]], 1, has_head=False)


def _by_caller(samples: Sequence[Sample], whole: float, rows: int) -> Iterator[Table]:
    callers = by_caller(samples)
    if not any(caller for _, caller in callers):
        return
    cells = [["share", "lock taken in", "by its caller"]]
    cells += [
        [share(weight, whole), symbol, caller or "unknown"] for (symbol, caller), weight in list(callers.items())[:rows]
    ]
    yield Table(cells, 1, len(callers) - rows, "pair")


def _standing(profile: Profile, rows: int) -> Table:
    """Return which locks were wanted at the moments that were looked at, by how many, and who had them."""
    found = sorted(wait_groups(profile.waits), key=lambda one: -sum(wait.contended for wait, _ in one.waits))
    cells = [["waiting", "longest", "lock", "which", "by its caller", "held by"]]
    for one in found[:rows]:
        number = f"{sum(wait.contended for wait, _ in one.waits):,}"
        longest_ns = max(wait.longest_ns for wait, _ in one.waits)
        longest = duration(longest_ns) if longest_ns else "-"
        caller = next((who for who, _ in one.by_caller() if who), "-")
        owner = next((wait.owner for wait, _ in one.waits if wait.owner), "-")
        cells.append([number, longest, one.kind, one.lock or "-", caller, owner])
    return Table(_without_empty(cells), 1, len(found) - rows, "lock")


def _without_empty(cells: list[list[str]]) -> list[list[str]]:
    """Return a table without the columns that say nothing."""
    kept = [at for at in range(len(cells[0])) if any(row[at] != "-" for row in cells[1:])]
    return [[row[at] for at in kept] for row in cells]


def _waits(profile: Profile, rows: int) -> Table:
    found = folding.waits_by_caller(profile.waits)
    whose = "by its caller" if any(one.caller for one in found) else "which" if found[0].name else "by its caller"
    cells = [["total wait", "waits", "longest", "mean", "lock", whose, "locks"]]
    for one in found[:rows]:
        mean = duration(one.total_ns / one.ended) if one.ended else "-"
        times = [duration(one.total_ns), f"{one.contended:,}", duration(one.longest_ns), mean]
        who = one.caller or one.name or "unknown"
        who += " (the profiler's own)" if suggests(one.caller) == PROFILER else ""
        cells.append([*times, one.kind, who, f"{one.locks:,}" if one.locks else "-"])
    return Table(cells, 4, len(found) - rows, "pair")
