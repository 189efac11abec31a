from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        self.unlock

    def unlock(self) -> None:
        self.held.store(0, release)
