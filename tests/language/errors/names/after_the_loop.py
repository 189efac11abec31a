from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        for turn in range(3):
            pass
        self.held.store(u8(turn))

    def unlock(self) -> None:
        self.held.store(0, release)
