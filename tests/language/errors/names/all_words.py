from lockwright.language import *


class OpenLock(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            pause()

    def unlock(self) -> None:
        self.held.store(0, released)
