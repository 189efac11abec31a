"""A machine with all its numbers, and whether it can be run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.diagnostics.span import NOWHERE
from lockwright.machines.latencies import Table, fill, whole
from lockwright.machines.model import CacheLevel, MachineModel
from lockwright.machines.number import Number, Value, plain
from lockwright.machines.schema import LATENCY, LEVELS, TABLES, Kind, latency_rows
from lockwright.machines.toml import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockwright.machines.deriving import Resolved
    from lockwright.machines.topology import Topology

_SET = "set for this run"


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a machine.

    Args:
        resolved: Its numbers, its relatives' among them.
        sources: What each source id stands for.
        anchors: Published figures to hold a simulation against; no property of the machine.
        facts: What is known beside, and not used.
    """

    resolved: Resolved
    sources: Mapping[str, str]
    anchors: Mapping[str, Number]
    facts: Mapping[str, Number]
    _table: Table = field(init=False, repr=False)
    _missing: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table, missing = fill(self.resolved)
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_missing", tuple(missing))

    @property
    def name(self) -> str:
        """The short name."""
        return self.resolved.draft.name

    @property
    def texts(self) -> Mapping[str, str]:
        """`what`, `vendor`, `uarch` and `protocol`, as far as they are stated."""
        return self.resolved.draft.texts

    @property
    def text(self) -> str:
        """Its file."""
        return self.resolved.draft.text

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the machine and its file."""
        return self.resolved.draft.notes

    @property
    def topology(self) -> Topology:
        """Where its CPUs are."""
        return self.resolved.topology

    @property
    def numbers(self) -> Mapping[str, Number]:
        """Every property by name, stated or derived; rules fill the rest of the latency table."""
        return self.resolved.numbers

    @property
    def latencies(self) -> Table:
        """The latency table as it is run, at the distances that are stated."""
        return self._table

    @property
    def lacks(self) -> tuple[str, ...]:
        """The names of numbers without which it cannot be run."""
        needed = [name for table in TABLES.values() for name, kind in table.items() if kind.is_needed]
        found = [name for name in needed if name not in self.numbers]
        if not {"read_occupancy", "read_occupancy_share"} & set(self.numbers):
            found.append("read_occupancy")
        return (*found, *self._lacking_caches(), *self._missing)

    @property
    def is_runnable(self) -> bool:
        """Whether it has every number that a run needs."""
        return not self.lacks

    def _lacking_caches(self) -> Iterator[str]:
        """Yield what is missing of a cache of which something is known; a core has at least an L1."""
        for level in LEVELS:
            names = [f"{level}.{one}" for one in ("kib", "ways", "latency")]
            if level == "l1" or any(name in self.numbers for name in names):
                yield from (name for name in names if name not in self.numbers)

    def model(self) -> MachineModel:
        """Return the machine as executors see it.

        Raises:
            LockwrightError: It lacks numbers; all are named.
        """
        if self.lacks:
            raise _cannot_run(self)
        topology, value = self.topology, self._whole
        occupancy = self.numbers.get("read_occupancy")
        return MachineModel(
            name=self.name,
            ghz=self.numbers["ghz"].amount,
            core_of_cpu=topology.core_of_cpu(),
            node_of_core=topology.node_of_core(),
            package_of_node=topology.package_of_node(),
            distance_names=topology.classes,
            distances=topology.between(),
            latency_cycles=whole(self._table, topology),
            line_bytes=topology.line_bytes,
            private=tuple(one for one in map(self._level, LEVELS[:2]) if one is not None),
            last=self._level(LEVELS[2]),
            has_owned=bool(self.numbers["owned"].value),
            arbitration=str(self.numbers["arbitration"].value),
            local_resolve=bool(self.numbers["local_resolve"].value),
            rereads_last=bool(self.numbers["rereads_last"].value),
            hold_cycles=value("hold"),
            read_occupancy_cycles=None if occupancy is None else value("read_occupancy"),
            read_occupancy_percent=100 if occupancy is not None else value("read_occupancy_share"),
            min_transfer_cycles=value("min_transfer"),
            retention_cycles=value("retention"),
            load_hit_cycles=value("load_hit"),
            store_hit_cycles=value("store_hit"),
            update_hit_cycles=value("update_hit"),
            instruction_ticks=max(1, round(4 * self._cycles("instruction"))),
            pause_cycles=value("pause"),
            fence_cycles=value("fence"),
            mispredict_cycles=value("mispredict"),
            smt_slowdown_percent=value("smt_slowdown"),
        )

    def _cycles(self, name: str) -> float:
        found = self.resolved.cycles(name)
        assert found is not None
        return found

    def _whole(self, name: str) -> int:
        return round(self._cycles(name))

    def _level(self, level: str) -> CacheLevel | None:
        """Return one cache; the number of its sets is rounded down to a power of two."""
        if f"{level}.kib" not in self.numbers:
            return None
        kib, ways, latency = (self._whole(f"{level}.{one}") for one in ("kib", "ways", "latency"))
        sets = max(1, kib * 1024 // (ways * self.topology.line_bytes))
        return CacheLevel(1 << (sets.bit_length() - 1), ways, latency)

    def weak(self) -> tuple[str, ...]:
        """Return the weak numbers that a run rests on, each as a sentence; those of one row and reason together."""
        from lockwright.machines.weak import weak

        return weak(self)

    def doubts(self) -> tuple[str, ...]:
        """Return what is odd about a machine that can be run, each as a sentence; of one that cannot, nothing."""
        from lockwright.machines.doubts import doubts

        return () if self.lacks else doubts(self.model())

    def reason(self, number: Number) -> str:
        """Return what a number rests on, for a person."""
        return number.why or number.derived_from or self.sources.get(number.source, number.source)

    def with_numbers(self, changed: Mapping[str, Value]) -> Machine:
        """Return a copy in which some numbers are others, in cycles or their own unit.

        Raises:
            LockwrightError: There is no such number, or it cannot have that value.
        """
        numbers = dict(self.numbers)
        for name, value in changed.items():
            kind = self._kind(name)
            _refuse_impossible(name, value, kind)
            if name.startswith("read_occupancy"):
                numbers.pop("read_occupancy", None)
                numbers.pop("read_occupancy_share", None)
            numbers[name] = Number(name, value, kind.unit, "D", "estimate", "chosen", _SET, NOWHERE)
        return replace(self, resolved=replace(self.resolved, numbers=numbers))

    def _kind(self, name: str) -> Kind:
        """Return what a number may be."""
        for table in TABLES.values():
            if name in table:
                return table[name]
        latencies = [f"{row}.{distance}" for row in latency_rows() for distance in self.topology.distances]
        if name in latencies:
            return LATENCY
        import difflib

        known = [*(one for table in TABLES.values() for one in table), *latencies]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        cure = [f"did you mean `{near[0]}`?"] if near else []
        raise refuse("M011", f"`{self.name}` has no number `{name}`", *cure)


def _refuse_impossible(name: str, value: Value, kind: Kind) -> None:
    if kind.is_truth or kind.words:
        wanted = kind.words or (True, False)
        if value not in wanted or isinstance(value, bool) != kind.is_truth:
            raise refuse("M005", f"`{name}` cannot be {value}", f"one of {', '.join(map(str, wanted))}")
    elif isinstance(value, bool | str) or not kind.low <= value <= kind.high:
        unit = f" {kind.unit}" if kind.unit else ""
        raise refuse("M005", f"`{name}` cannot be {value}", f"{plain(kind.low)} to {kind.high:,.0f}{unit}")


def _cannot_run(machine: Machine) -> Exception:
    lacks = machine.lacks
    listed = ", ".join(f"`{one}`" for one in lacks[:8])
    more = f" and {len(lacks) - 8} more" if len(lacks) > 8 else ""
    return refuse(
        "M008",
        f"`{machine.name}` cannot be run: it lacks {listed}{more}",
        'state them, or take them from a relative: `derive = { from = "opteron48", rule = "copy" }`',
    )
