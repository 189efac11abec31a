"""A simulation in a terminal: throughput of each lock side by side, what limits one, where it collapses."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from lockwright.report.console import WIDTH, print_lines, terminal
from lockwright.report.simulation_fall import in_a_line
from lockwright.report.simulation_numbers import asked_of, moved, telling, weak_first
from lockwright.results import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from lockwright.points import Point, SimulationResult

BAR = "▇"
_BAR_WIDTH = 8
_SCALES = ((1e6, "M/s"), (1e3, "k/s"), (1.0, "/s"))
_MOST_WEAK = 3
_MOST_DECISIVE = 8
_NARROWEST_LIMITS = 24  # columns; with less room, what limits the lock stands below the table


def print_simulation(result: SimulationResult, console: Console | None = None) -> None:
    """Print a simulation; by default to the terminal, without colour when it is none."""
    console = console or terminal()
    width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    print_lines(styled_lines(result, width), console)


def simulation_text(result: SimulationResult, width: int = WIDTH) -> str:
    """Return a simulation as plain text."""
    return "\n".join(text for text, _ in styled_lines(result, width)) + "\n"


def styled_lines(result: SimulationResult, width: int = WIDTH) -> Iterator[tuple[str, str]]:
    """Yield the lines of a simulation, each with the name of its style."""
    yield from ((line, "title") for line in _wrapped("", heading(result), width))
    yield "", ""
    if not result.points:
        yield "nothing was finished", "warning"
        return
    for text in result.faults:
        yield from ((line, "fault") for line in _wrapped("fault: ", text, width))
    if result.faults:
        yield "", ""
    yield from _tables(result, width)
    for text in whole_runs(result):
        yield from ((line, "") for line in _wrapped("", text, width))
    for sentence in result.collapses:
        yield from ((line, "fault") for line in _wrapped("collapse: ", sentence, width))
    for text in filter(None, (in_a_line(one, result) for one in result.falls)):
        yield from ((line, "") for line in _wrapped("why there: ", text, width))
    yield from ((line, "") for line in _sensitivity(result, width))
    yield from ((line, "dim") for line in _weak(result, width))
    yield from ((line, "warning") for text in result.warnings for line in _wrapped("warning: ", text, width))
    runs = counted(sum(len(point.runs) for point in result.points), "run")
    yield f"{f'{runs} {result.seconds:>6.1f} s':>{width}}", "dim"


def heading(result: SimulationResult) -> str:
    """Return what was simulated, in a line."""
    return ", ".join((result.machine, result.title, *result.settings))


def locks_of(result: SimulationResult) -> list[str]:
    """Return the locks, in the order in which they were named."""
    return list(dict.fromkeys(point.lock for point in result.points))


def scale(result: SimulationResult) -> tuple[float, str]:
    """Return by what to divide throughputs, and the unit that gives."""
    most = max(point.throughput_per_s for point in result.points)
    return next(((by, unit) for by, unit in _SCALES if most >= by), _SCALES[-1])


def begun(text: str) -> str:
    """Return what begins with the name of a lock as the begin of a sentence: `mylock.py` stays as it is."""
    return text[:1].upper() + text[1:] if text.startswith("the ") else text


def amount(value: float) -> str:
    """Return a number with three digits that count."""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.{_digits(value)}f}"


def _digits(value: float) -> int:
    """Return how many digits behind the point a number needs."""
    return next((digits for digits, least in enumerate((100, 10, 0.1)) if abs(value) >= least), 3)


def throughput(point: Point, by: float) -> str:
    """Return the throughput of a point with its interval, or its branches with the number of seeds in each."""
    if len(point.branches) > 1:
        return " or ".join(f"{amount(value / by)} (x{seeds})" for value, seeds in point.branches)
    half = (point.throughput_per_s_high - point.throughput_per_s_low) / 2 / by
    value = point.throughput_per_s / by
    return amount(value) if len(point.runs) < 2 else f"{amount(value)} ± {half:,.{_digits(value)}f}"


def whole_runs(result: SimulationResult) -> Iterator[str]:
    """Yield how long programs took that end by themselves."""
    for lock in locks_of(result):
        points = [one for one in result.points if one.lock == lock and one.run_ns is not None]
        if points:
            times = listed([_taken(one) for one in points])
            yield f"{lock} ends by itself, so a run is all of it and each thread one round: it takes {times}"


def _taken(point: Point) -> str:
    assert point.run_ns is not None
    mean, low, high = (value * 1e-3 for value in point.run_ns)
    some = f"{amount(mean)} us" if len(point.runs) < 2 else f"{amount(mean)} us ({amount(low)} to {amount(high)})"
    return f"{some} on {counted(point.cpus, 'CPU')}"


def focus(result: SimulationResult) -> str:
    """Return the lock whose limits are told beside the table: the first that collapses, or the first."""
    locks = locks_of(result)
    fallen = (lock for lock in locks for text in result.collapses if text.startswith(f"{result.named(lock)} "))
    return next(fallen, locks[0])


# The table.


def _tables(result: SimulationResult, width: int) -> Iterator[tuple[str, str]]:
    """Yield the table, cut into several where the locks do not fit side by side."""
    by, unit = scale(result)
    most = max(point.throughput_per_s for point in result.points)
    cells = {(one.lock, one.cpus): _cell(one, by, most) for one in result.points}
    left, told, beside = locks_of(result), focus(result), ""
    while left:
        taken = _fitting(left, cells, unit, width)
        left = left[len(taken) :]
        room = width - 5 - sum(_column(lock, cells, unit) for lock in taken)
        if told in taken and room >= _NARROWEST_LIMITS:
            beside = told
        yield from _table(result, taken, cells, unit, beside if beside in taken else "", room)
        yield "", ""
    yield from _limits_below(result, beside, width)


def _fitting(locks: Sequence[str], cells: dict[tuple[str, int], str], unit: str, width: int) -> list[str]:
    taken, used = [locks[0]], 5 + _column(locks[0], cells, unit)
    for lock in locks[1:]:
        used += _column(lock, cells, unit)
        if used > width:
            break
        taken.append(lock)
    return taken


def _column(lock: str, cells: dict[tuple[str, int], str], unit: str) -> int:
    return 3 + max(len(f"{lock}  {unit}"), *(len(cell) for (one, _), cell in cells.items() if one == lock))


def _table(
    result: SimulationResult,
    locks: Sequence[str],
    cells: dict[tuple[str, int], str],
    unit: str,
    told: str,
    room: int,
) -> Iterator[tuple[str, str]]:
    """Yield one table, with what limits the lock `told` in the columns that are left; an empty name: of none."""
    columns = {lock: _column(lock, cells, unit) for lock in locks}
    heads = "".join(f"{f'{lock}  {unit}':<{columns[lock]}}" for lock in locks)
    title = f"what limits {result.named(told)}" if told else ""
    yield f" cpus   {heads}{title}".rstrip(), "dim"
    before = ""
    for cpus in sorted({point.cpus for point in result.points}):
        line = f"{cpus:>5}   " + "".join(f"{cells.get((lock, cpus), '-'):<{columns[lock]}}" for lock in locks)
        text = next((one.limits for one in result.points if (one.lock, one.cpus) == (told, cpus)), "")
        parts = textwrap.wrap(text if text != before else "", room - 3) if told else []
        before = text
        for number, part in enumerate(parts or [""]):
            yield f"{line if number == 0 else ' ' * (8 + sum(columns.values()))}{part}".rstrip(), ""


def _cell(point: Point, by: float, most: float) -> str:
    shown = throughput(point, by)
    return f"{shown:<12} {BAR * round(_BAR_WIDTH * point.throughput_per_s / most) if most else ''}".rstrip()


def _limits_below(result: SimulationResult, beside: str, width: int) -> Iterator[tuple[str, str]]:
    """Yield of each lock what limits it on the most CPUs, but for the one of which that stands beside the table."""
    for lock in locks_of(result):
        last = max((one for one in result.points if one.lock == lock), key=lambda one: one.cpus)
        if lock != beside and last.limits:
            yield from ((line, "") for line in _wrapped(f"{lock} at {last.cpus}: ", last.limits, width))


def _weak(result: SimulationResult, width: int) -> list[str]:
    """Return the weakest numbers of the machine, those that a curve chose first, and how many more there are."""
    ordered = weak_first(result)
    shown, more = ordered[:_MOST_WEAK], len(ordered) - _MOST_WEAK
    rest = [f"and {more} more: `lockwright machines show {result.machine}`"] if more > 0 else []
    return _wrapped("rests on: ", "; ".join([*shown, *rest]), width) if shown else []


def _sensitivity(result: SimulationResult, width: int) -> list[str]:
    if result.sensitivity is None:
        return []
    if not result.sensitivity:
        return ["sensitivity: no number of this machine is weak"]
    decisive = telling(result)[:_MOST_DECISIVE]
    lines = _wrapped("sensitivity: ", f"{asked_of(result)} with a weak number at 80 % and at 125 % of it", width)
    longest = min(width - 24, max((len(name) for name, _, _ in decisive), default=0))
    for name, low, high in decisive:
        lines.append(f"  {name:<{longest}}  {change(low):>8} {change(high):>8}")
        falls = [moved(result, name, place) for place in (0, 1)]
        if any(falls):
            shown = " ".join(f"{one or '-':>8}" for one in falls)
            lines.append(f"{' ' * (longest + 4)}{shown} CPUs: where it falls"[:width])
    others = len(result.sensitivity) - len(decisive)
    return [*lines, f"  {others} {'others' if decisive else 'numbers'} change it less"] if others else lines


def change(value: float) -> str:
    """Return a change in per cent; a dash where there is none to tell."""
    return f"{value:+.1%}" if math.isfinite(value) else "-"


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head)) or [head]


# For Python.


def rich_table(result: SimulationResult) -> Table:
    """Return the points as a table of rich."""
    from rich import box
    from rich.table import Table

    by, unit = scale(result) if result.points else _SCALES[-1]
    table = Table(title=heading(result), box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("cpus", justify="right")
    for name in ("lock", unit, "fairness", "p50 ns", "p99 ns", "hand-off ns", "what limits it"):
        table.add_column(name, justify="left" if name in ("lock", "what limits it") else "right")
    for point in sorted(result.points, key=lambda one: (one.cpus, locks_of(result).index(one.lock))):
        table.add_row(
            str(point.cpus),
            point.lock,
            throughput(point, by),
            f"{point.jain:.2f}",
            amount(point.latency_ns_p50),
            amount(point.latency_ns_p99),
            amount(point.handoff_ns),
            point.limits,
        )
    return table
