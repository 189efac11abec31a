"""Anderson's array lock: every waiter has a slot of its own, and the holder opens the next one.

Waiters spin on their own slot, on a line of its own.  The draw is `acq_rel`: a slot is used again after one round, and
whoever draws it must know that it was shut.

Source: Anderson, "The performance of spin lock alternatives", IEEE TPDS 1(1), 1990; the counter is kept small as in
Mellor-Crummey and Scott, ACM TOCS 9(1), 1991, algorithm 3, so that the number of slots need not divide its range.
"""

from lockwright.language import (
    Atomic,
    Lock,
    PerThread,
    Struct,
    acq_rel,
    acquire,
    pause,
    relaxed,
    release,
    threads,
    u8,
    u32,
)


class Slot(Struct, align=64):
    is_open: Atomic[u8]


class AndersonLock(Lock, fifo=True):
    slots: PerThread[Slot]
    next: Atomic[u32]

    def setup(self) -> None:
        self.slots[0].is_open.store(1, relaxed)

    def lock(self) -> u32:
        place = self.next.fetch_add(1, acq_rel) % threads()
        if place == threads() - 1:
            self.next.fetch_sub(threads(), relaxed)
        while self.slots[place].is_open.load(acquire) == 0:
            pause()
        return place

    def unlock(self, place: u32) -> None:
        self.slots[place].is_open.store(0, relaxed)
        self.slots[(place + 1) % threads()].is_open.store(1, release)
