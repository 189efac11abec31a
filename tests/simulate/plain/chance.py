"""The generators of docs/coherence.md, section *Chance*."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")

WORD = (1 << 64) - 1


def splitmix64(state: int) -> int:
    """Return the first output of splitmix64 from a state."""
    mixed = (state + 0x9E3779B97F4A7C15) & WORD
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & WORD
    return mixed ^ (mixed >> 31)


class Generator:
    """A linear congruential generator of 64 bits."""

    def __init__(self, seed: int) -> None:
        self.state = splitmix64(seed)

    def random(self, below: int) -> int:
        """Return a number from 0 to below - 1; nothing is drawn if there is no choice to make."""
        if below <= 0:
            return 0
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & WORD
        return (self.state >> 33) % below

    def shuffle(self, several: list[T]) -> None:
        """Shuffle in place."""
        for index in range(len(several) - 1, 0, -1):
            other = self.random(index + 1)
            several[index], several[other] = several[other], several[index]


def of_thread(seed: int, thread: int) -> Generator:
    """Return the generator of a thread."""
    return Generator((seed << 32) + thread + 1)


def of_run(seed: int) -> Generator:
    """Return the generator that shuffles."""
    return Generator(seed << 32)
