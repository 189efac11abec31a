"""What names of functions tell beside their roles; the table is `names.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lockwright.profiles.symbols import entries

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = re.compile("[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_BRACKETS = re.compile("<[^<>]*>|\\[[^\\]]*\\]")
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
        sleep: Functions whose caller sleeps.
        interrupt: Fits functions between which and what was interrupted nothing is in common.
        wrapper: Fits functions of classes that wrap a lock.
        kinds: Words that tell a lock from something else that is called one.
        suggestions: What a name suggests, its meaning in words, and what tells it of a name.
    """

    entry: frozenset[str]
    threads: frozenset[str]
    scheduler: frozenset[str]
    condition: frozenset[str]
    retaken: frozenset[str]
    sleep: frozenset[str]
    interrupt: re.Pattern[str]
    tracer: re.Pattern[str]
    wrapper: re.Pattern[str]
    kinds: frozenset[str]
    suggestions: tuple[tuple[str, str, Callable[[str], object]], ...]


@cache
def names() -> Names:
    """Return the table."""
    found = tomllib.loads(files("lockwright.profiles.diagnosis").joinpath("names.toml").read_text(encoding="utf-8"))
    lists = {
        key: frozenset(symbol for one in found[key] for symbol in one["symbols"])
        for key in ("entry", "threads", "scheduler", "condition", "retaken", "sleep")
    }
    entry = lists["entry"] | entries()
    return Names(
        entry,
        entry | lists["threads"],
        lists["scheduler"],
        lists["condition"],
        lists["retaken"],
        lists["sleep"],
        re.compile("|".join(one["pattern"] for one in found["interrupt"])),
        re.compile(found["tracer"]["pattern"]),
        re.compile(found["wrapper"]["pattern"], re.IGNORECASE),
        frozenset(word for one in found["suggestion"] for word in one.get("kinds", ())),
        tuple((one["kind"], one["meaning"], _test(one)) for one in found["suggestion"]),
    )


def _test(entry: dict[str, Any]) -> Callable[[str], object]:
    """Return what tells whether a name suggests something: by a pattern of its last part, or by words."""
    if "pattern" in entry:
        pattern = re.compile(entry["pattern"])
        return lambda symbol: pattern.fullmatch(_last(symbol))
    nouns, verbs, never = (frozenset(entry[key]) for key in ("nouns", "verbs", "never"))

    def fits(symbol: str) -> bool:
        whole, last = _words(_plain(symbol)), _words(_last(symbol))
        return bool(whole & nouns and last & verbs) and not whole & never

    return fits


def tells_kind(symbol: str) -> bool:
    """Return whether the name of a lock tells its kind, or what it does: `lock` alone may be anything."""
    return bool(_words(_plain(symbol)) & names().kinds)


def _last(symbol: str) -> str:
    """Return the name of a function without class, module, arguments and types."""
    got = _LAST.fullmatch(symbol)
    return got[1] if got else symbol


def _plain(symbol: str) -> str:
    """Return the name of a function with class and module, without arguments and types."""
    return _BRACKETS.sub("", symbol.partition("(")[0] or symbol)


def _words(name: str) -> frozenset[str]:
    return frozenset(one.lower() for one in _WORD.findall(name))


@lru_cache(maxsize=_NAMES)
def suggestion(symbol: str) -> tuple[str, str]:
    """Return what the name of a function suggests that it does, and the words for it; empty if nothing."""
    return next(((kind, meaning) for kind, meaning, fits in names().suggestions if fits(symbol)), ("", ""))
