"""Which weak numbers a run rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockwright.machines.latencies import row_of
from lockwright.machines.number import Number, shown
from lockwright.machines.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockwright.machines.machine import Machine


def weak(machine: Machine) -> tuple[str, ...]:
    """Return the numbers of confidence C or D, and those that a curve chose, that are used, each as a sentence."""
    return (*_hops(machine), *_properties(machine), *_latencies(machine), *_filled(machine))


def _hops(machine: Machine) -> Iterator[str]:
    topology = machine.topology
    if topology.dies > 1 and topology.confidence in "CD":
        word = {"C": "recalled", "D": "estimated"}[topology.confidence]
        reason = topology.why or machine.sources.get(topology.source, "no source")
        yield f"the distances between {topology.dies} dies ({word}: {reason})"


def _properties(machine: Machine) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[Number]] = {}
    for title, table in TABLES.items():
        for name in table:
            number = machine.numbers.get(name)
            if number is not None and number.is_weak:
                reason = machine.reason(number)
                alone = name if number.why and not number.derived_from else ""
                groups.setdefault((title, number.standing, reason + alone), []).append(number)
    for (_, standing, _), numbers in groups.items():
        listed = ", ".join(f"{one.name} = {shown(one)}" for one in numbers)
        yield f"{listed} ({standing}: {machine.reason(numbers[0])})"


def _latencies(machine: Machine) -> Iterator[str]:
    """Yield a sentence for all latencies that are weak for the same reason."""
    used = {one.number.name: one.number for one in machine.latencies.values() if one.number and one.number.is_weak}
    groups: dict[tuple[str, str], list[Number]] = {}
    for number in used.values():
        groups.setdefault((number.standing, machine.reason(number)), []).append(number)
    for (standing, reason), numbers in groups.items():
        if len(numbers) == 1:
            yield f"{numbers[0].name} = {shown(numbers[0])} ({standing}: {reason})"
            continue
        rows = dict.fromkeys(one.name.rpartition(".")[0] for one in numbers)
        yield f"{len(numbers)} latencies of {', '.join(rows)} ({standing}: {reason})"


def _filled(machine: Machine) -> Iterator[str]:
    """Yield a sentence for each rule that filled rows."""
    rules: dict[str, list[str]] = {}
    for (operation, state, _), latency in machine.latencies.items():
        if latency.rule:
            rules.setdefault(latency.rule, []).append(f"{row_of(machine.resolved, operation)}.{state}")
    for rule, rows in rules.items():
        yield f"{', '.join(dict.fromkeys(rows))} (estimated: {rule})"
    if machine.topology.mesh:
        yield "latencies between one hop and the longest way (estimated: each hop costs the same)"
