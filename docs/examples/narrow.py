"""Two mistakes: a wide number in a narrow field, and an order that a load does not have."""

from lockwright.language import Atomic, Lock, acquire, pause, release, u8, u32


class NarrowLock(Lock):
    held: Atomic[u8]
    turn: u32

    def lock(self) -> None:
        while self.held.exchange(self.turn, acquire) != 0:
            pause()

    def unlock(self) -> None:
        while self.held.load(release) != 0:
            self.held.store(0, release)
