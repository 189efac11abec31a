"""Reader-writer lock of x86 up to Linux 3.0, the one of IPVS's sixteen stripes: readers take 1 of 2^24, a writer all.

As `bias_rwlock`, in the 32 bits that it had then: a reader has failed if the result is below 0, which is the top bit of
the word, and whoever fails gives back what it took.  Neither side has precedence: readers may starve a writer.

Waiters spin on the word: a reader until it is 1 or more, a writer until it is `BIAS`.

Source: Linux 2.6.34, arch/x86/include/asm/spinlock.h and arch/x86/lib/rwlock_64.S; 64 bits wide and in one file since
a750036f35cd (3.1).
"""

from lockwright.language import Atomic, RwLock, acquire, pause, relaxed, release, symbol, u32

BIAS = 0x0100_0000
BELOW_ZERO = 0x8000_0000


class LinuxRwLock(RwLock):
    lock: Atomic[u32]

    def setup(self) -> None:
        self.lock.store(BIAS, relaxed)

    @symbol("__read_lock")
    def read_lock(self) -> None:
        while self.lock.fetch_sub(1, acquire) - 1 & BELOW_ZERO:
            self.lock.fetch_add(1, relaxed)
            while self.lock.load(relaxed) - 1 & BELOW_ZERO:
                pause()

    @symbol("__read_unlock")
    def read_unlock(self) -> None:
        self.lock.fetch_add(1, release)

    @symbol("__write_lock")
    def write_lock(self) -> None:
        while self.lock.fetch_sub(BIAS, acquire) != BIAS:
            self.lock.fetch_add(BIAS, relaxed)
            while self.lock.load(relaxed) != BIAS:
                pause()

    @symbol("__write_unlock")
    def write_unlock(self) -> None:
        self.lock.fetch_add(BIAS, release)
