from lockwright.language import Atomic, Lock, release, u8, Word


class Tickets(Word):
    head: u8 = 0
    tail: u8 = 0


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        seen = self.held.load()
        seen = Tickets(head=1)

    def unlock(self) -> None:
        self.held.store(0, release)
