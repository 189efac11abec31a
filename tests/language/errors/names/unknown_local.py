from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        ticket = self.held.fetch_add(1)
        while self.held.load() != tiket:
            pass

    def unlock(self) -> None:
        self.held.store(0, release)
