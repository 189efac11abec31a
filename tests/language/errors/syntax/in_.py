from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        if self.held.load() in (1, 2):
            return

    def unlock(self) -> None:
        self.held.store(0, release)
