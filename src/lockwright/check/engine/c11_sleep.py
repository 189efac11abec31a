"""Threads that sleep under C11, and who wakes them.

Whoever is woken knows what the one who wakes it knew, and runs on in the same step.
"""

from __future__ import annotations

import numpy as np

from lockwright.check.engine.c11_memory import meet
from lockwright.check.engine.c11_world import (
    ADDRESS,
    ASLEEP,
    CPU_OF,
    FUTEX,
    NO_SLEEP,
    RUNS,
    SLEEP,
    STATUS,
    THREADS,
    WANTED,
    WOKEN,
    World,
    first_word,
)  # fmt: skip
from lockwright.flat.jit import Int64, inlined, inner


@inner
def wake(w: World, reason: Int64, cpu: Int64, thread: Int64) -> Int64:
    """Wake sleepers of a kind on a CPU (or -1) or a thread (or -1); return how many."""
    m = w.m
    woken = 0
    for t in range(m[THREADS]):
        base = first_word(w, t)
        if m[base + SLEEP] == reason and (thread == t or (cpu >= 0 and m[m[CPU_OF] + t] == cpu)):
            m[base + SLEEP] = WOKEN
            meet(w, np.int64(t))
            woken += 1
    return np.int64(woken)


@inlined
def matches(w: World, t: Int64, address: Int64, bits: Int64) -> bool:
    """Return whether a thread sleeps on this futex and wants one of these bits."""
    m = w.m
    base = first_word(w, t)
    return m[base + SLEEP] == FUTEX and m[base + ADDRESS] == address and m[base + WANTED] & bits != 0


@inner
def combinations(n: Int64, k: Int64) -> Int64:
    """Return how many sets of k there are among n."""
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return np.int64(result)


@inner
def wake_futex(w: World, address: Int64, count: Int64, bits: Int64, choice: Int64) -> None:
    """Wake the chosen of the sets of sleepers, in lexicographic order of their threads."""
    m = w.m
    n = 0
    for t in range(m[THREADS]):
        n += matches(w, np.int64(t), address, bits)
    k = min(count, n) if count >= 0 else n
    rest = choice
    for t in range(m[THREADS]):
        if k > 0 and matches(w, np.int64(t), address, bits):
            n -= 1
            with_it = combinations(np.int64(n), np.int64(k - 1))
            if rest < with_it:
                k -= 1
                m[first_word(w, t) + SLEEP] = WOKEN
                meet(w, np.int64(t))
            else:
                rest -= with_it


@inner
def fall_asleep(w: World, t: Int64, reason: Int64) -> None:
    """Let a thread sleep."""
    m = w.m
    base = first_word(w, t)
    m[base + STATUS] = ASLEEP
    m[base + SLEEP] = reason


@inner
def woken(w: World) -> Int64:
    """Return a thread that was woken and has not run on yet, or -1."""
    m = w.m
    for t in range(m[THREADS]):
        base = first_word(w, t)
        if m[base + SLEEP] == WOKEN:
            m[base + SLEEP] = NO_SLEEP
            m[base + STATUS] = RUNS
            m[base + ADDRESS] = 0
            m[base + WANTED] = 0
            return np.int64(t)
    return np.int64(-1)
