"""The same function under another name: a guess, made of the table of symbols, of the names, and of who calls."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.comparing.results import SYMBOL
from lockwright.profiles.comparing.tally import Key, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PREFIX = re.compile(r"^(?:_+|native_|pv_|raw_|queued_|do_)+")
_DIFFERENT = frozenset(
    {"read", "write", "rd", "wr", "rdlock", "wrlock", "irq", "irqsave", "irqrestore", "bh", "nested", "trylock", "lock",
     "unlock", "killable", "interruptible", "alloc", "free", "get", "put", "in", "out", "up", "down", "tx", "rx"}
)  # fmt: skip
"""Words of names that make another function of one: names that differ in them are no renaming."""
_SOMEWHAT_ALIKE = 0.4
_ALIKE = 0.7  # of SequenceMatcher's ratio: more characters in common than not, in their order
_VERY_ALIKE = 0.85
_SAME_CALLERS = 0.6  # cosine between the weights of callers
_LEAST_SHARE = 0.3  # percent: names of what weighs less say nothing
_MOST = 60  # names of a side that are compared


@dataclass(frozen=True, slots=True)
class Renaming:
    """One guess.

    Args:
        before: The name that is no longer there.
        after: The name that was not there.
        why: What the guess rests on.
        score: The larger, the better.
    """

    before: str
    after: str
    why: str
    score: float


def renamings(before: Sequence[Tally], after: Sequence[Tally]) -> tuple[Renaming, ...]:
    """Return which functions of one side seem to be called otherwise on the other one, each at most once."""
    gone, come = _only(before, after), _only(after, before)
    guesses = [guess for old in gone for new in come if (guess := _guess(old, new, before, after)) is not None]
    kept: list[Renaming] = []
    for guess in sorted(guesses, key=lambda one: (-one.score, one.before, one.after)):
        if all(guess.before != one.before and guess.after != one.after for one in kept):
            kept.append(guess)
    return tuple(kept)


def renamed(run: Tally, names: Mapping[str, str]) -> Tally:
    """Return a recording with the names of the other side, in place of functions and of callers of locks."""
    if not names:
        return run

    def new(key: Key | None) -> Key | None:
        if key is None:
            return None
        name = names.get(key.name, key.name) if key.kind == SYMBOL else key.name
        return Key(key.kind, name, names.get(key.caller, key.caller))

    def moved(weights: Mapping[Key, float]) -> dict[Key, float]:
        found: dict[Key, float] = defaultdict(float)
        for key, weight in weights.items():
            found[new(key) or key] += weight
        return dict(found)

    scatter: dict[Key | None, float] = defaultdict(float)
    for key, square in run.scatter.items():
        scatter[new(key)] += square
    return Tally(
        shares=moved(run.shares),
        counts=moved(run.counts),
        samples=run.samples,
        recorded=run.recorded,
        idle=run.idle,
        covered=run.covered,
        floor=run.floor,
        total=run.total,
        unit=run.unit,
        event=run.event,
        by_cpu={cpu: {new(key): weight for key, weight in weights.items()} for cpu, weights in run.by_cpu.items()},
        waiting={
            new(key) or key: {names.get(one, one): weight for one, weight in weights.items()}
            for key, weights in run.waiting.items()
        },
        callers={names.get(symbol, symbol): weights for symbol, weights in run.callers.items()},
        is_counted=run.is_counted,
        scatter=dict(scatter),
        commands=run.commands,
    )


def _only(here: Sequence[Tally], there: Sequence[Tally]) -> list[str]:
    """Return the heaviest functions of one side that the other one has not, and would list if it had them."""
    known = {key for run in there for key in run.shares}
    floor = max(run.floor for run in there)
    shares: dict[str, float] = defaultdict(float)
    for run in here:
        for key, share in run.shares.items():
            if key.kind == SYMBOL and key not in known:
                shares[key.name] += share / len(here)
    heavy = [(share, name) for name, share in shares.items() if share >= _LEAST_SHARE and share > floor]
    return [name for _, name in sorted(heavy, key=lambda one: (-one[0], one[1]))[:_MOST]]


def _guess(old: str, new: str, before: Sequence[Tally], after: Sequence[Tally]) -> Renaming | None:
    if _is_address(old) or _is_address(new) or _words(old) != _words(new):
        return None
    alike, callers = _likeness(old, new), _same_callers(old, new, before, after)
    one, other = folding.family(old), folding.family(new)
    if one is not None and other is not None:
        if (one.role, one.lock) != (other.role, other.lock) or alike < _SOMEWHAT_ALIKE:
            return None
        return Renaming(old, new, f"both are {_family(one.role, one.lock)}", 2 + alike + (callers or 0))
    if (one is None) != (other is None):
        return None
    if _PREFIX.sub("", old) == _PREFIX.sub("", new):
        return Renaming(old, new, "the names differ in their beginning alone", 1.5 + (callers or 0))
    if callers is not None and callers >= _SAME_CALLERS and alike >= _ALIKE:
        return Renaming(old, new, "the names are alike, and the same functions call them", alike + callers)
    if callers is None and alike >= _VERY_ALIKE:
        return Renaming(old, new, "the names are alike; callers are not known", alike)
    return None


def _family(role: str, lock: str) -> str:
    words = {"spin": "spin for", "sleep": "sleep for", "acquire": "take", "unlock": "release"}
    return f"functions that {words.get(role, role)} a {lock}" if lock else "such functions"


def _words(name: str) -> frozenset[str]:
    return _DIFFERENT & set(name.split("_"))


def _is_address(name: str) -> bool:
    return name.startswith(("0x", "[")) or re.fullmatch(r"[0-9a-f]{8,16}", name) is not None


def _likeness(old: str, new: str) -> float:
    """Return how alike two names are, from 0 to 1; the order of the two does not matter."""
    return max(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in ((old, new), (new, old)))


def _same_callers(old: str, new: str, before: Sequence[Tally], after: Sequence[Tally]) -> float | None:
    """Return the cosine between the weights of callers, None where a side has none."""
    one, other = _callers(old, before), _callers(new, after)
    if not one or not other:
        return None
    product = sum(weight * other.get(name, 0.0) for name, weight in one.items())
    return product / (math.hypot(*one.values()) * math.hypot(*other.values()))


def _callers(symbol: str, runs: Sequence[Tally]) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for run in runs:
        for name, weight in run.callers.get(symbol, {}).items():
            weights[name] += weight
    return weights if any(weight > 0 for weight in weights.values()) else {}
