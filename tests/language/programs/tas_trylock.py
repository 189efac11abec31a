"""Test and set, with a try.  The smallest lock there is."""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class TasLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire) != 0:
            pause()

    def trylock(self) -> bool:
        return self.held.exchange(1, acquire) == 0

    def unlock(self) -> None:
        self.held.store(0, release)
