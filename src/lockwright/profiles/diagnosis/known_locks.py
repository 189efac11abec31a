"""Locks of databases that have names of their own: what they guard, and what helped (`known_locks.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class KnownLock:
    """A lock with a name.

    Args:
        system: Whose it is.
        pattern: Fits its name, as the system's own tables have it.
        guards: What it guards, in words.
        source: Where that stands.
        cure: The class of cure that fits; empty if none does.
        because: Why it fits.
        do: What to do, where that is more than the class says.
        test: The cheap test that would refute it.
        like: Published cases like it.
        record: What to look at next.
        holder: Fits where who has it stands; None if nothing tells.
    """

    system: str
    pattern: re.Pattern[str]
    guards: str
    source: str
    cure: str = ""
    because: str = ""
    do: str = ""
    test: str = ""
    like: tuple[str, ...] = ()
    record: str = ""
    holder: re.Pattern[str] | None = None


@cache
def known_locks() -> tuple[KnownLock, ...]:
    """Return the table."""
    text = files("lockwright.profiles.diagnosis").joinpath("known_locks.toml").read_text(encoding="utf-8")
    return tuple(
        KnownLock(
            **{
                **one,
                "pattern": re.compile(one["pattern"]),
                "like": tuple(one.get("like", ())),
                "holder": re.compile(one["holder"]) if "holder" in one else None,
            }
        )
        for one in tomllib.loads(text)["lock"]
    )


def known_lock(kind: str, name: str) -> KnownLock | None:
    """Return what is known of a lock; None if nothing is.

    Args:
        kind: Of the lock; only those of the system that it names are looked at.
        name: As the system's own tables have it; an address behind `@` does not matter.
    """
    if not name:
        return None
    bare = name.partition("@")[0]
    return next((one for one in known_locks() if one.system in kind and one.pattern.fullmatch(bare)), None)
