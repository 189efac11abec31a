"""Ticket lock: take a number with one atomic add, wait until it is called.

Waiters spin on `owner`, which every release writes: all of them read it again each time.

Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors", ACM TOCS
9(1), 1991, algorithm 2; the idea: Reed and Kanodia, CACM 22(2), 1979.
"""

from typing import Generic, TypeVar

from lockwright.language import Atomic, Lock, acquire, pause, relaxed, release, u2, u8, u16, u32

Ticket = TypeVar("Ticket", u16, u8, u32, u2)


class TicketLock(Lock, Generic[Ticket], fifo=True):
    owner: Atomic[Ticket]
    next: Atomic[Ticket]

    def lock(self) -> None:
        ticket = self.next.fetch_add(1, relaxed)
        while self.owner.load(acquire) != ticket:
            pause()

    def trylock(self) -> bool:
        called = self.owner.load(acquire)
        return self.next.compare_exchange(called, called + 1, relaxed) == called

    def unlock(self) -> None:
        self.owner.store(self.owner.load(relaxed) + 1, release)
