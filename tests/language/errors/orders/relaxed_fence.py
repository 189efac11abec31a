from lockwright.language import Atomic, fence, Lock, relaxed, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        fence(relaxed)

    def unlock(self) -> None:
        self.held.store(0, release)
