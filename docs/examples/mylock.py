"""Test, then set."""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8


class MyLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.load(acquire) != 0:
            pause()
        self.held.store(1, release)

    def unlock(self) -> None:
        self.held.store(0, release)
