"""The first x86 ticket lock, Linux 2.6.25 to 3.1, for more than 256 CPUs: two 16-bit tickets, drawn with one `xadd`.

The second of two variants in assembly: the word is split with shifts, and `trylock` swaps its halves to see whether
they are equal.  Waiters spin on the low half, which the holder increments without a locked instruction.

Source: Linux 314cdbefd1fd (2.6.25), include/asm-x86/spinlock.h, `__raw_spin_lock` for NR_CPUS >= 256.
"""

from lockwright.language import AtomicWord, Lock, Word, acquire, pause, relaxed, release, symbol, u16, u32


class Slock(Word):
    low: u16 = 0  # the ticket that is served
    high: u16 = 0  # the next ticket


class LinuxTicket2008WideLock(Lock, fifo=True):
    slock: AtomicWord[Slock]

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        inc = self.slock.fetch_add(Slock(high=1), acquire)  # lock xaddl of 0x00010000
        tmp = inc.low  # movzwl
        while inc.high != tmp:
            pause()
            tmp = self.slock.low.load(acquire)

    @symbol("__ticket_spin_trylock")
    def trylock(self) -> bool:
        seen = self.slock.load(relaxed)
        whole = u32(seen.high) << 16 | seen.low
        swapped = whole << 16 | whole >> 16  # roll $16
        if swapped != whole:
            return False
        new = Slock(low=seen.low, high=seen.high + 1)  # addl of 0x00010000
        return self.slock.compare_exchange(seen, new, acquire) == seen

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        self.slock.low.store(self.slock.low.load(relaxed) + 1, release)  # incw
