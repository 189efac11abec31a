"""Test and set."""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class MyLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire) != 0:
            pause()

    def unlock(self) -> None:
        self.held.store(0, release)
