"""Whose wait a stack is: the lock that was really wanted, and by whom.

The innermost function often waits for a lock that is only a part of another one: the spin lock of a futex bucket, or
the one inside an rwsem.  The lock that the program contends for is the outermost of those that stand next to each
other on the stack: a user mutex, where a futex lies between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lockwright.profiles.diagnosis.base import family, plain, role
from lockwright.profiles.diagnosis.names import names, suggestion
from lockwright.profiles.futex_events import made_lock, may_be_lock
from lockwright.profiles.symbols import (
    ACQUIRE,
    ATOMIC,
    EVENT,
    GIVING_UP,
    IDLE,
    INSIDE,
    PAUSE,
    SCHEDULE,
    SLEEP,
    SPIN,
    UNLOCK,
    exits,
)

if TYPE_CHECKING:
    from lockwright.profiles.model import Frame, Stack

FUTEX, CONDITION = "futex", "condition"
_EITHER = frozenset({FUTEX, CONDITION, "POSIX semaphore"})  # what a function that waits for work may be made of
_FRAMES = 8  # that a runtime may have between its lock and the condition it is made of
_NAMELESS_FRAMES = 4  # that a lock may have among its own, in a program without its symbols
_OF_CONDITIONS = "pthread lock"  # the kind of their mutex
_NAMES = 1 << 16  # whose marks are kept
_QUEUE = "mutex or rwsem"  # which of the two, the frames around it tell
_SPINNING = frozenset({"", "spinlock", "rwlock"})  # kinds that may be a part of sleeping for another lock
_NAMELESS = re.compile(r"\[unknown\]|0x[0-9a-f]+|\[\.+\]|\?+")


WAITS, TAKES, WAKES, RELEASES = "waits", "takes", "wakes", "releases"
_DOES = {SPIN: WAITS, SLEEP: WAITS, ACQUIRE: TAKES, UNLOCK: RELEASES}


@dataclass(frozen=True, slots=True)
class Owner:
    """The lock that a stack waits for, takes or releases.

    Args:
        kind: Of lock, as in `symbols.toml`; without `:R` and `:W`.
        caller: Who wanted it; empty if no name stands there.
        within: The caller's own caller; empty likewise.
        depth: The index of the caller in the stack; that of the last frame if there is none.
        function: The function of locking that it is in; of those on the way to sleep, or to wake others, the slow path.
        does: `waits` (spins, sleeps or is on the way to it), `takes`, `wakes` (others that wait) or `releases`.
        through_futex: Whether a user lock sleeps, or wakes, in the kernel.
    """

    kind: str
    caller: str
    within: str
    depth: int
    function: str
    does: str
    through_futex: bool


NOBODY = Owner("", "", "", 0, "", "", through_futex=False)


def placed(stack: Stack) -> Owner | None:
    """Return whose lock a sample or a wait is about; None if it is about none.

    The innermost function decides if it is one of locking.  If it is not, or if it waits for a spin lock, a slow path
    further out does: whoever gives up the CPU there, or wakes others, does it for that lock.
    """
    start = 0
    while start + 1 < len(stack) and role(stack[start].symbol) == IDLE:  # a halted waiter
        start += 1
    made_of = past_atomic(stack, start)
    if made_of < len(stack) and _does(stack[made_of]):
        start = made_of
    inner = _does(stack[start])
    near = _owner(stack, start, inner) if inner else None
    if near is not None and near.kind not in _SPINNING:
        return near
    at = _slow_path(stack)
    if at is None:
        return near
    far = _owner(stack, at, WAITS if role(stack[at].symbol) == SLEEP else WAKES)
    if near is not None and near.depth > at:  # the slow path is a part of the same run of functions
        return near
    return far


def past_atomic(stack: Stack, at: int = 0) -> int:
    """Return the index of the first function from there on that is no atomic operation, and no pause."""
    while at < len(stack) and role(stack[at].symbol) in {ATOMIC, PAUSE}:
        at += 1
    return at


def owner(stack: Stack) -> Owner:
    """Return whose lock a stack is about whose innermost function is one of locking."""
    return _owner(stack, 0, _does(stack[0]))


def _does(frame: Frame) -> str:
    found = family(frame.symbol)
    return _DOES.get(found.role, "") if found and found.lock else ""


def _slow_path(stack: Stack) -> int | None:
    """Return the index of the first function, from the inside, in which waiters sleep or are woken."""
    for at, frame in enumerate(stack):
        mark = _mark(frame.symbol)
        if mark is not None:
            return at if mark else None
    return None


@lru_cache(maxsize=_NAMES)
def _mark(symbol: str) -> bool | None:
    """Return True for a function in which waiters sleep or are woken, False for an interrupt's, None for others."""
    found = family(symbol)
    if found is None:
        return False if names().interrupt.fullmatch(symbol) else None
    return True if found.role == SLEEP or (found.role == UNLOCK and _WAKING.search(symbol)) else None


