"""A lock that the compiler inlined, told by the instructions of the function that it went into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.groups import named_group
from lockwright.profiles.model import ATOMIC, QUEUES, RETRIES, TAKES, WAITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.diagnosis.hot import Hot
    from lockwright.profiles.model import Loop, Sample

INLINED_KIND = "inlined spin lock"
"""What a loop of instructions is that waits for another CPU."""
_ALL = 100.0  # percent
_SPINS = frozenset({TAKES, QUEUES, WAITS})
_NAMED = 8  # instructions in a sentence
_DOES = {
    TAKES: "tries to take a lock until that succeeds",
    QUEUES: "waits for its turn, after an atomic operation",
    WAITS: "waits until another CPU changes what it loads",
    RETRIES: "tries an atomic operation again while others change its word",
    ATOMIC: "an atomic operation, on whose line it waits",
}


@dataclass(frozen=True, slots=True)
class Inlined:
    """A loop, and what it has of busy time.

    Args:
        loop: What the instructions show.
        share_percent: Of busy time.
        rest_percent: What else its function has of it.
    """

    loop: Loop
    share_percent: float
    rest_percent: float

    @property
    def spins(self) -> bool:
        """Whether it is a loop that waits, not an atomic operation that is slow."""
        return self.loop.kind in _SPINS

    @property
    def is_sure(self) -> bool:
        """Whether it can only be a lock: what waits without a try may wait for anything."""
        return self.loop.kind == TAKES


def inlined_of(loops: Iterable[Loop], hot: Iterable[Hot]) -> Inlined | None:
    """Return the loop with the largest share of busy time; None if none is known of a hot function."""
    shares = {one.symbol: one.share_percent for one in hot}
    found = [
        Inlined(one, part, shares[one.symbol] - part)
        for one in loops
        if one.symbol in shares and (part := shares[one.symbol] * one.share_percent / _ALL) > 0
    ]
    return max(found, key=lambda one: one.share_percent, default=None)


def inlined_group(samples: Iterable[Sample], found: Inlined) -> Group:
    """Return the part of a function's samples that is in its loop."""
    part = found.loop.share_percent / _ALL
    return named_group((replace(one, weight=part * one.weight) for one in samples), found.loop.symbol, INLINED_KIND)


def described(loop: Loop) -> str:
    """Return what the instructions show, in words."""
    names = [_mnemonic(one) for one in loop.instructions]
    texts = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return f"{loop.share_percent:.0f} % of the samples of `{loop.symbol}` are in `{texts}`: {_DOES[loop.kind]}"


def _mnemonic(text: str) -> str:
    first, _, rest = text.partition(" ")
    return f"{first} {rest.partition(' ')[0]}" if first in {"lock", "rep", "repz"} else first
