"""The first x86 ticket lock, Linux 2.6.25 to 3.1, for up to 256 CPUs: two bytes in one word, drawn with one `xadd`.

Written in assembly, once for this width and once more for 16-bit tickets: `linux_ticket` is the one source that took
the place of both.  Waiters spin on the low byte, which the holder increments without a locked instruction.

Source: Linux 314cdbefd1fd (2.6.25), include/asm-x86/spinlock.h, `__raw_spin_lock` for NR_CPUS < 256.
"""

from lockwright.language import AtomicWord, Lock, Word, acquire, pause, relaxed, release, symbol, u8


class Slock(Word):
    low: u8 = 0  # the ticket that is served
    high: u8 = 0  # the next ticket


class LinuxTicket2008Lock(Lock, fifo=True):
    slock: AtomicWord[Slock]

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        inc = self.slock.fetch_add(Slock(high=1), acquire)  # lock xaddw of 0x0100
        low = inc.low
        while low != inc.high:
            pause()
            low = self.slock.low.load(acquire)

    @symbol("__ticket_spin_trylock")
    def trylock(self) -> bool:
        tmp = self.slock.load(relaxed)
        if tmp.low != tmp.high:
            return False
        new = Slock(low=tmp.low, high=tmp.high + 1)  # incb: the carry is lost
        return self.slock.compare_exchange(tmp, new, acquire) == tmp

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        self.slock.low.store(self.slock.low.load(relaxed) + 1, release)  # incb
