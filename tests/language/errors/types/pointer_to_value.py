from lockwright.language import Atomic, Lock, Ptr, release, u8


class Mine(Lock):
    held: Atomic[u8]
    where: Ptr[u8]

    def lock(self) -> None:
        pass

    def unlock(self) -> None:
        self.held.store(0, release)
