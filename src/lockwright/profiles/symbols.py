"""What a function is, as far as waiting for locks is concerned; the table is `symbols.toml`."""

from __future__ import annotations

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


@cache
def table() -> dict[str, Family]:
    """Return the family of every function that is known."""
    text = files("lockwright.profiles").joinpath("symbols.toml").read_text(encoding="utf-8")
    return {
        symbol: Family(one["role"], one["lock"], one["source"])
        for one in tomllib.loads(text)["family"]
        for symbol in one["symbols"]
    }
