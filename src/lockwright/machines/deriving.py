"""Gaps filled from a named relative by a named rule; what comes of it is estimated, whatever the relative's is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.errors import LockwrightError
from lockwright.machines.number import CYCLES, Number
from lockwright.machines.reading import PROPERTIES, Draft, Wanted
from lockwright.machines.schema import ATOMIC, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockwright.machines.topology import Topology

UPDATES = ("cas", "fai", "tas", "swap")


@dataclass(slots=True)
class Resolved:
    """A draft whose relatives have been asked."""

    draft: Draft
    topology: Topology
    numbers: dict[str, Number] = field(default_factory=dict)

    @property
    def ghz(self) -> float | None:
        """The clock, where it is known."""
        found = self.numbers.get("ghz")
        return None if found is None else found.amount

    def cycles(self, name: str) -> float | None:
        """Return a number in cycles; None if it is not there, or is in nanoseconds without a clock."""
        found = self.numbers.get(name)
        if found is None or isinstance(found.value, bool | str):
            return None
        if found.unit != "ns":
            return found.amount
        return None if self.ghz is None else found.in_cycles(self.ghz).amount


def resolve(draft: Draft, ask: Callable[[str, Draft, Wanted], Resolved]) -> Resolved:
    """Return a draft with every number that its relatives give it.

    Raises:
        LockwrightError: There is no such relative, or it lacks a number that is asked for by name.
    """
    topology = draft.topology
    if topology is None:
        assert draft.topology_from is not None
        topology = ask(draft.topology_from.derive.relative, draft, draft.topology_from).topology
    result = Resolved(draft, topology, dict(draft.numbers))
    for name in sorted(draft.wanted, key=lambda one: one != "ghz"):
        wanted = draft.wanted[name]
        made = _one(result, name, wanted, ask)
        if made is None:
            raise _told(draft, wanted, f"`{name}` cannot be derived", _missing(result, name, wanted))
        result.numbers[name] = made
    for table in PROPERTIES:
        if table in draft.gaps:
            _fill_gaps(result, table, draft.gaps[table], ask)
    return result


def _fill_gaps(result: Resolved, table: str, wanted: Wanted, ask: Callable[[str, Draft, Wanted], Resolved]) -> None:
    """Take what a table lacks from a relative, as far as that has it."""
    if wanted.derive.rule == "half_hop":
        raise _told(result.draft, wanted, f"`[{table}]` cannot be derived", "`half_hop` is a rule for `hold` alone")
    relative = ask(wanted.derive.relative, result.draft, wanted)
    for name in _gaps(result, relative, table, wanted):
        made = _one(result, name, wanted, ask)
        if made is not None:
            result.numbers[name] = made


def _gaps(result: Resolved, relative: Resolved, table: str, wanted: Wanted) -> list[str]:
    """Return the numbers that a relative has and this machine lacks."""
    if table == "latency":
        return _latency_gaps(result, relative, wanted)
    names = [name for name in TABLES[table] if name in relative.numbers and name not in result.numbers]
    if any(name.startswith("read_occupancy") for name in result.numbers):
        names = [name for name in names if not name.startswith("read_occupancy")]
    return names


def _latency_gaps(result: Resolved, relative: Resolved, wanted: Wanted) -> list[str]:
    rows = dict.fromkeys(name.rpartition(".")[0] for name in relative.numbers if name.count(".") == 2)
    found = []
    for row in rows:
        operation, _, state = row.partition(".")
        for distance in result.topology.distances:
            name = f"{row}.{distance}"
            stated = f"{ATOMIC}.{state}.{distance}"
            is_there = name in result.numbers or (operation in UPDATES and stated in result.draft.numbers)
            if not is_there and f"{row}.{_over_there(wanted, distance)}" in relative.numbers:
                found.append(name)
    return found


def _over_there(wanted: Wanted, distance: str) -> str:
    return wanted.derive.distances.get(distance, distance)


def _one(result: Resolved, name: str, wanted: Wanted, ask: Callable[[str, Draft, Wanted], Resolved]) -> Number | None:
    """Return one derived number; None if something that it is made of is missing."""
    derive = wanted.derive
    if derive.rule == "half_hop":
        return _half_hop(result, name, wanted)
    relative = ask(derive.relative, result.draft, wanted)
    row, _, distance = name.rpartition(".")
    is_latency = name.count(".") == 2
    there = f"{row}.{_over_there(wanted, distance)}" if is_latency else name
    model = relative.numbers.get(there)
    if model is None:
        return None
    by = f" of {derive.by}" if derive.rule == "ratio" else ""
    made = replace(
        model,
        name=name,
        confidence="D",
        span=wanted.span,
        derived_from=f"from {derive.relative} by {derive.rule}{by}",
        why=wanted.why,
    )
    if model.unit not in {CYCLES, "ns"}:
        return made
    scale = _scale(result, relative, wanted, distance if is_latency else "")
    amount = relative.cycles(there)
    return None if scale is None or amount is None else replace(made, value=amount * scale, unit=CYCLES)


def _scale(result: Resolved, relative: Resolved, wanted: Wanted, distance: str) -> float | None:
    """Return what a relative's cycles are multiplied by."""
    match wanted.derive.rule:
        case "copy":
            return 1.0
        case "copy_ns":
            return result.ghz / relative.ghz if result.ghz and relative.ghz else None
    by = wanted.derive.by
    is_row = by.count(".") == 1 and bool(distance)
    here = result.cycles(f"{by}.{distance}" if is_row else by)
    there = relative.cycles(f"{by}.{_over_there(wanted, distance)}" if is_row else by)
    return here / there if here and there else None


def _half_hop(result: Resolved, name: str, wanted: Wanted) -> Number | None:
    """Half of what an update costs more from another package: about what `hold` was where a curve chose it."""
    topology = result.topology
    distance = topology.between()[0][topology.dies_per_package] if topology.packages > 1 else 0
    near = result.cycles(f"atomic.M.{topology.distances[0]}")
    far = result.cycles(f"atomic.M.{topology.distances[distance]}")
    if near is None or far is None:
        return None
    why = "half of what atomic.M costs more in another package"
    return Number(
        name, max(0.0, (far - near) / 2), CYCLES, "D", "estimate", "measured", why, wanted.span, "by half_hop"
    )


def _missing(result: Resolved, name: str, wanted: Wanted) -> str:
    derive = wanted.derive
    if derive.rule == "half_hop":
        return "this needs `atomic.M` at the nearest distance and at that of another package"
    if derive.rule == "ratio":
        return f"both `{result.draft.name}` and `{derive.relative}` need `{derive.by}`, and the latter `{name}`"
    clock = ", and both need a clock" if derive.rule == "copy_ns" else ""
    return f"`{derive.relative}` has no `{name}`{clock}"


def _told(draft: Draft, wanted: Wanted, title: str, label: str) -> LockwrightError:
    return LockwrightError([Diagnostic("M007", title, Label(wanted.span, label))], {draft.file: draft.text})


def circle(draft: Draft, wanted: Wanted, names: list[str]) -> LockwrightError:
    """Return the error for machines that derive from each other."""
    chain = " from ".join(f"`{one}`" for one in names)
    return _told(draft, wanted, "machines derive from each other in a circle", f"{chain}: none of them has the number")


def no_relative(draft: Draft, wanted: Wanted, name: str, cure: str) -> LockwrightError:
    """Return the error for a relative that there is not."""
    shown = Diagnostic("M007", f"there is no machine `{name}` to derive from", Label(wanted.span), helps=(cure,))
    return LockwrightError([shown], {draft.file: draft.text})
