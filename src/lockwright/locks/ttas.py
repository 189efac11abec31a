"""Test-and-test-and-set lock: read until the byte is free, and only then try to set it.

Waiters spin on the lock byte in their own caches; a release sends them all after it at once.

Source: Rudolph and Segall, "Dynamic decentralized cache schemes for MIMD parallel processors", ISCA 1984.
"""

from lockwright.language import Atomic, Lock, acquire, pause, relaxed, release, u8


class TtasLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            while self.held.load(relaxed):
                pause()

    def trylock(self) -> bool:
        return self.held.load(relaxed) == 0 and self.held.exchange(1, acquire) == 0

    def unlock(self) -> None:
        self.held.store(0, release)
