"""Cache lines that CPUs pass around without anybody waiting for a lock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import family, plain, role
from lockwright.profiles.diagnosis.hot import COUNT, share_of
from lockwright.profiles.diagnosis.owners import named, past_atomic
from lockwright.profiles.symbols import ATOMIC, UNLOCK

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.facts import Facts
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import SharedLine

LINE_ROLE = "line"  # of functions that change a shared word; a table without it has none of them
_BESIDE = 0.1  # of taking: as much waiting, and somebody is seen to wait
_WRITER = 0.1  # of what a line's worst place has: less does not count


@dataclass(frozen=True, slots=True)
class Touch:
    """A place of a line, and who touches it.

    Args:
        offset: Bytes from the start of the line.
        symbol: The function with most transfers, or stores.
        stores: Whether anybody writes there.
        transfers: Loads that another cache had to answer.
    """

    offset: int
    symbol: str
    stores: bool
    transfers: float


def touches(line: SharedLine) -> tuple[Touch, ...]:
    """Return the places of a line that matter, the one with most transfers first."""
    places: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    loads: dict[int, float] = defaultdict(float)
    stores: dict[int, float] = defaultdict(float)
    for one in line.accesses:
        moved = one.hitm_local + one.hitm_remote + one.peer
        places[one.offset][plain(one.symbol)] += moved + one.stores
        loads[one.offset] += moved
        stores[one.offset] += one.stores
    found = [Touch(at, max(who, key=lambda name: who[name]), stores[at] > 0, loads[at]) for at, who in places.items()]
    found.sort(key=lambda one: -(one.transfers + stores[one.offset]))
    worst = max((one.transfers + stores[one.offset] for one in found), default=0.0)
    return tuple(one for one in found if one.transfers + stores[one.offset] >= _WRITER * worst)


def is_of_lock(line: SharedLine) -> bool:
    """Return whether functions of locking touch a line most."""
    most = touches(line)
    return bool(most) and role(most[0].symbol) not in {"", LINE_ROLE, ATOMIC}


def line_percent(facts: Facts) -> float:
    """Return the share of functions that change a shared count, by role or by name."""
    known = sum(one.weight for one in facts.view.samples if role(one.stack[0].symbol) == LINE_ROLE)
    return facts.view.busy(known) + share_of(facts.hot, COUNT)


@dataclass(frozen=True, slots=True)
class Atomics:
    """Atomic operations that belong to no lock.

    Args:
        function: The one with most of them.
        caller: The function that calls it; empty if unknown.
        share_percent: All of them, of busy time.
    """

    function: str
    caller: str
    share_percent: float


def atomics(facts: Facts) -> Atomics | None:
    """Return the atomic operations of a program that no lock is made of; None if there are none."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for one in facts.others:
        at = past_atomic(one.stack)
        if at and role(one.stack[0].symbol) == ATOMIC:
            sums[plain(one.stack[0].symbol), named(one.stack, at)] += one.weight
    if not sums:
        return None
    function, caller = max(sums, key=lambda pair: sums[pair])
    return Atomics(function, caller, facts.view.busy(sum(sums.values())))


def passing_percent(facts: Facts, group: Group) -> float:
    """Return the share of taking and releasing a kind of lock that hardly anybody is seen to wait for."""
    if group.waiting + group.waking >= _BESIDE * group.taking:
        return 0.0
    released = sum(
        one.weight
        for one in facts.view.samples
        if role(one.stack[0].symbol) == UNLOCK and _lock(one.stack[0].symbol) == group.kind
    )
    return facts.view.busy(group.taking + released)


def _lock(symbol: str) -> str:
    found = family(symbol)
    return found.lock if found else ""
