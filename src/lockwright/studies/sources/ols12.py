"""The ticket lock of Linux before 2012: both counters on one line, which every waiter reads all the time.

Source: Boyd-Wickizer, Kaashoek, Morris and Zeldovich, "Non-scalable locks are dangerous", OLS 2012, figure 3.
"""

from lockwright.language import Atomic, Lock, acquire, relaxed, release, u32


class Ticket(Lock, fifo=True):
    next: Atomic[u32]
    owner: Atomic[u32]

    def lock(self) -> None:
        ticket = self.next.fetch_add(1, relaxed)
        while self.owner.load(acquire) != ticket:
            pass

    def unlock(self) -> None:
        self.owner.store(self.owner.load(relaxed) + 1, release)
