"""Numbers of a machine that nobody measured: what they mean, which of them decide, and in which order to tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.results import listed

if TYPE_CHECKING:
    from lockwright.points import SimulationResult

TELLING = 0.01  # a change of throughput that is worth a line

_MEANINGS = {
    "min_transfer": "the least that moving a line between caches takes",
    "read_occupancy": "for how long a load that misses keeps its line busy",
    "read_occupancy_share": "for which part of its time a load that misses keeps its line busy",
    "hold": "for how long a line stays on a die before another die gets it",
    "retention": "for how long, at most, a core keeps a line that others ask for",
    "load_hit": "a load from the core's own cache",
    "store_hit": "a store, which the store buffer takes",
    "update_hit": "an atomic update of a line that the core has alone",
    "instruction": "a simple instruction",
    "pause": "a `pause`",
    "fence": "a full fence",
    "mispredict": "a branch predicted wrongly",
    "smt_slowdown": "how much slower a thread is while the core's other one runs",
}
_OPERATIONS = {"load": "a load", "store": "a store", "atomic": "an atomic update"}


def meaning(name: str) -> str:
    """Return in words what a number of a machine is; empty if its name says it."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    operation, *where = name.split(".")
    if len(where) != 2:
        return ""
    what = _OPERATIONS.get(operation, f"`{operation}`")
    return f"{what} that finds its line in state {where[0]}, {where[1].replace('_', ' ')} away"


def telling(result: SimulationResult) -> list[tuple[str, float, float]]:
    """Return the rows of the sensitivity that change the throughput by one per cent or more, the largest first."""
    return [row for row in result.sensitivity or () if any(abs(one) >= TELLING for one in row[1:])]


def weak_first(result: SimulationResult) -> list[str]:
    """Return the weak numbers: those first that were found to decide, then those that a curve chose."""
    decisive = [row[0].partition(",")[0] for row in telling(result)]

    def rank(sentence: str) -> tuple[int, bool]:
        places = [place for place, name in enumerate(decisive) if f"{name} = " in sentence]
        return min(places, default=len(decisive)), "(chosen" not in sentence

    return sorted(result.weak, key=rank)


def asked_of(result: SimulationResult) -> str:
    """Return of what and on how many CPUs the sensitivity tells."""
    most = max(point.cpus for point in result.points)
    names = list(dict.fromkeys(point.named for point in result.points))
    whose = f"of {names[0]} " if len(names) == 1 else ""
    return f"throughput {whose}at {most} CPU{'s' if most != 1 else ''}"


def moved(result: SimulationResult, row: str, factor_place: int) -> str:
    """Return where a lock falls with a number at the smaller (0) or larger (1) of its values; empty if unknown."""
    name, _, lock = row.partition(", ")
    found = [one for one in result.moved_falls if one.number == name and lock in ("", one.lock)]
    factors = sorted({one.factor for one in result.moved_falls})
    here = [one for one in found if factors.index(one.factor) == factor_place]
    if not here:
        return ""
    one = here[0]
    if one.counts is None:
        return f"not from {one.looked_at[0]} to {one.looked_at[1]}"
    return f"{one.counts[0]} to {one.counts[1]}"


def unmoved(result: SimulationResult) -> str:
    """Return where the locks fall on the machine as it is, in a sentence; empty where none falls."""
    falls = [f"{result.named(one.lock)} falls from {one.before} to {one.there} CPUs" for one in result.falls]
    return f"As it is, {listed(falls)}." if falls and result.moved_falls else ""
