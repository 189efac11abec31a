"""Whose wait a stack is: the lock that was really wanted, and by whom.

The innermost function often waits for a lock that is only a part of another one: the spin lock of a futex bucket, or
the one inside an rwsem.  The lock that the program contends for is the outermost of those that stand next to each
other on the stack: a user mutex, where a futex lies between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import family, plain, role
from lockwright.profiles.diagnosis.names import names
from lockwright.profiles.symbols import INSIDE, SCHEDULE

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Stack

FUTEX = "futex"
_QUEUE = "mutex or rwsem"  # which of the two, the frames around it tell
_NAMELESS = re.compile(r"\[unknown\]|0x[0-9a-f]+|\[\.+\]|\?+")


@dataclass(frozen=True, slots=True)
class Owner:
    """The lock that a stack waits for, takes or releases.

    Args:
        kind: Of lock, as in `symbols.toml`; without `:R` and `:W`.
        caller: Who wanted it; empty if no name stands there.
        within: The caller's own caller; empty likewise.
        depth: The index of the caller in the stack; that of the last frame of locking if there is none.
        through_futex: Whether a user lock sleeps, or wakes, in the kernel.
    """

    kind: str
    caller: str
    within: str
    depth: int
    through_futex: bool


def owner(stack: Stack) -> Owner:
    """Return whose lock this is; the innermost function must be one of locking."""
    kind, futex, at, known = "", False, 0, names()
    while at < len(stack):
        frame = stack[at]
        found = family(frame.symbol)
        if found and found.role == SCHEDULE and kind:
            break  # the lock of a run queue, whoever gives up the CPU
        if found and found.role in INSIDE:
            kind = _outer(kind, found.lock)
            futex = futex or found.lock == FUTEX
        elif not (kind and (known.wrapper.fullmatch(frame.symbol) or (futex and frame.symbol in known.entry))):
            break
        at += 1
    return Owner(kind, named(stack, at), named(stack, at + 1), min(at, len(stack) - 1), futex)


def _outer(inner: str, outer: str) -> str:
    if not outer or (inner and outer == _QUEUE):
        return inner
    return outer


def named(stack: Stack, at: int) -> str:
    """Return the plain name of a frame; empty if there is none, or none with a name."""
    if at >= len(stack) or is_nameless(stack[at]):
        return ""
    return plain(stack[at].symbol)


def is_nameless(frame: Frame) -> bool:
    """Return whether the profiler had no name for an address."""
    return _NAMELESS.fullmatch(frame.symbol) is not None


def is_of_locks(frame: Frame) -> bool:
    """Return whether a function stands between a wait and whoever wanted the lock."""
    return role(frame.symbol) in INSIDE
