"""Pure functions over samples: plain names, what a function is, idle out of the base, a lock by its caller."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from lockwright.profiles.model import Frame, Sample, Stack, Wait
from lockwright.profiles.symbols import GIVING_UP, IDLE, INSIDE, SCHEDULE, WAITING, Family, entries, exits, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SUFFIX = re.compile(
    r"(?:\.(?:part|constprop|isra|llvm|lto_priv|clone)(?:\.\d+)+|\.(?:cold|localalias)(?:\.\d+)*|\.abi0|@@?[A-Z][\w.]*)+$"
)
_Key = TypeVar("_Key")
NAMELESS = "[unknown]"  # as perf writes it
UNKNOWN = ""
"""The caller of a lock that no stack names."""


@lru_cache(maxsize=1 << 16)  # a profile has thousands of names, and asks for each of them thousands of times
def plain(symbol: str) -> str:
    """Return a name without what compilers and linkers add: `.part.0`, `.isra.0`, `.cold`, `.abi0`, `@@GLIBC_2.34`."""
    return _SUFFIX.sub("", symbol) or symbol


def family(symbol: str) -> Family | None:
    """Return what a function is; None if the table does not know it."""
    return find(plain(symbol))


def role(symbol: str) -> str:
    """Return the role of a function; empty if the table does not know it."""
    found = family(symbol)
    return found.role if found else ""


def strip_suffixes(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return samples with plain names, those that became equal as one."""
    kept: dict[Frame, Frame] = {}

    def stripped(frame: Frame) -> Frame:
        found = kept.get(frame)
        if found is None:
            found = kept[frame] = replace(frame, symbol=plain(frame.symbol))
        return found

    return merged(replace(one, stack=tuple(map(stripped, one.stack))) for one in samples)


