"""A count of references whose last one is dropped under a lock: a look-up under that lock never finds zero.

Source: Linux 3.2 lib/dec_and_lock.c (`_atomic_dec_and_lock`).
"""

from __future__ import annotations

from typing import TypeVar

from lockwright.language import Atomic, Lock, Ptr, acq_rel, relaxed, u32

L = TypeVar("L", bound=Lock)


def drop_and_lock(references: Ptr[Atomic[u32]], lock: Ptr[L]) -> bool:
    """Drop one reference; if it was the last, return True with the lock held."""
    seen = references.load(relaxed)
    while seen != 1:
        found = references.compare_exchange(seen, seen - 1, acq_rel)
        if found == seen:
            return False
        seen = found
    lock.lock()
    if references.fetch_sub(1, acq_rel) == 1:
        return True
    lock.unlock()
    return False
