"""A simulation as data for other tools: JSON with flat records, CSV of the points."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lockwright.points import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.points import Fall, Point, SimulationResult

_FIELDS = (
    "throughput_per_s", "throughput_per_s_low", "throughput_per_s_high", "jain", "longest_bypass", "handoff_ns",
    "latency_ns_p50", "latency_ns_p99", "latency_ns_max", "simulated_ops", "acquisitions", "host_seconds",
)  # fmt: skip


def simulation_json(result: SimulationResult, command: str = "simulate") -> dict[str, Any]:
    """Return a simulation as what `json` can write; what was not measured is null."""
    return {
        "schema": SCHEMA,
        "command": command,
        "machine": result.machine,
        "title": result.title,
        "params": result.params,
        "seeds": list(result.seeds),
        "faults": [{"sentence": one} for one in result.faults],
        "warnings": result.warnings,
        "interrupted": result.is_interrupted,
        "points": [_point(point) for point in result.points],
        "branches": list(_branches(result)),
        "limits": [_key(one) | {"limits": one.limits} | _split(one) for one in result.points],
        "profiles": [_key(one) | asdict(row) for one in result.points for row in one.profile],
        "handoff_distances": list(_distances(result)),
        "runs": [_key(one) | _run(run) for one in result.points for run in one.runs],
        "collapses": result.collapses,
        "falls": [_fall(one) for one in result.falls],
        "moved_falls": [asdict(one) for one in result.moved_falls],
        "weak": result.weak,
        "sensitivity": None if result.sensitivity is None else list(_sensitivity(result)),
        "seconds": round(result.seconds, 3),
    }


def simulation_csv(result: SimulationResult) -> str:
    """Return the points as CSV: a column for each field, one for each parameter; what was not measured is empty."""
    rows = flat_points(result)
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def flat_points(result: SimulationResult) -> list[dict[str, Any]]:
    """Return the points as rows of plain values, with the machine and a column for each parameter."""
    return [
        {"lock": point.lock, "cpus": point.cpus, "machine": point.machine} | point.params | _figures(point)
        for point in result.points
    ]


def distances(point: Point) -> dict[str, int]:
    """Return how many hand-offs went how far, over all seeds."""
    total: dict[str, int] = {}
    for run in point.runs:
        for name, count in run.handoff_distance.items():
            total[name] = total.get(name, 0) + count
    return total


def _point(point: Point) -> dict[str, Any]:
    record = {"lock": point.lock, "cpus": point.cpus, "params": {"machine": point.machine, **point.params}}
    return record | _figures(point)


def _figures(point: Point) -> dict[str, Any]:
    """Return what was measured; of one seed there is no interval."""
    unknown = ("throughput_per_s_low", "throughput_per_s_high") if len(point.runs) < 2 else ()
    return {name: None if name in unknown else _known(getattr(point, name)) for name in _FIELDS}


def _key(point: Point) -> dict[str, Any]:
    return {"lock": point.lock, "cpus": point.cpus}


def _split(point: Point) -> dict[str, Any]:
    if point.split is None:
        return {"cycles": None}
    return {"cycles": {name: round(value, 3) for name, value in asdict(point.split).items()}}


def _branches(result: SimulationResult) -> Iterator[dict[str, Any]]:
    for point in result.points:
        if len(point.branches) > 1:
            yield from (_key(point) | {"throughput_per_s": value, "seeds": seeds} for value, seeds in point.branches)


def _distances(result: SimulationResult) -> Iterator[dict[str, Any]]:
    for point in result.points:
        for name, count in distances(point).items():
            yield _key(point) | {"distance": name, "handoffs": count}


def _fall(fall: Fall) -> dict[str, Any]:
    record = asdict(fall)
    if fall.sustained is not None:
        record["sustained"]["least_cpus"] = fall.sustained.least_cpus
    return record


def _run(run: Any) -> dict[str, Any]:
    record = {name: _known(value) for name, value in asdict(run).items()}
    del record["profile"], record["stacks"], record["handoff_distance"]
    return record


def _sensitivity(result: SimulationResult) -> Iterator[dict[str, Any]]:
    for name, low, high in result.sensitivity or ():
        yield {"number": name, "change_at_80_percent": low, "change_at_125_percent": high}


def _known(value: Any) -> Any:
    return None if _is_nan(value) else value


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
