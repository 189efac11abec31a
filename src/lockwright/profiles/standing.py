"""Where tasks stand at one moment: what debuggers, thread dumps and tables of sessions show.

Each task has a stack, wants a lock or none, and may hold some.  The numbers are of tasks, also of those that sleep: no
time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.model import Profile, Sample, Stack, Wait
from lockwright.profiles.symbols import ATOMIC, EVENT, IDLE, SCHEDULE, UNLOCK, WAITING, entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockwright.profiles.model import Provenance

THREADS, SESSIONS = "threads", "sessions"
"""The events of such samples."""
MOMENTS = "moments"
"""The fact that tells at how many moments one looked."""
IDLE_IN = "idle in transaction"
"""Where a session stands that has begun a transaction, and whose client does not go on."""
DEADLOCK = "deadlock"
"""The fact that tells who waits for whom in a circle."""
BESIDE = "said beside"
"""The fact with sentences that the file says beside who waits, a line each."""
_LWP = re.compile(r" \(LWP \d+\)$")
_NUMBERS = "0123456789-_#:@ ."
_PASSED = re.compile(
    r"\?+|_*(?:GI_+)?(?:futex\w*|syscall|(?:clock_)?nanosleep|usleep|sched_yield|sem(?:op|timedop)|poll|select)"
    r"|(?:std::this_thread::)?(?:yield|sleep_for)|0x[0-9a-f]+"
)
"""Functions between a lock and the system call in which its waiters sleep."""
_LONGEST_CIRCLE = 6  # tasks that are told
_Waits = dict[tuple[str, str, Stack, str, str], Wait]


@dataclass(slots=True)
class Task:
    """Somebody who stands somewhere.

    Args:
        name: Of the thread or session.
        stack: The innermost function first.
        wants: The lock that it waits for, as the file names it; empty if none, or if the file has no name for it.
        kind: The kind of that lock; empty if it waits for none.
        waits_at: The index of the function in which it waits.
        holds: The locks that it has.
        owner: Who has the lock that it wants, where the file says so itself.
        count: How many stand there.
        waited_ns: For how long it has waited so far; 0 if the file does not say.
    """

    name: str
    stack: Stack
    wants: str = ""
    kind: str = ""
    waits_at: int = 0
    holds: list[str] = field(default_factory=list)
    owner: str = ""
    count: int = 1
    waited_ns: float = 0.0


def pool(name: str) -> str:
    """Return the name of a thread without its number: `http-exec-12` is one of `http-exec`."""
    name = _LWP.sub("", name)
    return name.rstrip(_NUMBERS) or name if name[-1:].isdigit() else name


def wanted(stack: Stack) -> tuple[str, int]:
    """Return the kind of lock that a stopped thread waits for, and the index of the function that waits.

    The kind is empty if the stack shows no such wait.  A thread in a function that takes a lock counts, too: it waits,
    or is about to have it.
    """
    inside: list[int] = []
    for at, frame in enumerate(stack):
        family = folding.family(frame.symbol)
        role = family.role if family else ""
        if role == UNLOCK or (role == EVENT and not _is_parking(frame.symbol)):
            return "", 0
        if family and role in WAITING and family.lock:
            inside.append(at)
        elif role not in _BETWEEN and not _is_passed(frame.symbol):
            break
    if not inside:
        return "", 0
    outer = folding.family(stack[inside[-1]].symbol)
    kind = outer.lock if outer else ""
    names = " ".join(stack[at].symbol for at in inside)
    side = next((side for side, pattern in _SIDES if pattern.search(names)), "")
    own = [at for at in inside if (family := folding.family(stack[at].symbol)) and family.lock == kind]
    return f"{kind}{side}", own[0]


_BETWEEN = frozenset({EVENT, IDLE, ATOMIC, SCHEDULE})
_SIDES = ((":W", re.compile(r"wrlock|\$WriteLock")), (":R", re.compile(r"rdlock|\$ReadLock|acquireShared")))


def _is_parking(symbol: str) -> bool:
    """Return whether a thread is parked there, which locks of Java and others are made of."""
    return "park" in symbol or "futex" in symbol


def sleeper(stack: Stack) -> int | None:
    """Return the index of the function that called a futex, or a condition, in which a thread sleeps; None if none."""
    for at, frame in enumerate(stack):
        family = folding.family(frame.symbol)
        known = family is not None and (family.role in _BETWEEN or family.lock in _SLEPT_IN)
        if not (known or _is_passed(frame.symbol)) or frame.symbol in _NAMELESS:
            return at or None
    return None


_SLEPT_IN = frozenset({"futex", "pthread lock"})
_NAMELESS = frozenset({"[unknown]", "??"})


def _is_passed(symbol: str) -> bool:
    return _PASSED.fullmatch(symbol) is not None or symbol in entries()


def profile_of(
    moments: Sequence[Sequence[Task]], origin: Provenance, event: str, facts: Mapping[str, str] | None = None
) -> Profile:
    """Return tasks as a profile: samples are all of them, waits those that want a lock.

    Args:
        moments: The tasks of each moment at which one looked.
        origin: Where they come from.
        event: `THREADS` or `SESSIONS`.
        facts: What else the file says.
    """
    waits: _Waits = {}
    blamed: _Waits = {}
    samples: dict[tuple[Stack, str], int] = defaultdict(int)
    told = {**(facts or {}), MOMENTS: str(len(moments)), "counted": f"{event} that stand somewhere: no time on a CPU"}
    for tasks in moments:
        holders = {lock: one for one in tasks for lock in one.holds}
        named = {one.name: one for one in tasks if one.name}
        if DEADLOCK not in told and (circle := deadlock(tasks, holders)):
            told[DEADLOCK] = circle
        for one in tasks:
            if one.stack:
                samples[one.stack, pool(one.name)] += one.count
            if one.kind:
                _wait(one, holders.get(one.wants) or named.get(one.owner), waits, blamed)
    return Profile(
        origin,
        tuple(Sample(stack, float(count), count, name, None, event) for (stack, name), count in samples.items()),
        tuple(waits.values()),
        "samples",
        any(len(one.stack) > 1 for tasks in moments for one in tasks),
        told,
        blamed=tuple(blamed.values()),
    )


def _wait(one: Task, holder: Task | None, waits: _Waits, blamed: _Waits) -> None:
    """Add the wait of a task, and the stack of who has the lock."""
    holder = None if holder is one else holder
    owner = one.owner or (holder.name if holder else "")
    stack = one.stack[one.waits_at :]
    found = Wait(one.wants, one.kind, stack, one.count, 0, one.waited_ns, one.waited_ns, pool(one.name), owner=owner)
    _add(waits, found)
    if holder and holder.stack:
        _add(blamed, replace(found, stack=holder.stack, command=pool(holder.name)))


def _add(found: _Waits, wait: Wait) -> None:
    key = (wait.lock, wait.kind, wait.stack, wait.command, wait.owner)
    known = found.get(key)
    if known is not None:
        longest_ns = max(known.longest_ns, wait.longest_ns)
        total_ns = known.total_ns + wait.total_ns
        wait = replace(known, contended=known.contended + wait.contended, total_ns=total_ns, longest_ns=longest_ns)
    found[key] = wait


def deadlock(tasks: Sequence[Task], holders: Mapping[str, Task]) -> str:
    """Return who waits for whom in a circle; empty if nobody does."""
    for first in tasks:
        path, at = [first], holders.get(first.wants)
        while at is not None and at is not first and at not in path and len(path) < _LONGEST_CIRCLE:
            path.append(at)
            at = holders.get(at.wants)
        if at is first and len(path) > 1:
            followers = [*path[1:], first]
            return "; ".join(
                f"{one.name} waits for {one.wants}, which {other.name} has"
                for one, other in zip(path, followers, strict=True)
            )
    return ""
