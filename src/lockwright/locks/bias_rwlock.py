"""Reader-writer lock in one word: a reader takes one of many seats, a writer all; who took too much gives back.

Waiters spin on the word: a reader until a seat is free, a writer until all are.

Source: Linux 2.6 to 3.15 on x86, `RW_LOCK_BIAS` in arch/x86/include/asm/rwlock.h.
"""

from lockwright.language import Atomic, RwLock, acquire, i64, pause, relaxed, release, symbol

BIAS = 0x0100_0000


class BiasRwLock(RwLock):
    seats: Atomic[i64]

    def setup(self) -> None:
        self.seats.store(BIAS, relaxed)

    @symbol("__read_lock")
    def read_lock(self) -> None:
        while self.seats.fetch_sub(1, acquire) <= 0:
            self.seats.fetch_add(1, relaxed)
            while self.seats.load(relaxed) <= 0:
                pause()

    @symbol("__read_unlock")
    def read_unlock(self) -> None:
        self.seats.fetch_add(1, release)

    @symbol("__write_lock")
    def write_lock(self) -> None:
        while self.seats.fetch_sub(BIAS, acquire) != BIAS:
            self.seats.fetch_add(BIAS, relaxed)
            while self.seats.load(relaxed) != BIAS:
                pause()

    @symbol("__write_unlock")
    def write_unlock(self) -> None:
        self.seats.fetch_add(BIAS, release)
