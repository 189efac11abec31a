from lockwright.language import Atomic, AtomicWord, Lock, release, u64, u8, Word


class Wide(Word):
    head: u64 = 0
    tail: u8 = 0


class Mine(Lock):
    held: Atomic[u8]
    tickets: AtomicWord[Wide]

    def lock(self) -> None:
        pass

    def unlock(self) -> None:
        self.held.store(0, release)
