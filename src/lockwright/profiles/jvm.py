"""What a JVM calls its locks."""

from __future__ import annotations

import re

MONITOR, OWNABLE, SEMAPHORE = "monitor of Java", "lock of java.util.concurrent", "semaphore of java.util.concurrent"
LEFT_OUT = "left out of the waits"
"""The fact that tells which waits a flight recording leaves out."""
CUT_STACKS = "cut stacks"
"""The fact that tells how many waits lost their caller, of how many."""
_LOCKS = re.compile(
    r"(?:.*\.)?(?:ReentrantLock|ReentrantReadWriteLock|StampedLock)(?:\$\w+)*|.*(?:Mutex|Lock)\w*\$\w*Sync"
)
_SEMAPHORES = re.compile(r"(?:.*\.)?Semaphore\$\w+")
_OF_JAVA = re.compile(r"java\.util\.concurrent\.(?:locks\.)?(?P<name>\w+)(?:\$\w*Sync)?")


def parked_kind(of: str) -> str:
    """Return the kind of lock that a parked thread waits for, by what it parks on; empty if that is none."""
    if _SEMAPHORES.fullmatch(of):
        return SEMAPHORE
    return OWNABLE if _LOCKS.fullmatch(of) else ""


def lock_name(of: str, address: str) -> str:
    """Return a lock by its class: `java.util.concurrent.locks.ReentrantLock$NonfairSync` is a `ReentrantLock`."""
    own = _OF_JAVA.fullmatch(of)
    return f"{own['name'] if own else of}@{address}" if of else f"0x{address}"