_WAKING = re.compile("wake|unlock_slow|unlock_pi")


def _owner(stack: Stack, start: int, does: str) -> Owner:
    kind, futex, at, known = "", False, start, names()
    while at < len(stack):
        frame = stack[at]
        found = family(frame.symbol)
        if found and found.role == SCHEDULE and kind:
            break  # the lock of a run queue, whoever gives up the CPU
        name = plain(frame.symbol)
        if name in known.retaken:
            kind = _OF_CONDITIONS
        elif kind and (name in known.condition or (found and found.role == EVENT)):
            kind = CONDITION if kind in _EITHER else kind
        elif found and found.role in INSIDE:
            kind = _outer(kind, found.lock)
            futex = futex or found.lock == FUTEX
        elif kind == CONDITION and not all(map(may_be_lock, stack[start:at])):
            break
        elif kind == CONDITION and (made := made_lock(stack, at)):
            kind, at = made, next(past for past in range(at, len(stack)) if not is_nameless(stack[past]))
            break
        elif kind and (further := _further_out(stack, at, kind)):
            at = further
            continue
        elif not (kind and (_wraps(frame.symbol) or (futex and frame.symbol in known.entry))):
            break
        at += 1
    caller = named(stack, at) or place(stack, at)
    caller = GIVING_UP if caller in exits() else caller
    within = named(stack, at + 1)
    if caller in known.threads:
        caller = within = ""  # whoever wanted it has left no frame
    return Owner(
        kind,
        caller,
        "" if within in known.threads else within,
        min(at, len(stack) - 1),
        plain(stack[start].symbol),
        does,
        futex,
    )


def _further_out(stack: Stack, at: int, kind: str) -> int:
    """Return the index of the frame further out in which a lock goes on; 0 if it does not.

    A lock may be made of a condition, a few frames further out; and frames without a name may lie between its own.
    """
    if kind == CONDITION:
        for further in range(at + 1, min(at + _FRAMES, len(stack))):
            found = family(stack[further].symbol)
            if found and found.role in {ACQUIRE, SLEEP}:
                return further
    further = at
    while further < min(at + _NAMELESS_FRAMES, len(stack)) and is_nameless(stack[further]):
        further += 1
    if at < further < len(stack):
        found = family(stack[further].symbol)
        return further if found and found.role in INSIDE and found.lock else 0
    return 0


def _wraps(symbol: str) -> bool:
    """Return whether a function is the method of a class that wraps a lock: whoever calls it wanted it."""
    return bool(names().wrapper.fullmatch(symbol)) or ("::" in symbol and suggestion(symbol)[0] == "lock")


def _outer(inner: str, outer: str) -> str:
    if not outer or (inner and outer == _QUEUE):
        return inner
    return outer


def named(stack: Stack, at: int) -> str:
    """Return the plain name of a frame; empty if there is none, or none with a name."""
    if at >= len(stack) or is_nameless(stack[at]):
        return ""
    return plain(stack[at].symbol)


def place(stack: Stack, at: int) -> str:
    """Return where in a program a frame without a name lies, such as `mariadbd+0xde2b6c`; empty if nothing tells.

    It stands for the function in a program whose symbols were stripped. Code that was made at run time has no place
    that another run would have, and of a C library the function says nothing of who wanted a lock.
    """
    if at >= len(stack) or stack[at].address is None:
        return ""
    got = _PROGRAM.fullmatch(stack[at].module)
    if got is None or _LIBC.match(got["name"]) or stack[at].symbol != "[unknown]":
        return ""
    return f"{got['name']}+{stack[at].address:#x}"


def is_place(symbol: str) -> bool:
    """Return whether what stands for a function is a place in a program without symbols."""
    return _PLACE.fullmatch(symbol) is not None


_PROGRAM = re.compile(r"/(?!tmp/perf-|memfd:)(?:[^/]+/)*(?P<name>[^/\s]+)(?: \(deleted\))?")
_LIBC = re.compile(r"(?:lib(?:c|pthread|m|rt)|ld)(?:-|\.|-linux)[\w.-]*|ld-musl.*|linux-vdso.*")
_PLACE = re.compile(r"[^\s+]+\+0x[0-9a-f]+")


def is_nameless(frame: Frame) -> bool:
    """Return whether the profiler had no name for an address."""
    return _is_nameless(frame.symbol)


@lru_cache(maxsize=_NAMES)
def _is_nameless(symbol: str) -> bool:
    return _NAMELESS.fullmatch(symbol) is not None


_OBJECT = re.compile(r"\[kernel[\w.]*\]|\[vdso\]|.+\.(?:so(?:\.[\d.]+)?|ko)")


def is_object(symbol: str) -> bool:
    """Return whether what stands for a function is a file: the profile was sorted by objects."""
    return _OBJECT.fullmatch(symbol) is not None
