"""Random numbers: a linear congruential generator of 64 bits, each seeded by splitmix64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lockwright.flat.jit import inlined

if TYPE_CHECKING:
    from lockwright.flat.jit import Int64

MULTIPLIER = 6364136223846793005
INCREMENT = 1442695040888963407
_MASK = 2**64 - 1


def splitmix64(number: int) -> int:
    """Return the number after `number` in the sequence of Steele, Lea and Flood (OOPSLA 2014), as a signed one."""
    mixed = (number + 0x9E3779B97F4A7C15) & _MASK
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _MASK
    mixed ^= mixed >> 31
    return mixed - 2**64 if mixed >> 63 else mixed


def seed_of(seed: int, thread: int | None) -> int:
    """Return the state of a thread's generator, or of the one for shuffles, at the beginning."""
    return splitmix64((seed << 32) + (0 if thread is None else thread + 1) & _MASK)


@inlined
def stepped(state: Int64) -> Int64:
    """Return the next state of a generator."""
    return state * np.int64(MULTIPLIER) + np.int64(INCREMENT)


@inlined
def below(state: Int64, limit: Int64) -> Int64:
    """Return what the state says as a number below `limit`, which is at least 1."""
    return ((state >> 33) & 0x7FFFFFFF) % limit
