"""Machines in a terminal: all of them in a table, or one with every number and where it comes from."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from lockwright.machines import OPERATIONS, STATES, row_of, shown, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockwright.machines import Machine, Number

Line = tuple[str, str]  # a text, and the name of its style

_MOST_DOUBTS = 3
_MOST_DIES_SHOWN = 16
_STANDINGS = ("measured", "secondary", "recalled", "estimated", "chosen")
COLUMNS = ("machine", "CPUs", "what it is", "runs", "latencies", "other numbers")


def row(machine: Machine) -> tuple[str, ...]:
    """Return the row of a machine in the table of all: the last two cells say how weak its weakest numbers are."""
    latencies = [one.number for one in machine.latencies.values() if one.number is not None]
    names = [name for table in tables().values() for name in table]
    others = [machine.numbers[name] for name in names if name in machine.numbers]
    lacks = machine.lacks
    more = f" and {len(lacks) - 2} more" if len(lacks) > 2 else ""
    runs = "yes" if not lacks else f"lacks {', '.join(lacks[:2])}{more}"
    what = machine.texts.get("what", "")
    return machine.name, str(machine.topology.cpus), what, runs, weakest(latencies), weakest(others)


def weakest(numbers: Iterable[Number]) -> str:
    """Return how far the weakest of some numbers can be trusted."""
    found = {number.standing for number in numbers}
    return next((one for one in reversed(_STANDINGS) if one in found), "-")


def page(machine: Machine, width: int) -> Iterator[Line]:
    """Yield what there is to say about one machine, each line with the name of its style."""
    yield from _head(machine, width)
    for title, lines in (
        ("distances between dies", _distances(machine)),
        ("latency in cycles", _latencies(machine)),
        *((title, _numbers(machine, names)) for title, names in tables().items()),
        ("published figures to hold a simulation against", _free(machine.anchors)),
        ("known beside, and not used", _free(machine.facts)),
        ("weak numbers that a run rests on", _wrapped(machine.weak(), width)),
        ("sources", _sources(machine, width)),
    ):
        made = list(lines)
        if made:
            yield "", ""
            yield title, "title"
            yield from ((f"  {line}".rstrip(), "") for line in made)


def costs_page(name: str, texts: Mapping[str, str], numbers: Mapping[str, Number]) -> Iterator[Line]:
    """Yield the costs of kernels and hypervisors that a file holds."""
    yield f"{name}: {texts.get('what', '')}; no machine", "title"
    yield "", ""
    cells = [[one.name, shown(one), one.standing, one.why or one.source] for one in numbers.values()]
    yield from ((f"  {line}", "") for line in _aligned(cells))


# The parts of a page.


def _head(machine: Machine, width: int) -> Iterator[Line]:
    texts, topology = machine.texts, machine.topology
    yield f"{machine.name}: {texts.get('what', '')}", "title"
    about = "; ".join(
        one for one in (texts.get("vendor", ""), texts.get("uarch", ""), texts.get("protocol", "")) if one
    )
    yield from ((line, "") for line in textwrap.wrap(about, width))
    counts = (
        (topology.packages, "package"),
        (topology.dies if topology.mesh else topology.dies_per_package, "tile" if topology.mesh else "die"),
        (topology.cores_per_die, "core"),
        (topology.threads_per_core, "thread"),
    )
    parts = " x ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in counts)
    yield f"{topology.cpus} CPUs: {parts}; lines of {topology.line_bytes} bytes", ""
    if machine.lacks:
        yield from (
            (one, "warning") for one in _wrapped([f"cannot be run: it lacks {', '.join(machine.lacks)}"], width)
        )
    for doubt in told_doubts(machine):
        yield from ((one, "warning") for one in textwrap.wrap(f"doubtful: {doubt}", width, subsequent_indent="  "))
    for note in machine.notes:
        yield from ((line, "") for line in textwrap.wrap(f"note: {note}", width, subsequent_indent="      "))


def told_doubts(machine: Machine) -> list[str]:
    """Return what is odd about a machine, the first few, and how much more there is."""
    found = machine.doubts()
    more = len(found) - _MOST_DOUBTS
    return [*found[:_MOST_DOUBTS], *([f"and {more:,} more such numbers"] if more > 0 else [])]


def _distances(machine: Machine) -> Iterator[str]:
    topology = machine.topology
    if topology.dies == 1:
        return
    yield ", ".join(f"{number} {name}" for number, name in enumerate(topology.classes))
    if topology.why:
        yield f"({topology.why})"
    if topology.dies <= _MOST_DIES_SHOWN:
        yield from _aligned([list(map(str, one)) for one in topology.between()], right=True)


def _latencies(machine: Machine) -> Iterator[str]:
    """Yield a row for each operation and state; updates that cost the same share one."""
    distances = machine.topology.distances
    cells: dict[str, list[str]] = {}
    for operation in OPERATIONS:
        for state in reversed(STATES):
            found = [machine.latencies.get((operation, state, one)) for one in distances]
            if any(found):
                values = [f"{one.cycles:.0f}" if one else "?" for one in found]
                origins = dict.fromkeys(_origin(one.number, one.rule) for one in found if one)
                key = f"{row_of(machine.resolved, operation)} {state}"
                cells.setdefault(key, [key, *values, "; ".join(origins)])
    yield from _aligned([["", *distances, ""], *cells.values()], right=True, last_left=True)


def _numbers(machine: Machine, names: Iterable[str]) -> Iterator[str]:
    found = [machine.numbers[name] for name in names if name in machine.numbers]
    yield from _aligned([[one.name, shown(one), _origin(one)] for one in found])


def _origin(number: Number | None, rule: str = "") -> str:
    """Return how far a number can be trusted, from where it is, and why."""
    if number is None:
        return f"estimated: {rule}"
    where = number.derived_from or ("" if number.source == "estimate" and number.why else number.source)
    parts = [one for one in (where, number.why) if one]
    return f"{number.standing}: {'; '.join(parts)}"


def _free(numbers: Mapping[str, Number]) -> Iterator[str]:
    yield from _aligned([[name, shown(one), _origin(one)] for name, one in numbers.items()])


def _sources(machine: Machine, width: int) -> Iterator[str]:
    every = (*machine.numbers.values(), *machine.anchors.values(), *machine.facts.values())
    used = {one.source for one in every if not one.derived_from}
    for key in sorted(used):
        yield from textwrap.wrap(f"{key}: {machine.sources[key]}", width - 2, subsequent_indent="  ")


def _wrapped(sentences: Iterable[str], width: int) -> list[str]:
    return [line for one in sentences for line in textwrap.wrap(one, width - 2, subsequent_indent="  ")]


def _aligned(rows: list[list[str]], *, right: bool = False, last_left: bool = False) -> Iterator[str]:
    """Yield rows as lines, each column as wide as its widest cell."""
    if not rows:
        return
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    for cells in rows:
        made = [
            f"{cell:>{width}}" if right and place > 0 and not (last_left and place == last) else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        yield "  ".join(made).rstrip()
