from lockwright.language import Atomic, Lock, release, u32, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        wide = u32(300)
        self.held.store(wide)

    def unlock(self) -> None:
        self.held.store(0, release)