def merge_commands(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return samples without command and CPU, those that became equal as one."""
    return merged(replace(one, command="", cpu=None) for one in samples)


def fold(samples: Iterable[Sample]) -> dict[tuple[str, ...], float]:
    """Return the weight of each stack of plain names, the outermost first, as folded stacks are written."""
    weights: dict[tuple[str, ...], float] = defaultdict(float)
    for one in samples:
        weights[tuple(plain(frame.symbol) for frame in reversed(one.stack))] += one.weight
    return dict(weights)


def merged(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return samples, those that differ in weight and count alone as one."""
    sums: dict[tuple[Stack, str, int | None, str], list[float]] = {}
    for one in samples:
        found = sums.setdefault((one.stack, one.command, one.cpu, one.event), [0.0, 0])
        found[0] += one.weight
        found[1] += one.count
    return tuple(
        Sample(stack, weight, int(count), command, cpu, event)
        for (stack, command, cpu, event), (weight, count) in sums.items()
    )


def is_idle(sample: Sample) -> bool:
    """Return whether the CPU had nothing to do; a lock taken in the idle task is work."""
    return role(sample.stack[0].symbol) == IDLE


def without_idle(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return the samples in which a CPU did something."""
    return tuple(one for one in samples if not is_idle(one))


def by_symbol(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the weight of each function itself, by its plain name, the heaviest first."""
    return _summed(samples, lambda one: plain(one.stack[0].symbol))


def by_role(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the weight of functions by their role, the heaviest first; empty stands for all others."""
    return _summed(samples, lambda one: role(one.stack[0].symbol))


def in_locks(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return the samples whose innermost function takes, or waits for, a lock."""
    return tuple(one for one in samples if role(one.stack[0].symbol) in WAITING)


def caller(stack: Stack) -> Frame | None:
    """Return who wanted the lock: the first function that is no part of locking; None if no name stands there.

    Where the way through the locking functions ends at the entry of a system call, which wants no lock, it is the
    function that took the innermost lock, such as `futex_wake`.  The lock of a run queue is the scheduler's, whoever
    gives up the CPU: also on the way out of the kernel, where no frame tells of it.
    """
    taker = next((at for at, frame in enumerate(stack) if not _takes_spin_lock(frame)), len(stack))
    if 0 < taker < len(stack) and role(stack[taker].symbol) == SCHEDULE:
        return stack[taker]
    at = next((at for at, frame in enumerate(stack) if role(frame.symbol) not in INSIDE), None)
    if at is None or stack[at].symbol == NAMELESS:
        return None
    name = plain(stack[at].symbol)
    if name in exits():
        return replace(stack[at], symbol=GIVING_UP)
    if name in entries():
        return stack[taker if 0 < taker < at else at - 1] if at else None
    return stack[at]


_SPINNING = frozenset({"spinlock", "rwlock"})


def _takes_spin_lock(frame: Frame) -> bool:
    found = family(frame.symbol)
    return found is not None and found.role in WAITING and found.lock in _SPINNING


def by_caller(samples: Iterable[Sample]) -> dict[tuple[str, str], float]:
    """Return the weight of each pair of a locking function and who wanted the lock, the heaviest first.

    Only samples whose innermost function takes a lock, or waits for one, count. The caller is `UNKNOWN` where the
    stack ends before.
    """
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for one in in_locks(samples):
        who = caller(one.stack)
        weights[plain(one.stack[0].symbol), plain(who.symbol) if who else UNKNOWN] += one.weight
    return _heaviest_first(weights)


def _summed(samples: Iterable[Sample], key: Callable[[Sample], str]) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for one in samples:
        weights[key(one)] += one.weight
    return _heaviest_first(weights)


def _heaviest_first(weights: Mapping[_Key, float]) -> dict[_Key, float]:
    return dict(sorted(weights.items(), key=lambda pair: -pair[1]))


def by_event(samples: Iterable[Sample]) -> dict[str, tuple[Sample, ...]]:
    """Return the samples of each event, the one with most samples, or with the largest share, first."""
    events: dict[str, list[Sample]] = defaultdict(list)
    for one in samples:
        events[one.event].append(one)
    counts = {
        event: (sum(one.count for one in found), sum(one.weight for one in found)) for event, found in events.items()
    }
    return {event: tuple(events[event]) for event in sorted(events, key=lambda event: counts[event], reverse=True)}


@dataclass(frozen=True, slots=True)
class CallerWaits:
    """All waits for locks of one kind by one caller; times are those of waits that ended.

    Args:
        kind: Of the lock, such as `rwsem:W`.
        caller: Who wanted it; `UNKNOWN` if no stack names it.
        locks: How many different locks that were; 0 where they have no address.
        contended: How many waits began.
        ended: How many ended.
        total_ns: All of them together.
        longest_ns: The longest one.
        name: Where no stack names a caller: the lock, or whose waits they are, or who held it, as far as that is known.
    """

    kind: str
    caller: str
    locks: int
    contended: int
    ended: int
    total_ns: float
    longest_ns: float
    name: str = ""


def waits_by_caller(waits: Iterable[Wait]) -> tuple[CallerWaits, ...]:
    """Return waits by kind and caller, or by what else names them, the longest total first."""
    groups: dict[tuple[str, str, str], list[Wait]] = defaultdict(list)
    for wait in waits:
        who = outermost(wait.stack)
        groups[wait.kind, plain(who.symbol) if who else UNKNOWN, "" if who else _named(wait)].append(wait)
    found = [
        CallerWaits(
            kind,
            who,
            len({one.lock for one in group} - {""}),
            sum(one.contended for one in group),
            sum(one.ended for one in group),
            sum(one.total_ns for one in group),
            max(one.longest_ns for one in group),
            name,
        )
        for (kind, who, name), group in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.total_ns))


def outermost(stack: Stack) -> Frame | None:
    """Return who wanted the lock, else the outermost function; None where a system call is all that is known."""
    who = caller(stack) or (stack[-1] if stack else None)
    return None if who is None or plain(who.symbol) in entries() else who


def _named(wait: Wait) -> str:
    """Return what names a wait that has no stack."""
    held = f"held by {wait.owner}" if wait.owner else ""
    return wait.lock or held or (f"task {wait.command}" if wait.command else "")
