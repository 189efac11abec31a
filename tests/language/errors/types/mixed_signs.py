from lockwright.language import Atomic, i64, Lock, release, u64, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        x = u64(1)
        y = i64(2)
        if x == y:
            return

    def unlock(self) -> None:
        self.held.store(0, release)
