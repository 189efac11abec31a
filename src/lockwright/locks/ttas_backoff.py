"""Test-and-test-and-set lock with exponential back-off: a thread that lost the race stays away, longer each time.

Waiters spin on the lock byte; after a lost race they pause for a random time below a limit that doubles.

Source: Anderson, "The performance of spin lock alternatives", IEEE TPDS 1(1), 1990, section III.
"""

from lockwright.language import Atomic, Lock, Param, acquire, pause, random, relaxed, release, u8, u32


class TtasBackoffLock(Lock):
    held: Atomic[u8]
    shortest: Param[u32] = 16
    longest: Param[u32] = 1024

    def lock(self) -> None:
        limit = self.shortest
        while True:
            while self.held.load(relaxed):
                pause()
            if self.held.exchange(1, acquire) == 0:
                return
            for _ in range(random(limit)):
                pause()
            limit = min(2 * limit, self.longest)

    def trylock(self) -> bool:
        return self.held.load(relaxed) == 0 and self.held.exchange(1, acquire) == 0

    def unlock(self) -> None:
        self.held.store(0, release)
