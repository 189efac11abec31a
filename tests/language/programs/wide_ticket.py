"""A ticket lock of any width, in one word; the width comes from the type argument."""

from typing import Generic, TypeVar

from lockwright.language import AtomicWord, Lock, Word, acquire, doorway, pause, relaxed, release, symbol, u8, u16

Width = TypeVar("Width", u8, u16)


class Numbers(Word, Generic[Width]):
    serving: Width | int = 0
    given: Width | int = 0


class WideTicket(Lock, Generic[Width], fifo=True):
    numbers: AtomicWord[Numbers[Width]]

    @symbol("take_a_number")
    def lock(self) -> None:
        mine = self.numbers.given.fetch_add(1, relaxed)
        doorway()
        while self.numbers.serving.load(acquire) != mine:
            pause()

    def trylock(self) -> bool:
        seen = self.numbers.load(relaxed)
        if seen.serving != seen.given:
            return False
        wanted = Numbers[Width](serving=seen.serving, given=seen.given + 1)
        return self.numbers.compare_exchange(seen, wanted, acquire, failure=relaxed) == seen

    def unlock(self) -> None:
        self.numbers.serving.fetch_add(1, release)
