from lockwright.language import Atomic, Lock, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1):
            pass
