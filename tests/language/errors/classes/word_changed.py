from lockwright.language import Atomic, AtomicWord, Lock, release, u8, Word


class Tickets(Word):
    head: u8 = 0
    tail: u8 = 0


class Mine(Lock):
    held: Atomic[u8]
    tickets: AtomicWord[Tickets]

    def lock(self) -> None:
        seen = self.tickets.load()
        seen.head = 1

    def unlock(self) -> None:
        self.held.store(0, release)
