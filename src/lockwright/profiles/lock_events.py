"""Events of locks, matched for each thread and lock: a wait is from its beginning to its end.

`lock:contention_begin` and `_end` (include/trace/events/lock.h, since Linux 5.19) and the older events of kernels with
lock statistics: `lock:lock_contended` to `lock:lock_acquired`.  The rules are those of `perf lock contention`
(tools/perf/builtin-lock.c of Linux 6.1): a second beginning inside a wait is the spinning phase of a mutex and does
not count; an end without a beginning says nothing.  Where the recorder lost events there are two rules more: a lock
other than a mutex for which a thread begins to wait twice has an end that was lost, and counts from the second time;
and where events were lost, nobody knows whether the waits that were open then have ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles.model import Frame, Holding, Stack, Wait

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGINS = frozenset({"lock:contention_begin", "lock:lock_contended"})
ENDS = frozenset({"lock:contention_end", "lock:lock_acquired"})
ACQUIRE, RELEASE = "lock:lock_acquire", "lock:lock_release"
HOLDS = frozenset({"lock:lock_acquired", RELEASE})
OTHERS = frozenset({ACQUIRE, RELEASE})
_LOCK = re.compile(r"(0x[0-9a-f]{1,16}|[0-9a-f]{8,16})\s*(?:\(flags=([^)]*)\)|(.*))")
_NS_DIGITS = 9

KINDS = {
    "": "semaphore",
    "SPIN": "spinlock",
    "READ|SPIN": "rwlock:R",
    "SPIN|WRITE": "rwlock:W",
    "READ": "rwsem:R",
    "WRITE": "rwsem:W",
    "RT": "rtmutex",
    "READ|RT": "rwlock-rt:R",
    "RT|WRITE": "rwlock-rt:W",
    "PERCPU|READ": "pcpu-sem:R",
    "PERCPU|WRITE": "pcpu-sem:W",
    "MUTEX": "mutex",
    "MUTEX|SPIN": "mutex",
}
"""The names that `perf lock contention` has for the flags of an event."""
_SPIN_FIRST = frozenset({"mutex", "lock"})
"""Locks whose waiters may begin twice: a mutex first spins; what older events call it is not said."""


@dataclass(slots=True)
class _Sum:
    """The waits of one command for one lock along one stack."""

    kind: str
    contended: int = 0
    ended: int = 0
    total_ns: int = 0
    longest_ns: int = 0


@dataclass(slots=True)
class _Held:
    """How often and for how long a lock was held."""

    acquired: int = 0
    total_ns: int = 0
    longest_ns: int = 0


class LockEvents:
    """Waits, as their events come in."""

    def __init__(self) -> None:
        self.seen = False
        self._sums: dict[tuple[str, str, Stack, str], _Sum] = {}
        self._waiting: dict[tuple[str, str], tuple[int, _Sum]] = {}
        self._held: dict[str, _Held] = {}
        self._holding: dict[tuple[str, str], int] = {}
        self._digits = 0
        self._unmatched = 0
        self._endless = 0
        self._lost = 0

    @property
    def has_facts(self) -> bool:
        """Whether an event of a lock was met, or was lost."""
        return self.seen or self._lost > 0

    def holdings(self) -> tuple[Holding, ...]:
        """Return how often and for how long locks were held, where their events say so, by the name of the lock."""
        return tuple(
            Holding(lock, "lock", (), one.acquired, one.total_ns, one.longest_ns) for lock, one in self._held.items()
        )

    def knows(self, event: str) -> bool:
        """Return whether this is an event of a lock."""
        return event in BEGINS or event in ENDS or event in OTHERS

    def needs_stack(self, event: str) -> bool:
        """Return whether the stack of such an event is looked at."""
        return event in BEGINS

    def add(self, event: str, head: Mapping[str, str] | re.Match[str], stack: tuple[Frame, ...]) -> None:
        """Take in one event, given the groups `command`, `thread`, `seconds`, `fraction` and `rest` of its line."""
        self.seen = True
        got = _LOCK.match(head["rest"] or "")
        if got is None or event == ACQUIRE:
            return
        self._digits = max(self._digits, len(head["fraction"]))
        now_ns = int(head["seconds"]) * 10**9 + int(head["fraction"].ljust(_NS_DIGITS, "0"))
        place = (head["thread"].rpartition("/")[2], got[1])
        if event in HOLDS:
            self._hold(event, place, (got[3] or "").strip() or got[1], now_ns)
        if event == RELEASE:
            return
        if event in ENDS:
            self._end(place, now_ns, counts=event not in HOLDS)
        elif place not in self._waiting or self._waiting[place][1].kind not in _SPIN_FIRST:
            self._endless += place in self._waiting
            one = self._sum(got, head["command"].strip(), stack)
            one.contended += 1
            self._waiting[place] = (now_ns, one)

    def lose(self, count: int) -> None:
        """Note that the recorder lost events here."""
        self._lost += count
        self._endless += len(self._waiting)
        self._waiting.clear()

    def waits(self) -> tuple[Wait, ...]:
        """Return the waits so far, in the order in which their stacks were first seen."""
        return tuple(
            Wait(lock, kind, stack, one.contended, one.ended, one.total_ns, one.longest_ns, command)
            for (lock, kind, stack, command), one in self._sums.items()
        )

    def facts(self) -> dict[str, str]:
        """Return how fine the times are, and what could not be matched."""
        facts = {"time resolution": f"{10 ** (_NS_DIGITS - self._digits)} ns"} if self._digits else {}
        if self._waiting or self._endless:
            facts["waits without an end"] = str(len(self._waiting) + self._endless)
        if self._unmatched:
            facts["ends without a wait"] = str(self._unmatched)
        if self._lost:
            facts["lost events"] = str(self._lost)
        return facts

    def _sum(self, got: re.Match[str], command: str, stack: Stack) -> _Sum:
        if got[2] is None:  # `0xffff8880 &mm->mmap_lock`, before it `try` and `read`
            lock, kind = got[3].strip() or got[1], "lock"
        else:
            flags = "|".join(sorted(got[2].replace(" ", "").split("|"))) if got[2] != "0" else ""
            lock, kind = got[1], KINDS.get(flags, got[2].lower() or "lock")
        return self._sums.setdefault((lock, kind, stack, command), _Sum(kind))

    def _hold(self, event: str, place: tuple[str, str], lock: str, now_ns: int) -> None:
        """Begin or end a holding; one whose beginning was not seen counts as nothing."""
        if event != RELEASE:
            self._holding[place] = now_ns
            return
        since_ns = self._holding.pop(place, None)
        if since_ns is not None:
            one = self._held.setdefault(lock, _Held())
            held_ns = max(0, now_ns - since_ns)
            one.acquired += 1
            one.total_ns += held_ns
            one.longest_ns = max(one.longest_ns, held_ns)

    def _end(self, place: tuple[str, str], now_ns: int, *, counts: bool) -> None:
        """End a wait; an end without a beginning counts as such where every end has one."""
        begun = self._waiting.pop(place, None)
        if begun is None:
            self._unmatched += counts
            return
        since_ns, one = begun
        wait_ns = max(0, now_ns - since_ns)  # two CPUs whose clocks differ
        one.ended += 1
        one.total_ns += wait_ns
        one.longest_ns = max(one.longest_ns, wait_ns)
