"""What a function is, as far as waiting for locks is concerned; the table is `symbols.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SPIN, SLEEP, ACQUIRE, UNLOCK, SCHEDULE, IDLE = "spin", "sleep", "acquire", "unlock", "schedule", "idle"
ROLES = (SPIN, SLEEP, ACQUIRE, UNLOCK, SCHEDULE, IDLE)
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


@cache
def table() -> dict[str, Family]:
    """Return the family of every function that is known."""
    text = files("lockwright.profiles").joinpath("symbols.toml").read_text(encoding="utf-8")
    return {
        symbol: Family(one["role"], one["lock"], one["source"])
        for one in tomllib.loads(text)["family"]
        for symbol in one["symbols"]
    }
