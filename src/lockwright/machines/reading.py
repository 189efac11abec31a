"""A machine file to what it states, with every mistake in it told at its place."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lockwright.diagnostics.diagnostic import Diagnostic, Label
from lockwright.errors import LockwrightError
from lockwright.machines.number import NANOSECONDS, Number
from lockwright.machines.positions import Path, Positions, positions
from lockwright.machines.schema import (
    FREE_TABLES,
    TABLES,
    TEXTS,
    TOP_KEYS,
    Derive,
    Derived,
    Kind,
    Stated,
    TopologyTable,
    kind_of,
    latency_rows,
    words_of,
)
from lockwright.machines.toml import toml
from lockwright.machines.topology import HOPS, Topology, problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockwright.diagnostics.span import Span

MOST_TOLD = 10
PROPERTIES = (*TABLES, "latency")

_T = TypeVar("_T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number, or the gaps of a table, that a relative is asked for."""

    derive: Derive
    span: Span
    why: str = ""


@dataclass(slots=True)
class Draft:
    """What one file states, before relatives are asked."""

    name: str
    file: str
    text: str
    texts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    topology: Topology | None = None
    topology_from: Wanted | None = None
    numbers: dict[str, Number] = field(default_factory=dict)
    wanted: dict[str, Wanted] = field(default_factory=dict)  # by the name of the number
    gaps: dict[str, Wanted] = field(default_factory=dict)  # by the name of the table
    free: dict[str, dict[str, Number]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def read(name: str, file: str, text: str, known_sources: Mapping[str, str], *, is_machine: bool = True) -> Draft:
    """Read one machine file.

    Args:
        name: The short name of the machine.
        file: The name of the file, for messages.
        text: What it contains.
        known_sources: The ids that a number may name, beside those in the file's own `sources`.
        is_machine: Whether it must say where its CPUs are; costs of a kernel don't.

    Raises:
        LockwrightError: Something is wrong in it; up to ten messages.
    """
    reader = _Reader(file, text, dict(known_sources))
    return reader.draft(name, is_machine=is_machine)


@dataclass(slots=True)
class _Reader:
    """Reads the tables of one file and collects what is wrong."""

    file: str
    text: str
    sources: dict[str, str]
    places: Positions = field(init=False)
    found: list[Diagnostic] = field(default_factory=list)

    def draft(self, name: str, *, is_machine: bool) -> Draft:
        """Return the draft, or raise what was collected."""
        data = toml(self.file, self.text)
        self.places = positions(self.text, self.file)
        draft = Draft(name, self.file, self.text)
        self.unknown_keys((), data, TOP_KEYS)
        draft.sources = self.own_sources(data.get("sources", {}))
        self.sources |= draft.sources
        draft.texts = {key: self.plain_text((key,), data[key]) for key in TEXTS if key in data}
        draft.notes = self.notes(data.get("notes", []))
        everywhere = self.derivation(("derive",), data["derive"]) if "derive" in data else None
        for table in PROPERTIES:
            self.properties(draft, table, data.get(table, {}), everywhere)
        for table in FREE_TABLES:
            draft.free[table] = dict(self.free_numbers(table, data.get(table, {})))
        if is_machine:
            self.topology(draft, data.get("topology"), everywhere)
        if self.found:
            told = sorted(self.found, key=lambda one: one.order)[:MOST_TOLD]
            raise LockwrightError(told, {self.file: self.text})
        return draft

    # Messages.

    def wrong(self, code: str, span: Span, title: str, label: str, *helps: str) -> None:
        """Note one mistake."""
        self.found.append(Diagnostic(code, title, Label(span, label), helps=helps))

    def unknown_keys(self, path: Path, data: Mapping[str, Any], known: Iterable[str]) -> None:
        """Note every key that is not known."""
        for key in data:
            if key not in known:
                self.unknown((*path, key), known)

    def unknown(self, path: Path, known: Iterable[str]) -> None:
        """Note a key that is not known, with the nearest one."""
        listed = list(known)
        near = difflib.get_close_matches(path[-1], listed, n=1, cutoff=0.6)
        where = f"`[{'.'.join(path[:-1])}]`" if path[:-1] else "a machine file"
        cure = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(f'`{one}`' for one in listed)}"
        self.wrong("M003", self.places.key(path), f"{where} has no key `{path[-1]}`", "this key is not known", cure)

    def convert(self, path: Path, data: object, shape: type[_T], title: str, code: str = "M004") -> _T | None:
        """Return data in a shape, or None and a message."""
        try:
            return msgspec.convert(data, shape)
        except msgspec.ValidationError as error:
            self.unfit(path, str(error), shape, title, code)
            return None

    def unfit(self, path: Path, message: str, shape: type[msgspec.Struct], title: str, code: str) -> None:
        """Note what does not fit a shape, where it stands."""
        inside = re.search(r" - at `\$\.?([^`]*)`", message)
        at = path + tuple(one for one in re.split(r"\.|\[\d*\]|\[\.\.\.\]", inside[1]) if one) if inside else path
        unknown = re.match(r"Object contains unknown field `([^`]*)`", message)
        if unknown:
            names = [field.encode_name for field in msgspec.structs.fields(shape)]
            self.unknown((*at, unknown[1]), names)
            return
        label = words_of(message, at[-1] if at else "")
        if re.search(r"required field `v`|required field `c`|required field `s`", message) or at == path:
            self.wrong(code, self.places.value(at), title, label, 'write `{ v = 81, c = "A", s = "S1" }`')
        else:
            self.wrong(code, self.places.value(at), title, label)

    # Texts.

    def plain_text(self, path: Path, value: object) -> str:
        """Return a text."""
        if isinstance(value, str):
            return value
        self.wrong("M004", self.places.value(path), f"`{path[-1]}` is not a text", "expected a text in quotes")
        return ""

    def notes(self, value: object) -> tuple[str, ...]:
        """Return the notes."""
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.wrong("M004", self.places.value(("notes",)), "`notes` is not a list of texts", 'expected `["...", "..."]`')
        return ()

    def own_sources(self, value: object) -> dict[str, str]:
        """Return the file's own sources."""
        if isinstance(value, dict):
            return {key: self.plain_text(("sources", key), one) for key, one in value.items()}
        self.wrong("M004", self.places.value(("sources",)), "`sources` is not a table", "expected `[sources]`")
        return {}

    # Numbers.

    def properties(self, draft: Draft, table: str, data: object, everywhere: Wanted | None) -> None:
        """Read a table of properties."""
        if not isinstance(data, dict):
            self.wrong("M004", self.places.value((table,)), f"`{table}` is not a table", f"expected `[{table}]`")
            return
        gaps = self.derivation((table, "derive"), data["derive"]) if "derive" in data else everywhere
        if gaps:
            draft.gaps[table] = gaps
        for path, value in self.leaves(table, data):
            key = ".".join(path[1:])
            kind = self.kind(table, path)
            if kind is None:
                continue
            number = self.number(path, key, value, kind)
            if isinstance(number, Wanted):
                draft.wanted[key] = number
            elif number:
                draft.numbers[key] = number

    def leaves(self, table: str, data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
        """Yield each number of a table with its path; keys may be dotted."""
        depth = {"latency": 3, "caches": 2}.get(table, 1)
        yield from self.below((table,), {key: one for key, one in data.items() if key != "derive"}, depth)

    def below(self, path: Path, data: Mapping[str, Any], depth: int) -> Iterator[tuple[Path, Any]]:
        """Yield what lies `depth` keys below a path."""
        for key, value in data.items():
            at = (*path, key)
            if depth == 1 or not isinstance(value, dict) or {"v", "derive"} & set(value):
                yield at, value
            else:
                yield from self.below(at, value, depth - 1)

    def kind(self, table: str, path: Path) -> Kind | None:
        """Return what a key may be; None, and a message, where there is no such key."""
        key = ".".join(path[1:])
        if table != "latency":
            kind = kind_of(table, key)
            if kind is None:
                self.unknown((*path[:1], key) if len(path) > 2 else path, TABLES[table])
            return kind
        rows = latency_rows()
        row = ".".join(path[1:3])
        if row not in rows or len(path) != 4:
            near = difflib.get_close_matches(row, rows, n=1, cutoff=0.5)
            self.wrong(
                "M003",
                self.places.key(path),
                f"`[latency]` has no key `{key}`",
                "expected an operation, a state and a distance",
                f"write `{near[0] if near else 'load.M'}.one_hop`; operations: load, store, atomic, or cas, fai, tas "
                "and swap apart; states: M, O, E, S, I",
            )
            return None
        return kind_of(table, key)

    def number(self, path: Path, name: str, value: object, kind: Kind) -> Number | Wanted | None:
        """Read one number, or from where it is to be taken."""
        title = f"`{name}` is not written as a number is"
        if isinstance(value, dict) and "derive" in value:
            derived = self.convert(path, value, Derived, f"`{name}` is derived in no way that there is", "M007")
            if derived is None or not self.is_rule(path, derived.derive):
                return None
            return Wanted(derived.derive, self.places.key((*path, "derive")), derived.why)
        if not isinstance(value, dict):
            span = self.places.value(path)
            shown = value if isinstance(value, int | float) else 81
            self.wrong(
                "M004",
                span,
                title,
                "expected the number with its confidence and source",
                f'write `{{ v = {shown}, c = "D", s = "estimate" }}`',
            )
            return None
        stated = self.convert(path, value, Stated, title)
        if stated is None or not self.fits(path, name, stated, kind):
            return None
        unit = stated.unit or kind.unit
        span = self.places.key(path)
        return Number(name, stated.v, unit, stated.c, stated.s, stated.origin, stated.why, span)

    def fits(self, path: Path, name: str, stated: Stated, kind: Kind) -> bool:
        """Tell whether a number has the unit, range and source that it can have."""
        span = self.places.value((*path, "v"))
        if stated.s not in self.sources:
            near = difflib.get_close_matches(stated.s, self.sources, n=1, cutoff=0.6)
            cure = f"did you mean `{near[0]}`? " if near else ""
            where = self.places.value((*path, "s"))
            self.wrong(
                "M009",
                where,
                f"there is no source `{stated.s}`",
                "this id is not listed",
                f'{cure}add it to this file: `[sources]` `{stated.s} = "..."`',
            )
            return False
        if stated.unit == NANOSECONDS and kind.unit != "cycles":
            self.wrong("M004", self.places.value((*path, "unit")), f"`{name}` is no time", "it has no such unit")
            return False
        return self.is_kind(span, name, stated, kind)

    def is_kind(self, span: Span, name: str, stated: Stated, kind: Kind) -> bool:
        """Tell whether a value is a truth, a word or a number as it should be."""
        value = stated.v
        if kind.words or kind.is_truth:
            wanted = kind.words or (True, False)
            listed = " or ".join(f'`"{one}"`' if kind.words else f"`{str(one).lower()}`" for one in wanted)
            if value not in wanted or isinstance(value, bool) != kind.is_truth:
                self.wrong("M004", span, f"`{name}` has a value that it cannot have", f"expected {listed}")
                return False
            return True
        if isinstance(value, bool | str):
            found = f'the text `"{value}"`' if isinstance(value, str) else f"`{str(value).lower()}`"
            self.wrong("M004", span, f"`{name}` is no number", f"expected a number, found {found}")
            return False
        unit = stated.unit or kind.unit
        if not kind.low <= value <= kind.high:
            self.wrong("M005", span, f"`{name}` cannot be {value:g}{_of(unit)}", _range(kind, unit))
            return False
        return True

    def free_numbers(self, table: str, data: object, path: Path = ()) -> Iterator[tuple[str, Number]]:
        """Yield the numbers of a table that may have any keys."""
        if not isinstance(data, dict):
            self.wrong("M004", self.places.value((table,)), f"`{table}` is not a table", f"expected `[{table}]`")
            return
        for key, value in data.items():
            at = (*path, key)
            if isinstance(value, dict) and "v" not in value:
                yield from self.free_numbers(table, value, at)
                continue
            name = ".".join(at)
            unit = next((one for end, one in _ENDINGS.items() if name.endswith(end) or f"{end}." in name), "")
            number = self.number((table, *at), name, value, Kind(unit, -1e12, 1e12))
            if isinstance(number, Number):
                yield name, number

    def derivation(self, path: Path, value: object) -> Wanted | None:
        """Read `derive = { from = ..., rule = ... }` of a table."""
        derive = self.convert(path, value, Derive, "`derive` is not written as it should be", "M007")
        if derive is None or not self.is_rule(path[:-1], derive):
            return None
        return Wanted(derive, self.places.key(path))

    def is_rule(self, path: Path, derive: Derive) -> bool:
        """Tell whether a rule has what it needs."""
        if derive.rule != "half_hop" and not derive.relative:
            span = self.places.value((*path, "derive"))
            self.wrong("M007", span, "a number is derived from nothing", "expected `from`, the name of a machine")
            return False
        return True

    # Topology.

    def topology(self, draft: Draft, data: object, everywhere: Wanted | None) -> None:
        """Read `[topology]`, which only a file that derives everything may leave out."""
        if data is None and everywhere:
            draft.topology_from = everywhere
            return
        if data is None:
            self.wrong("M006", self.places.key(()), "there is no `[topology]`", "a machine has packages and cores")
            return
        title = "`[topology]` is not written as it should be"
        table = self.convert(("topology",), data, TopologyTable, title, "M006")
        if table is None:
            return
        if isinstance(table.hops, str) and table.hops not in HOPS:
            listed = ", ".join(f"`{one}`" for one in HOPS)
            where = self.places.value(("topology", "hops"))
            self.wrong("M006", where, f"there is no map of hops `{table.hops}`", f"there are {listed}, or a matrix")
            return
        if table.mesh and len(table.mesh) != 2:
            self.wrong("M006", self.places.value(("topology", "mesh")), "a mesh has two sides", "expected `[6, 6]`")
            return
        made = _topology(table)
        key, fault = problem(made)
        if fault:
            self.wrong("M006", self.places.value(("topology", key)), "no machine looks like that", fault)
            return
        draft.topology = made
        self.known_distances(draft, made)

    def known_distances(self, draft: Draft, topology: Topology) -> None:
        """Hold the distances of `[latency]` against those of the topology."""
        for name, number in draft.numbers.items():
            self.distance(name, number.span, topology)
        for name, wanted in draft.wanted.items():
            self.distance(name, wanted.span, topology)

    def distance(self, name: str, span: Span, topology: Topology) -> None:
        """Note a latency at a distance that there is not."""
        parts = name.split(".")
        if len(parts) != 3 or parts[2] in topology.distances:
            return
        near = difflib.get_close_matches(parts[2], topology.distances, n=1, cutoff=0.6)
        listed = ", ".join(f"`{one}`" for one in topology.distances)
        cure = f"did you mean `{near[0]}`?" if near else f"`[topology]` names {listed}"
        self.wrong("M003", span, f"there is no distance `{parts[2]}`", "not among `distances`", cure)


_ENDINGS = {"_ns": "ns", "_us": "us", "_ms": "ms", "_mops": "M/s", "_gib": "GiB"}


def _topology(table: TopologyTable) -> Topology:
    hops = table.hops if isinstance(table.hops, str) else tuple(map(tuple, table.hops))
    counts = (table.packages, table.dies_per_package, table.cores_per_die, table.threads_per_core, table.line_bytes)
    mesh = (table.mesh[0], table.mesh[1]) if table.mesh else None
    return Topology(*counts, table.distances, hops, mesh, table.why, table.c, table.s)


def _of(unit: str) -> str:
    return "" if not unit else unit if unit == "%" else f" {unit}"


def _range(kind: Kind, unit: str) -> str:
    return f"expected {kind.low:g} to {kind.high:,.0f}{_of(unit)}"
