from lockwright.language import Atomic, Lock, Param, release, u8


class Mine(Lock):
    held: Atomic[u8]
    spins: Param[u8] = 4

    def lock(self) -> None:
        self.spins = 2

    def unlock(self) -> None:
        self.held.store(0, release)
