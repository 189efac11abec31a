"""What may stand in a machine file: its tables, their keys, the unit and range of each number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from lockwright.machines.model import OPERATIONS, STATES
from lockwright.machines.number import CYCLES

MOST_CYCLES = 1_000_000
"""No access takes half a millisecond: a larger number has another unit."""

MOST_CPUS = 4096
ATOMIC = "atomic"
"""Stands for all updates where they cost the same."""

ROWS = ("load", "store", ATOMIC, *OPERATIONS[2:])
ROW_STATES = tuple(reversed(STATES))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a number may be: its unit and range, or the words that it is one of."""

    unit: str = CYCLES
    low: float = 0
    high: float = MOST_CYCLES
    words: tuple[str, ...] = ()
    is_truth: bool = False
    is_needed: bool = True


_CACHE = {
    "kib": Kind("KiB", 1, 1 << 20, is_needed=False),
    "ways": Kind("", 1, 64, is_needed=False),
    "latency": Kind(CYCLES, 1, is_needed=False),
}
LEVELS = ("l1", "l2", "llc")
LATENCY = Kind(CYCLES, 1)

TABLES: dict[str, dict[str, Kind]] = {
    "clock": {"ghz": Kind("GHz", 0.05, 20)},
    "caches": {f"{level}.{key}": kind for level in LEVELS for key, kind in _CACHE.items()},
    "core": {
        "load_hit": Kind(CYCLES, 1),
        "store_hit": Kind(CYCLES, 1),
        "update_hit": Kind(CYCLES, 1),
        "instruction": Kind(CYCLES, 0.25, 100),
        "pause": Kind(CYCLES, 1),
        "fence": Kind(CYCLES, 1),
        "mispredict": Kind(CYCLES, 0),
        "smt_slowdown": Kind("%", 100, 6400),
    },
    "coherence": {
        "owned": Kind("", is_truth=True),
        "arbitration": Kind("", words=("core", "node")),
        "local_resolve": Kind("", is_truth=True),
        "rereads_last": Kind("", is_truth=True),
        "hold": Kind(),
        "read_occupancy": Kind(is_needed=False),
        "read_occupancy_share": Kind("%", 0, 100, is_needed=False),
        "min_transfer": Kind(),
        "retention": Kind(),
    },
}
"""The tables of properties, but for `latency`, whose keys are `OPERATION.STATE.DISTANCE`."""

FREE_TABLES = ("anchor", "facts")
"""Tables with any keys: figures to hold a simulation against, and what is known but not used."""

TEXTS = ("what", "vendor", "uarch", "protocol")
TOP_KEYS = (*TEXTS, "notes", "derive", "sources", "topology", *TABLES, "latency", *FREE_TABLES)


class Stated(msgspec.Struct, forbid_unknown_fields=True):
    """A number as it is written: `{ v = 81, c = "A", s = "S1" }`."""

    v: bool | float | str
    c: Literal["A", "B", "C", "D"]
    s: str
    unit: Literal["cycles", "ns"] | None = None
    origin: Literal["measured", "protocol", "chosen"] = "measured"
    why: str = ""


class Derive(msgspec.Struct, forbid_unknown_fields=True, rename={"relative": "from"}):
    """How a gap is filled: `{ from = "xeon80", rule = "ratio", by = "atomic.M" }`."""

    rule: Literal["copy", "copy_ns", "ratio", "half_hop"]
    relative: str = ""
    by: str = "atomic.M"
    distances: dict[str, str] = {}  # a distance here, and the one over there that it is like


class Derived(msgspec.Struct, forbid_unknown_fields=True):
    """A number that is taken from a relative."""

    derive: Derive
    why: str = ""


class TopologyTable(msgspec.Struct, forbid_unknown_fields=True):
    """`[topology]` as it is written."""

    packages: int
    cores_per_die: int
    dies_per_package: int = 1
    threads_per_core: int = 1
    line_bytes: int = 64
    distances: tuple[str, ...] = ("same_die",)
    hops: str | list[list[int]] = "packages"
    mesh: tuple[int, ...] = ()
    why: str = ""
    c: Literal["A", "B", "C", "D"] = "B"
    s: str = ""


def kind_of(table: str, key: str) -> Kind | None:
    """Return what a key of a table of properties may be; None if there is no such key."""
    if table == "latency":
        return LATENCY
    return TABLES[table].get(key)


def latency_rows() -> list[str]:
    """Return `load.M`, `load.O`, ..., in the order in which they are shown."""
    return [f"{row}.{state}" for row in ROWS for state in ROW_STATES]


def words_of(message: str, key: str) -> str:
    """Return what `msgspec` says of a key, in our words."""
    head = message.split(" - at ", maxsplit=1)[0]
    if "enum value" in head:
        return f"expected {WORDS[key]}"
    missing = re.match(r"Object missing required field (`\w+`)", head)
    if missing:
        return f"it lacks {missing[1]}"
    for theirs, ours in _THEIRS.items():
        head = head.replace(theirs, ours)
    return head[:1].lower() + head[1:]


WORDS = {
    "c": "`A` (measured), `B` (secondary), `C` (recalled) or `D` (estimated)",
    "unit": "`ns`, or nothing for cycles",
    "origin": "`measured`, `protocol` or `chosen`",
    "rule": "`copy`, `copy_ns`, `ratio` or `half_hop`",
}
"""What the keys take that are one of a few words."""

_THEIRS = {
    "`bool | float | str`": "a number",
    "`float | bool | str`": "a number",
    "`object`": "a table in braces",
    "`array`": "a list in brackets",
    "`str`": "a text",
    "`int`": "a whole number",
    "`float`": "a number",
    "`bool`": "`true` or `false`",
}


def tables() -> dict[str, tuple[str, ...]]:
    """Return the names of the numbers of each table but `latency`."""
    return {title: tuple(table) for title, table in TABLES.items()}
