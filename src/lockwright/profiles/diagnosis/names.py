"""What names of functions tell beside their roles; the table is `names.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_NAMES = 1 << 16  # whose suggestions are kept
_LAST = re.compile(r"(?:.*(?:::|\.))?(operator (?:new|delete).*|~?\w+)(?:[(<\[].*)?")


@dataclass(frozen=True, slots=True)
class Names:
    """The table.

    Args:
        entry: Functions between user space and the futex it calls.
        threads: Functions that all threads come from.
        scheduler: Functions that take the lock of a run queue, or of a task that is woken.
        condition: Functions that wait for a condition, or say that it holds.
        retaken: Functions that take the mutex of a condition again.
        interrupt: Fits functions between which and what was interrupted nothing is in common.
        wrapper: Fits functions of classes that wrap a lock.
        suggestions: What a name suggests, its meaning in words, and the pattern.
    """

    entry: frozenset[str]
    threads: frozenset[str]
    scheduler: frozenset[str]
    condition: frozenset[str]
    retaken: frozenset[str]
    interrupt: re.Pattern[str]
    wrapper: re.Pattern[str]
    suggestions: tuple[tuple[str, str, re.Pattern[str]], ...]


@cache
def names() -> Names:
    """Return the table."""
    found = tomllib.loads(files("lockwright.profiles.diagnosis").joinpath("names.toml").read_text(encoding="utf-8"))
    lists = {
        key: frozenset(symbol for one in found[key] for symbol in one["symbols"])
        for key in ("entry", "threads", "scheduler", "condition", "retaken")
    }
    return Names(
        lists["entry"],
        lists["entry"] | lists["threads"],
        lists["scheduler"],
        lists["condition"],
        lists["retaken"],
        re.compile("|".join(one["pattern"] for one in found["interrupt"])),
        re.compile(found["wrapper"]["pattern"], re.IGNORECASE),
        tuple((one["kind"], one["meaning"], re.compile(one["pattern"])) for one in found["suggestion"]),
    )


@lru_cache(maxsize=_NAMES)
def suggestion(symbol: str) -> tuple[str, str]:
    """Return what the name of a function suggests that it does, and the words for it; empty if nothing."""
    got = _LAST.fullmatch(symbol)
    name = got[1] if got else symbol
    return next(
        ((kind, meaning) for kind, meaning, pattern in names().suggestions if pattern.fullmatch(name)), ("", "")
    )
