"""Test-and-set lock: whoever finds the byte free and sets it, in one exchange, is in.

Waiters spin on the lock byte itself, and each try writes it: the line travels from waiter to waiter.

Source: Anderson, "The performance of spin lock alternatives", IEEE TPDS 1(1), 1990, section II.
"""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class TasLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            pause()

    def trylock(self) -> bool:
        return self.held.exchange(1, acquire) == 0

    def unlock(self) -> None:
        self.held.store(0, release)
