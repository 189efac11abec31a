"""The locks behind the first one, and whether they are on the same way through the program."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import plain
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.diagnosis.owners import is_nameless
from lockwright.profiles.diagnosis.result import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Stack

_LINKS = 3  # that are kept
_LEAST_PERCENT = 0.5  # of busy time, or of all waiting: less is no next limit
_ADDRESS = re.compile("(?:0x)?[0-9a-f]{4,16}")
_COMMON = 0.5  # of a group's weight must go through a function for it to be on its way


def chain_of(groups: Iterable[Group], first: Group, shares: dict[int, float], *, has_stacks: bool) -> tuple[Link, ...]:
    """Return the next locks.

    Args:
        groups: All of them, the heaviest first.
        first: The one that is diagnosed.
        shares: Of each group in percent, by its `id`.
        has_stacks: Whether callers are known.
    """
    ways, links = _ways(first), []
    for one in groups:
        if one is first or shares[id(one)] < _LEAST_PERCENT:
            continue
        others = _ways(one)
        through = _common(ways, others)
        is_known = has_stacks and bool(ways) and bool(others)
        caller = next((who for who, _ in one.by_caller() if who), "")
        links.append(
            Link(one.kind, caller, shares[id(one)], bool(through) if is_known else None, through, _name(one.lock))
        )
    links.sort(key=lambda one: (not one.same_path, -one.share_percent))
    return tuple(links[:_LINKS])


def _name(lock: str) -> str:
    """Return the name of a lock without its address; empty if it has none."""
    name = lock.partition("@")[0]
    return "" if _ADDRESS.fullmatch(name) else name


def _ways(group: Group) -> dict[str, float]:
    """Return by function what part of a group goes through it, without those that everything goes through."""
    sums: dict[str, float] = defaultdict(float)
    whole = 0.0
    for sample, whose in group.members:
        whole += sample.weight
        for name in _names(sample.stack, whose.depth):
            sums[name] += sample.weight
    for wait, whose in group.waits:
        amount = wait.total_ns or wait.contended  # of tasks seen at a moment only their number is known
        whole += amount
        for name in _names(wait.stack, whose.depth):
            sums[name] += amount
    return {name: weight / whole for name, weight in sums.items()} if whole else {}


def _names(stack: Stack, depth: int) -> list[str]:
    """Return the functions from the caller outward, each once."""
    everywhere = names().threads
    found = (plain(frame.symbol) for frame in stack[depth:] if not is_nameless(frame))
    return list(dict.fromkeys(one for one in found if one not in everywhere))


def _common(one: dict[str, float], other: dict[str, float]) -> str:
    """Return the function that most of both go through; empty if none."""
    both = {name: min(share, other[name]) for name, share in one.items() if name in other}
    name = max(both, key=lambda name: both[name], default="")
    return name if name and both[name] >= _COMMON else ""
