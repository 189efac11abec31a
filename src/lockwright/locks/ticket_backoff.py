"""Ticket lock with proportional back-off: who has many before him looks less often.

Waiters spin on `owner`, and pause between two looks for `shortest` pauses per thread that is ahead.

Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors", ACM TOCS
9(1), 1991, algorithm 2.
"""

from lockwright.language import Atomic, Lock, Param, acquire, pause, relaxed, release, u16, u32


class TicketBackoffLock(Lock, fifo=True):
    owner: Atomic[u16]
    next: Atomic[u16]
    shortest: Param[u32] = 16

    def lock(self) -> None:
        ticket = self.next.fetch_add(1, relaxed)
        while (called := self.owner.load(acquire)) != ticket:
            ahead = ticket - called
            for _ in range(ahead * self.shortest):
                pause()

    def unlock(self) -> None:
        self.owner.store(self.owner.load(relaxed) + 1, release)
