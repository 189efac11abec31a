"""Machines as JSON: one flat record for each machine, number and latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockwright.machines import row_of
from lockwright.report.machines import row
from lockwright.results import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockwright.machines import Machine, Number


def listing_json(machines: Iterable[Machine], costs: Iterable[str]) -> dict[str, Any]:
    """Return all machines, and the names of the files that hold costs of kernels."""
    return _result({}, {"machines": [_summary(one) for one in machines], "costs": list(costs)})


def machine_json(machine: Machine) -> dict[str, Any]:
    """Return one machine with everything that is known of it; `numbers` has what is stated or derived."""
    topology = machine.topology
    return _result(
        {"name": machine.name},
        {
            "machines": [_summary(machine)],
            **{key: machine.texts.get(key, "") for key in ("vendor", "uarch", "protocol")},
            "notes": machine.notes,
            "topology": {
                "packages": topology.packages,
                "dies": topology.dies,
                "cores_per_die": topology.cores_per_die,
                "threads_per_core": topology.threads_per_core,
                "line_bytes": topology.line_bytes,
                "distances": topology.classes,
                "between": topology.between(),
            },
            "latencies": _latencies(machine),
            "numbers": _numbers(machine.numbers),
            "anchors": _numbers(machine.anchors),
            "facts": _numbers(machine.facts),
            "weak": machine.weak(),
            "sources": dict(machine.sources),
        },
    )


def costs_json(name: str, numbers: Mapping[str, Number]) -> dict[str, Any]:
    """Return the costs of kernels and hypervisors that a file holds."""
    return _result({"name": name}, {"facts": _numbers(numbers)})


def _result(params: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    return {"schema": SCHEMA, "command": "machines", "params": params, "seeds": [], "warnings": [], **content}


def _summary(machine: Machine) -> dict[str, Any]:
    cells = row(machine)
    return {
        "name": machine.name,
        "cpus": machine.topology.cpus,
        "what": machine.texts.get("what", ""),
        "is_runnable": machine.is_runnable,
        "lacks": machine.lacks,
        "weakest_latency": cells[-2],
        "weakest_other": cells[-1],
    }


def _numbers(numbers: Mapping[str, Number]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "value": one.value,
            "unit": one.unit,
            "confidence": one.confidence,
            "standing": one.standing,
            "source": one.source,
            "origin": one.origin,
            "why": one.why,
            "derived": one.derived_from,
        }
        for name, one in numbers.items()
    ]


def _latencies(machine: Machine) -> list[dict[str, Any]]:
    """Return a record for each operation, state and distance at which latencies are stated."""
    return [
        {
            "operation": operation,
            "state": state,
            "distance": distance,
            "cycles": round(one.cycles, 3),
            "row": f"{row_of(machine.resolved, operation)}.{state}",
            "standing": one.number.standing if one.number else "estimated",
            "source": one.number.source if one.number else "estimate",
            "derived": one.number.derived_from if one.number else one.rule,
        }
        for (operation, state, distance), one in machine.latencies.items()
    ]
