"""Sleepers without callers, and who wakes them: a lock of user space whose waiters' stacks end in the C library."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import plain
from lockwright.profiles.diagnosis.owners import FUTEX, WAKES, is_nameless

if TYPE_CHECKING:
    from lockwright.profiles.diagnosis.groups import Group
    from lockwright.profiles.model import Stack

_ALMOST_ALL = 0.9  # of the waking: nobody else can have woken most of those that sleep
_GLIBC_WAITS = frozenset({"__futex_abstimed_wait_common", "__futex_abstimed_wait_common64", "futex_wait_simple"})
"""glibc, nptl/futex-internal.c: where semaphores, conditions, barriers and joins sleep; a mutex sleeps elsewhere."""


def with_sleepers(groups: list[Group]) -> list[Group]:
    """Return groups, the sleepers whose stacks end in the C library joined to the lock that all wakers wake for.

    Who sleeps on a futex is woken by somebody. Without frame pointers in the C library a stack ends where it sleeps,
    and that of the waker, one call further in, does not: it tells what kind of lock that is.
    """
    waking: dict[str, float] = defaultdict(float)
    for group in groups:
        for sample, whose in group.members:
            if whose.does == WAKES and whose.through_futex and group.kind != FUTEX:
                waking[group.kind] += sample.weight
    kind = max(waking, key=lambda one: waking[one], default="")
    if not kind or waking[kind] < _ALMOST_ALL * sum(waking.values()):
        return groups
    wakers = [one for one in groups if one.kind == kind and one.waking and not one.is_own]
    commands = {sample.command for one in wakers for sample, whose in one.members if whose.does == WAKES}
    heaviest = max(wakers, key=lambda one: one.waking, default=None)
    kept = []
    for one in groups:
        is_cut = one.kind == FUTEX and all(_ends_in_libc(sample.stack) for sample, _ in one.members)
        if heaviest is not None and is_cut and {sample.command for sample, _ in one.members} <= commands:
            heaviest.join(one)
            heaviest.has_sleepers_of = True
        else:
            kept.append(one)
    return sorted(kept, key=lambda one: -one.weight)


def _ends_in_libc(stack: Stack) -> bool:
    """Return whether the outermost function with a name is one in which the C library sleeps, or of the kernel below.

    A row of a table without its call graph is the function alone.
    """
    last = next((frame for frame in reversed(stack) if not is_nameless(frame)), None)
    return last is not None and (plain(last.symbol) in _GLIBC_WAITS or len(stack) == 1)
