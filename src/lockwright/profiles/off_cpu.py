"""What tools record that take no samples: time off the CPU, and calls of a function at which a probe was set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.model import Profile, Sample, Stack, Wait
from lockwright.profiles.symbols import SCHEDULE, SLEEP, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OFF_CPU = "off-cpu"
"""The event of samples whose weights are nanoseconds in which a thread did not run."""
_SWITCHES = frozenset(
    {"finish_task_switch", "finish_task_switch.isra.0", "__switch_to", "__switch_to_asm", "prepare_to_swait"}
)
_MOSTLY = 0.5


def _is_schedule(symbol: str) -> bool:
    return folding.plain(symbol) in _SWITCHES or folding.role(symbol) == SCHEDULE


def sleeps(stacks: Iterable[Stack]) -> bool:
    """Return whether most stacks begin where the scheduler switches threads: a profile of what did not run."""
    kinds = [_is_schedule(one[0].symbol) for one in stacks if one]
    return sum(kinds) > _MOSTLY * len(kinds)


def sleeper(stack: Stack) -> Stack:
    """Return a stack from the function that gave up the CPU, without those that did it for it; empty if none stands."""
    start = next((at for at, one in enumerate(stack) if not _is_schedule(one.symbol)), len(stack))
    return stack[start:]


def waiting(stack: Stack) -> Stack:
    """Return a stack from the function of a lock that sleeps in it; empty if it sleeps for something else."""
    inside = sleeper(stack)
    found = folding.family(inside[0].symbol) if inside else None
    return inside if found is not None and found.lock and found.role in WAITING else ()


def waits(samples: Sequence[Sample]) -> tuple[Wait, ...]:
    """Return the waits for locks among times off the CPU; how many they were is not known."""
    found = []
    for one in samples:
        stack = waiting(one.stack)
        if stack:
            found.append(Wait("", kind_of(stack), stack, 0, 0, one.weight, 0.0, one.command))
    return tuple(found)


def call(stack: Stack, count: int, total_ns: float = 0.0, command: str = "") -> Wait | None:
    """Return calls of the innermost function of a stack as waits; None if it is none that waits for a lock.

    Args:
        stack: The innermost function is the one that was called.
        count: How often.
        total_ns: How long all calls took; 0 if unknown.
        command: Who called.
    """
    found = folding.family(stack[0].symbol) if stack else None
    if found is None or found.role not in WAITING:
        return None
    return Wait("", kind_of(stack), stack, count, count if total_ns else 0, total_ns, 0.0, command)


def counted(profile: Profile, title: str) -> Profile:
    """Return a profile of calls: no samples of what ran, but waits where the function waits for a lock.

    Args:
        profile: Its samples are calls.
        title: What was counted.
    """
    calls = [(one, call(one.stack, one.count, 0.0, one.command)) for one in profile.samples]
    return replace(
        profile,
        samples=tuple(replace(one, event=f"calls of {title}") for one, wait in calls if wait is None),
        waits=tuple(wait for _, wait in calls if wait is not None),
        facts={**profile.facts, "counted": f"calls of {title}: nothing was sampled"},
    )


def kind_of(stack: Stack) -> str:
    """Return the kind of lock as `perf lock contention` calls it: with `:R` or `:W` where the function says it."""
    slow = [one for one in stack if folding.role(one.symbol) in WAITING]
    lock = next((family.lock for one in slow if (family := folding.family(one.symbol)) and family.role == SLEEP), "")
    lock = lock or next((family.lock for one in slow if (family := folding.family(one.symbol))), "lock")
    if lock not in {"rwsem", "rwlock"}:
        return lock
    names = " ".join(one.symbol for one in slow)
    return f"{lock}:W" if "write" in names else f"{lock}:R" if "read" in names else lock
