"""Loops that wait for another CPU, and atomic operations that are hot: what the instructions of a function show.

A loop waits if nothing in it can end it: it stores nothing, and no register carries a value from one turn to the next,
so that each turn does the same as the one before it, until what it loads from memory is changed by somebody else.  One
that has an instruction for such loops (`pause`, `yield`, `wfe`) waits, too, also if it counts its turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.machine_code.instruction import effect
from lockwright.profiles.model import ATOMIC, QUEUES, RETRIES, TAKES, WAITS, Loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockwright.profiles.machine_code.instruction import Effect
    from lockwright.profiles.machine_code.listing import Listing

_LONGEST = 64  # instructions of a loop that waits
_LEAST_PERCENT = 10.0  # of the samples of a function: less is no matter
_SHOWN = 12  # instructions that are named


@dataclass(frozen=True, slots=True)
class _Span:
    """From the first to the last instruction of a loop, by index."""

    first: int
    last: int

    def touches(self, other: _Span) -> bool:
        return self.first <= other.last + 1 and other.first <= self.last + 1


def loop_of(listing: Listing) -> Loop | None:
    """Return the loop of a function that waits, else the atomic operation that is hot in it; None if neither is.

    Args:
        listing: Its instructions with their shares.
    """
    effects = [effect(one.text) for one in listing.rows]
    loops = list(_loops(listing, effects))
    waiting = _merged(one for one in loops if _waits(effects[one.first : one.last + 1]))
    found = max(waiting, key=lambda one: _share(listing, one), default=None)
    if found is not None and _share(listing, found) >= _LEAST_PERCENT:
        takes = any(one.is_atomic for one in effects[found.first : found.last + 1])
        queues = any(one.is_atomic for one in effects[: found.first])
        return _loop(listing, found, TAKES if takes else QUEUES if queues else WAITS)
    retrying = [one for one in loops if any(each.is_atomic for each in effects[one.first : one.last + 1])]
    retrying = [one for one in retrying if one.last - one.first < _LONGEST and not _stores(effects, one)]
    found = max(retrying, key=lambda one: _share(listing, one), default=None)
    if found is not None and _share(listing, found) >= _LEAST_PERCENT:
        return _loop(listing, found, RETRIES)
    return _atomic(listing, effects)


def _loops(listing: Listing, effects: Sequence[Effect]) -> Iterable[_Span]:
    """Yield the loops: each jump back, to where it jumps."""
    places = {one.address.lstrip("0"): at for at, one in enumerate(listing.rows) if one.address}
    for at, one in enumerate(effects):
        first = places.get(one.target.lstrip("0")) if one.target else None
        if first is not None and first <= at:
            yield _Span(first, at)


def _waits(body: Sequence[Effect]) -> bool:
    """Return whether nothing in a loop can end it."""
    if len(body) > _LONGEST or any(one.stores or one.leaves for one in body):
        return False
    if not any(one.loads for one in body) or not any(one.is_conditional for one in body):
        return False
    if any(one.is_pause for one in body):
        return True
    changed = frozenset[str]().union(*(one.writes for one in body))
    fresh: set[str] = set()
    for one in body:
        if (one.reads & changed) - fresh:
            return False  # carried over from the turn before
        fresh |= one.writes
    return True


def _stores(effects: Sequence[Effect], span: _Span) -> bool:
    return any(one.stores or one.leaves for one in effects[span.first : span.last + 1])


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """Return spans, those that overlap as one: the loop that looks, and the one around it that tries."""
    found: list[_Span] = []
    for one in sorted(spans, key=lambda span: span.first):
        if found and found[-1].touches(one):
            found[-1] = _Span(found[-1].first, max(found[-1].last, one.last))
        else:
            found.append(one)
    return found


def _share(listing: Listing, span: _Span) -> float:
    return sum(one.share_percent for one in listing.rows[span.first : span.last + 1])


def _loop(listing: Listing, span: _Span, kind: str) -> Loop:
    texts = tuple(one.text for one in listing.rows[span.first : span.last + 1] if not one.text.startswith("nop"))
    return Loop(listing.symbol, listing.module, kind, min(100.0, _share(listing, span)), texts[:_SHOWN])


def _atomic(listing: Listing, effects: Sequence[Effect]) -> Loop | None:
    """Return the hottest atomic operation: its samples are on it, or on the instruction behind it."""
    places = [at for at, one in enumerate(effects) if one.is_atomic]
    best = max(places, key=lambda at: _share(listing, _Span(at, at + 1)), default=None)
    if best is None or _share(listing, _Span(best, best + 1)) < _LEAST_PERCENT:
        return None
    return _loop(listing, _Span(best, min(best + 1, len(effects) - 1)), ATOMIC)
