"""Sleeps on futexes, from the entry of the system call to its exit: how locks of user space are waited for.

The events are `syscalls:sys_enter_futex` and `sys_exit_futex` (kernel/trace/trace_syscalls.c), the first with the stack
of user space, which names the lock and who wants it.  The address of the word tells one lock from another; two
processes may use one address for two locks, and theirs count together.  Who sleeps for a condition waits for work, not
for a lock, and so does who sleeps long where a lock and a signal look the same: those sleeps are counted apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockwright.profiles import folding
from lockwright.profiles.model import Frame, Stack, Wait
from lockwright.profiles.symbols import ACQUIRE, EVENT, INSIDE, SLEEP, made_locks

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTERS, LEAVES = "syscalls:sys_enter_futex", "syscalls:sys_exit_futex"
FUTEX, PI_FUTEX, CONDITION = "futex", "PI futex", "condition"
WAITING_OPERATIONS = (0, 6, 9, 11, 13)
"""FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI and LOCK_PI2 of include/uapi/linux/futex.h."""
_LOCKING = frozenset({6, 13})  # of them those that can be for nothing but a lock
FLAGS = (0, 128, 256, 384)
"""FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME, each or both: bits beside the operation."""
_OPERATION = 127  # without flags
_CALL = re.compile(r"uaddr: 0x(?P<word>[0-9a-f]{1,16}), op: 0x(?P<operation>[0-9a-f]{1,16})\b")
_AGAIN = re.compile("0xf{7,15}5\\b")  # what the call returns: -EAGAIN
ASLEEP = Frame("futex_wait", "[kernel.kallsyms]")
"""Where the kernel is meanwhile; the stack of the event is that of the call."""
_CALLS = frozenset({"syscall", "__syscall", "__GI___syscall"})
"""Of the C library: the call itself."""
_FOR_ANYTHING = re.compile("_cond_|[pP]ark|condition_variable")
"""What locks are made of as well as queues of work; other events, such as the end of a thread, are no lock's."""
_FRAMES = 8  # that a runtime may have between its lock and the condition it is made of
_NAMELESS_FRAMES = 2  # between a condition and whose it is
_FREE_NS = 10_000  # of a call that takes a lock, which may be free: to sleep and be woken takes longer
SIGNAL_NS = 1e8  # one sleep, on average
UNTOLD = frozenset({FUTEX, "lock of Python"})
"""What threads sleep for here may be a lock, or work: no name tells."""
_EITHER = UNTOLD | {"POSIX semaphore"}
"""What may be a lock, or a signal that there is work: who sleeps as long as `SIGNAL_NS` waits for work."""
_OF_WORDS = frozenset({FUTEX, PI_FUTEX, "pthread lock", "POSIX semaphore", "mutex of Rust", "rwlock of Rust"})
"""Locks whose waiters sleep on the lock itself.  Elsewhere each thread sleeps on a word of its own, no lock."""
_NS_DIGITS = 9


@dataclass(slots=True)
class _Sum:
    """The sleeps on one word along one stack."""

    command: str
    kind: str
    contended: int = 0
    ended: int = 0
    total_ns: int = 0
    longest_ns: int = 0

    @property
    def is_for_lock(self) -> bool:
        """Whether these are waits for a lock, or may be."""
        return self.contended > 0 and not self.is_for_work

    @property
    def is_for_work(self) -> bool:
        """Whether these are no waits for a lock: for a condition, or as long as nobody waits for a lock."""
        return self.kind == CONDITION or (self.kind in _EITHER and self.total_ns >= SIGNAL_NS * self.ended)


