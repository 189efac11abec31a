"""What is on top now on the path of a lock: the functions through which it was wanted, looked up in the other side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.comparing.results import LOCK, SYMBOL
from lockwright.profiles.comparing.tally import WHOLE, Key, lock_of
from lockwright.profiles.diagnosis.base import plain
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.owners import owner
from lockwright.profiles.symbols import INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.model import Sample

_HALF = 0.5
_LEAST = 2.0  # percent of what is busy that goes along a path which is worth a word


@dataclass(frozen=True, slots=True)
class Next:
    """What weighs most on a path.

    Args:
        key: The lock, or the function.
        share: Percent of what is busy, on this path alone.
        through: The function that the path has in common with that of the lock; empty if callers are unknown.
    """

    key: Key
    share: float
    through: str


def next_on_path(lock: Key, before: Iterable[Sample], after: Sequence[Sample]) -> tuple[Next, ...]:
    """Return the lock and the function that weigh most on the path of a lock after a change, apart from itself.

    A lock comes first unless it weighs less than half of the function: what waits is served one by one, what works is
    not. Empty if nothing weighs enough.

    Args:
        lock: The lock, by its caller.
        before: Samples of before.
        after: Samples of after.
    """
    busy = folding.without_idle(after)
    whole = sum(one.weight for one in busy)
    if whole <= 0:
        return ()
    paths = [tuple(plain(frame.symbol) for frame in one.stack) for one in busy]
    for through in (lock.caller, *_outer(lock, before)):
        below = [one for one, path in zip(busy, paths, strict=True) if through in path]
        if WHOLE * sum(one.weight for one in below) / whole < _LEAST:
            continue
        found = [Next(key, WHOLE * weight / whole, through) for key, weight in _heaviest(below, lock)]
        found = [one for one in found if one.share >= _LEAST / 2]
        if found:
            return tuple(found)
    return ()


def _outer(lock: Key, before: Iterable[Sample]) -> list[str]:
    """Return the functions above the caller of a lock, from the nearest to the outermost, along the heaviest path."""
    paths: dict[tuple[str, ...], float] = defaultdict(float)
    for one in folding.in_locks(before):
        if lock_of(one.stack) == lock:
            outer = one.stack[owner(one.stack).depth + 1 :]
            paths[tuple(plain(frame.symbol) for frame in outer)] += one.weight
    if not paths:
        return []
    heaviest = max(paths, key=lambda path: (paths[path], path))
    everywhere = names().threads  # being below one of these says nothing
    return [name for name in heaviest if name not in everywhere]


def _heaviest(samples: Iterable[Sample], but: Key) -> list[tuple[Key, float]]:
    """Return the heaviest lock and the heaviest function with their weights."""
    weights: dict[Key, float] = defaultdict(float)
    for one in samples:
        symbol = plain(one.stack[0].symbol)
        wanted = lock_of(one.stack)
        if wanted is not None:
            weights[wanted] += one.weight
        elif folding.role(symbol) not in INSIDE:
            weights[Key(SYMBOL, symbol)] += one.weight
    weights.pop(but, None)
    tops = [
        max(
            (pair for pair in weights.items() if pair[0].kind == kind),
            key=lambda pair: (pair[1], pair[0]),
            default=None,
        )
        for kind in (LOCK, SYMBOL)
    ]
    found = [one for one in tops if one is not None]
    is_lock_first = len(found) < 2 or found[0][1] >= _HALF * found[1][1]
    return found if is_lock_first else found[::-1]
