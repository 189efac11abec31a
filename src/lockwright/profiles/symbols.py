"""What a function is, as far as waiting for locks is concerned; the table is `symbols.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lockwright.profiles.spellings import spellings

if TYPE_CHECKING:
    from collections.abc import Mapping

SPIN, SLEEP, ACQUIRE, UNLOCK, SCHEDULE, IDLE = "spin", "sleep", "acquire", "unlock", "schedule", "idle"
LINE, ATOMIC, EVENT, PAUSE = "line", "atomic", "event", "pause"
GIVING_UP = "schedule"
"""The function that gives up the CPU."""
ROLES = (SPIN, SLEEP, ACQUIRE, UNLOCK, LINE, ATOMIC, EVENT, PAUSE, SCHEDULE, IDLE)
WAITING = frozenset({SPIN, SLEEP, ACQUIRE})
"""The roles whose samples are the price of taking a lock."""
INSIDE = frozenset({SPIN, SLEEP, ACQUIRE, UNLOCK, SCHEDULE})
"""The roles of functions that stand between a wait and whoever wanted the lock."""


@dataclass(frozen=True, slots=True)
class Family:
    """Functions of one part of a kernel or runtime.

    Args:
        role: One of `ROLES`.
        lock: The kind of lock; empty for functions that belong to none.
        source: The file in which they stand, and since when.
    """

    role: str
    lock: str
    source: str


_NAMES = 1 << 16  # that are kept: a profile has thousands, and asks for each of them thousands of times
_SOURCE = "a lock that was simulated, by the name of its class"
_METHOD = re.compile(r"(?P<of>[A-Z]\w*)(?:\[.*\])?\.(?P<method>[a-z_]\w*)")
_TAKES = {"lock": "spinlock", "trylock": "spinlock", "read_lock": "rwlock", "write_lock": "rwlock"}
_OF_LOCKS = ("Lock", "Mutex")


def of_language(name: str) -> Family | None:
    """Return what a method of a lock is that was written in our language: `TicketLock[u16].lock`; None if it is none.

    A simulation's profile has such names where the author of a lock gave none.  Other methods of something that is
    called a lock are what it waits in.
    """
    found = _METHOD.fullmatch(name)
    if found is None:
        return None
    method, is_lock = found["method"], found["of"].endswith(_OF_LOCKS)
    if method in _TAKES:
        return Family(ACQUIRE, _TAKES[method], _SOURCE)
    if method in {"unlock", "read_unlock", "write_unlock"}:
        return Family(UNLOCK, _TAKES[method.replace("un", "")], _SOURCE)
    kind = "rwlock" if "Rw" in found["of"] else "mutex" if found["of"].endswith("Mutex") else "spinlock"
    if is_lock:
        return Family(UNLOCK if "unlock" in method else SPIN, kind, _SOURCE)
    return None


@lru_cache(maxsize=_NAMES)
def find(name: str) -> Family | None:
    """Return what a function is, however its name is spelt; None if the table does not know it.

    Args:
        name: As a profiler prints it, without suffixes of the compiler: `folding.plain` takes those off.
    """
    known, numbered = _read()
    found = known.get(name) or next((one for pattern, one in numbered if pattern.fullmatch(name)), None)
    return found or next((known[one] for one in spellings(name) if one in known), None) or of_language(name)


def table() -> dict[str, Family]:
    """Return the family of every function that is known by its whole name."""
    return _read()[0]


@cache
def entries() -> frozenset[str]:
    """Return the functions by which a kernel is entered: none of them wants a lock."""
    return _listed("entry")


@cache
def exits() -> frozenset[str]:
    """Return the functions by which a kernel is left: where they wait for a spin lock, they give up the CPU."""
    return _listed("exit")


@cache
def made_locks() -> Mapping[str, str]:
    """Return the kind of the lock by the functions that wait for no condition but that of this lock."""
    return {symbol: one["lock"] for one in _table()["made"] for symbol in one["symbols"]}


def _listed(key: str) -> frozenset[str]:
    return frozenset(symbol for one in _table()[key] for symbol in one["symbols"])


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files("lockwright.profiles").joinpath("symbols.toml").read_text(encoding="utf-8"))


@cache
def _read() -> tuple[dict[str, Family], tuple[tuple[re.Pattern[str], Family], ...]]:
    """Return the families of names, and of names that carry a number."""
    known: dict[str, Family] = {}
    numbered: list[tuple[re.Pattern[str], Family]] = []
    for one in _table()["family"]:
        family = Family(one["role"], one["lock"], one["source"])
        known.update(dict.fromkeys(one["symbols"], family))
        numbered += [(re.compile(pattern), family) for pattern in one.get("patterns", ())]
    return known, tuple(numbered)