class FutexEvents:
    """Sleeps, as their events come in."""

    def __init__(self) -> None:
        self.seen = False
        self._sums: dict[tuple[str, Stack], _Sum] = {}
        self._asleep: dict[str, tuple[int, _Sum]] = {}
        self._endless = 0

    def knows(self, event: str) -> bool:
        """Return whether this is an event of a futex."""
        return event in {ENTERS, LEAVES}

    def add(self, event: str, head: Mapping[str, str] | re.Match[str], stack: Stack) -> None:
        """Take in one event, given the groups `command`, `thread`, `seconds`, `fraction` and `rest` of its line."""
        self.seen = True
        thread = head["thread"].rpartition("/")[2]
        now_ns = int(head["seconds"]) * 10**9 + int(head["fraction"].ljust(_NS_DIGITS, "0"))
        since_ns, one = self._asleep.pop(thread, (now_ns, None))
        if event == LEAVES and one is not None and _AGAIN.match(head["rest"] or ""):
            one.contended -= 1  # the word had changed: nobody slept
        elif event == LEAVES and one is not None and one.kind == PI_FUTEX and now_ns - since_ns < _FREE_NS:
            one.contended -= 1  # the lock was free
        elif event == LEAVES and one is not None:
            slept_ns = max(0, now_ns - since_ns)
            one.ended += 1
            one.total_ns += slept_ns
            one.longest_ns = max(one.longest_ns, slept_ns)
        elif event == ENTERS:
            self._endless += one is not None
            self._enter(thread, now_ns, head, stack)

    def lose(self) -> None:
        """Note that the recorder lost events here: nobody knows whether who slept then still does."""
        self._endless += len(self._asleep)
        self._asleep.clear()

    def waits(self) -> tuple[Wait, ...]:
        """Return the waits for locks so far, in the order in which their stacks were first seen."""
        return tuple(_wait(word, stack, one) for (word, stack), one in self._sums.items() if one.is_for_lock)

    def facts(self) -> dict[str, str]:
        """Return how long threads slept for work, and how many sleeps were not seen to end."""
        slept = [one for one in self._sums.values() if one.is_for_work]
        facts = {}
        if slept:
            seconds, number = sum(one.total_ns for one in slept) / 1e9, sum(one.contended for one in slept)
            facts["asleep for work"] = f"{seconds:.6f} s in {number} sleeps"
        if self._asleep or self._endless:
            facts["sleeps without an end"] = str(len(self._asleep) + self._endless)
        return facts

    def _enter(self, thread: str, now_ns: int, head: Mapping[str, str] | re.Match[str], stack: Stack) -> None:
        got = _CALL.match(head["rest"] or "")
        if got is None or int(got["operation"], 16) & _OPERATION not in WAITING_OPERATIONS:
            return
        user = tuple(one for one in stack if not one.module.startswith("[kernel") and one.symbol not in _CALLS)
        command = head["command"].strip()
        kind = kind_of(user)
        if kind == FUTEX and int(got["operation"], 16) & _OPERATION in _LOCKING:
            kind = PI_FUTEX
        one = self._sums.setdefault((f"0x{got['word']}", (ASLEEP, *user)), _Sum(command, kind))
        if one.command != command:
            one.command = ""
        one.contended += 1
        self._asleep[thread] = (now_ns, one)


def _wait(word: str, stack: Stack, one: _Sum) -> Wait:
    is_own = one.kind in _OF_WORDS and not (one.kind == FUTEX and _has_condition(stack))
    lock = word if is_own else ""
    return Wait(lock, one.kind, stack, one.contended, one.ended, one.total_ns, one.longest_ns, one.command)


def _has_condition(stack: Stack) -> bool:
    """Return whether a thread sleeps for a condition: that has two words, which its waiters change between."""
    roles = (folding.role(frame.symbol) for frame in stack)
    return next((one for one in roles if one not in INSIDE), "") == EVENT


def kind_of(stack: Stack) -> str:
    """Return the kind of lock that a thread of user space sleeps for: `condition`, or `futex` if no name tells.

    It is that of the outermost of the functions of locking that stand next to each other.  A condition counts as the
    lock that is made of it, a few frames further out; where whoever waits for it has no name, it may be either.
    """
    families = [folding.family(frame.symbol) for frame in stack]
    at = next((at for at, one in enumerate(families) if one and (one.role == EVENT or one.role in INSIDE)), None)
    kind = ""
    while at is not None and at < len(stack):
        one = families[at]
        if one is not None and one.role == EVENT and (kind == CONDITION or kind in {"", *_EITHER}):
            kind = CONDITION
        elif one is not None and one.role in INSIDE:
            kind = one.lock or kind
        else:
            break
        at += 1
    if kind != CONDITION or at is None:
        return kind or FUTEX
    if not all(map(may_be_lock, stack[:at])):
        return CONDITION
    near = (found for found in families[at : at + _FRAMES] if found)
    made = next((found for found in near if found.role in {ACQUIRE, SLEEP} and found.lock not in {"", FUTEX}), None)
    if made is not None:
        return made.lock
    is_hidden = at == len(stack) or stack[at].symbol == folding.NAMELESS
    return made_lock(stack, at) or (FUTEX if is_hidden else CONDITION)


def may_be_lock(frame: Frame) -> bool:
    """Return whether what a function waits for may be a lock: not where it is the end of a thread, or a run queue."""
    return folding.role(frame.symbol) != EVENT or _FOR_ANYTHING.search(frame.symbol) is not None


def made_lock(stack: Stack, at: int) -> str:
    """Return the kind of the lock that a condition is that of, by the first name from there on; empty if of none."""
    few = (folding.plain(frame.symbol) for frame in stack[at : at + _NAMELESS_FRAMES + 1])
    name = next((one for one in few if one != folding.NAMELESS), "")
    return made_locks().get(name, "")
