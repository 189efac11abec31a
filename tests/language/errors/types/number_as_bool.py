from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        self.set(1)

    def unlock(self) -> None:
        self.held.store(0, release)

    def set(self, on: bool) -> None: ...
