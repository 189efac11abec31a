"""Why two profiles may not be comparable, or why shares deceive in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.comparing.sides import LEFT_OUT, SIMULATED
from lockwright.profiles.comparing.tally import plain_event
from lockwright.profiles.comparing.wording import listed, percent, times
from lockwright.profiles.diagnosis.base import family, is_masked
from lockwright.profiles.symbols import UNLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.profiles.comparing.costs import Measured
    from lockwright.profiles.comparing.results import SideSummary
    from lockwright.profiles.comparing.sides import Side

_LONGER = 2.0  # times as many samples: not a recording of the same length
_FEW = 200  # samples: intervals are wide
_IDLER = 5.0  # points of idle time
_MAIN_COMMAND = 15.0  # percent of what is busy
_LITTLE = 50.0  # percent of all samples that the rows cover
_VISIBLE = 3.0  # percent of what is busy: less misleads nobody
_NAMED = 2  # functions in a sentence
_MACHINE = {
    "hostname": "hosts",
    "os release": "kernels",
    "cpudesc": "CPUs",
    "nrcpus online": "numbers of CPUs",
    "frequency_hz": "sampling frequencies",
}


def cautions(
    before: Side, after: Side, here: Measured, there: Measured, one: SideSummary, other: SideSummary
) -> tuple[str, ...]:
    """Return sentences that warn, the gravest first.

    Args:
        before: One side.
        after: The other one.
        here: What was tallied of `before`.
        there: What was tallied of `after`.
        one: What is known of `before`.
        other: What is known of `after`.
    """
    found = [*_simulated(one, other), *_other_things(one, other), *_commands(here, there)]
    if LEFT_OUT in one.facts:
        found.append(f"the text compares more than two files: the first two are told, {one.facts[LEFT_OUT]} left out")
    if here.shares or there.shares:
        found += [*_masked(here, there), *_idle(one, other), *_lengths(one, other), *_coverage(here, there, one, other)]
    is_measured = not (SIMULATED in one.facts and SIMULATED in other.facts)
    if is_measured and len(one.sources) == len(other.sources) == 1:
        found.append(
            "one run a side: two runs of one program differ as well, and that is told as a change, too; "
            "--before A B C --after D E F shows by how much"
        )
    if one.waits and other.waits and not (one.seconds and other.seconds):
        found.append("lengths of the recordings are not known: totals of waits grow with them, means do not")
    found += [
        f"{run.provenance.source} breaks off: {run.provenance.cut}"
        for side in (before, after)
        for run in side.runs
        if run.provenance.cut
    ]
    return tuple(found)


def _simulated(one: SideSummary, other: SideSummary) -> Iterator[str]:
    """Yield which side never ran."""
    machines = [side.facts.get(SIMULATED, "") for side in (one, other)]
    if machines[0] and machines[1]:
        yield f"both sides are simulated, on {listed(list(dict.fromkeys(machines)))}: no such machine was run"
    elif any(machines):
        side, ran, machine = ("before", "after", machines[0]) if machines[0] else ("after", "before", machines[1])
        yield f"{side} is simulated on {machine}, {ran} was recorded: the model's shares are no measurement"


def _other_things(one: SideSummary, other: SideSummary) -> Iterator[str]:
    """Yield what differs in how, or where, the two were recorded."""
    if plain_event(one.event) != plain_event(other.event) and one.event and other.event:
        yield f"different events: {one.event} before, {other.event} after; their shares mean different things"
    elif one.event != other.event and one.event and other.event:
        yield f"different modifiers of an event: {one.event} before, {other.event} after: one may not see the kernel"
    if one.readers != other.readers:
        yield f"different kinds of file: {listed(one.readers)} before, {listed(other.readers)} after"
    for key, what in _MACHINE.items():
        here, there = one.facts.get(key), other.facts.get(key)
        if here and there and here != there:
            yield f"different {what}: {here} before, {there} after"


def _masked(here: Measured, there: Measured) -> Iterator[str]:
    """Yield that the clock is blind with interrupts off, where rows of functions that let them in again are large."""
    events = {run.event for side in (here, there) for run in side.tallies if is_masked(run.event)}
    weights: dict[str, float] = {}
    for run in (*here.tallies, *there.tallies):
        for key, share in run.shares.items():
            if key.kind == SYMBOL and is_masked(run.event) and _lets_interrupts_in(key.name):
                weights[key.name] = max(share, weights.get(key.name, 0.0))
    rows = sorted((one for one in weights if weights[one] >= _VISIBLE), key=lambda one: -weights[one])
    if rows:
        clock = " and ".join(sorted({plain_event(one) for one in events}))
        yield (
            f"{clock} is an interrupt itself: what runs or waits with interrupts off is put down to where they come "
            f"on again, to {listed(rows[:_NAMED])}; these rows are no time of unlocking"
        )


def _lets_interrupts_in(symbol: str) -> bool:
    found = family(symbol)
    return found is not None and found.role == UNLOCK and found.lock in {"spinlock", "rwlock"} and "irq" in symbol


def _commands(here: Measured, there: Measured) -> Iterator[str]:
    """Yield the main command of a side that the other one has not."""
    first, second = _commands_of(here), _commands_of(there)
    parts = []
    for side, other, name in ((first, second, "before"), (second, first, "after")):
        missing = [
            one for one, share in side.items() if one and share >= _MAIN_COMMAND and one not in other and any(other)
        ]
        if missing:
            parts.append(f"{listed(missing)} ran {name} only")
    if parts:
        yield f"different commands: {', '.join(parts)}"


def _commands_of(side: Measured) -> dict[str, float]:
    found: dict[str, float] = {}
    for run in side.tallies:
        for command, share in run.commands.items():
            found[command] = max(share, found.get(command, 0.0))
    return found


def _idle(one: SideSummary, other: SideSummary) -> Iterator[str]:
    grown = other.idle - one.idle
    if abs(grown) < _IDLER:
        return
    verb = "grew" if grown > 0 else "shrank"
    why = (
        "CPUs wait for something that is no CPU: less work, sleep in place of spinning, or a device"
        if grown > 0
        else "more work is done, or what slept spins now"
    )
    yield f"idle time {verb} from {percent(one.idle)} to {percent(other.idle)}, and is in no share below; {why}"


def _lengths(one: SideSummary, other: SideSummary) -> Iterator[str]:
    has_rates = (one.work and other.work) or (one.seconds and other.seconds)
    if one.samples and other.samples:
        ratio = max(one.samples, other.samples) / min(one.samples, other.samples)
        larger = "before" if one.samples > other.samples else "after"
        few = [name for name, some in (("before", one), ("after", other)) if some.samples < _FEW]
        if few:
            yield f"few samples {' and '.join(few)}: {one.samples:,} before, {other.samples:,} after"
        if ratio >= _LONGER and not has_rates:
            yield (
                f"{times(ratio)} times as many samples {larger}, of runs whose lengths are not known: "
                "shares can be compared, numbers of samples cannot"
            )
    if not has_rates:
        yield (
            "shares alone do not say whether it became faster: --before-work N --after-work N (operations done), "
            "and --before-seconds, --after-seconds tell"
        )


def _coverage(here: Measured, there: Measured, one: SideSummary, other: SideSummary) -> Iterator[str]:
    floors = [max((run.floor for run in side.tallies), default=0.0) for side in (here, there)]
    parts = [
        f"{percent(side.covered)} {name} (others are below {percent(floor)} each)"
        for side, name, floor in zip((one, other), ("before", "after"), floors, strict=True)
        if floor > 0
    ]
    if parts:
        grave = "much is not listed" if min(one.covered, other.covered) < _LITTLE else "not all is listed"
        yield f"{grave}: the rows cover {', '.join(parts)}"
