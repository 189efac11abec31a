"""The x86 ticket lock of Linux 3.2: both tickets in one word, drawn with one `xadd`.

Waiters spin on `head`, the half that the holder increments without a locked instruction.

Source: Linux 2994488fe5bb and c576a3ea905c, arch/x86/include/asm/spinlock.h.
"""

from typing import Generic, TypeVar

from lockwright.language import AtomicWord, Lock, Word, acquire, pause, relaxed, release, symbol, u2, u8, u16

Ticket = TypeVar("Ticket", u16, u8, u2)


class Tickets(Word, Generic[Ticket]):
    head: Ticket | int = 0
    tail: Ticket | int = 0  # the high half: what it carries leaves the word


class LinuxTicketLock(Lock, Generic[Ticket], fifo=True):
    tickets: AtomicWord[Tickets[Ticket]]

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        drawn = self.tickets.fetch_add(Tickets[Ticket](tail=1), acquire)
        head = drawn.head
        while head != drawn.tail:
            pause()
            head = self.tickets.head.load(acquire)

    @symbol("__ticket_spin_trylock")
    def trylock(self) -> bool:
        seen = self.tickets.load(relaxed)
        if seen.head != seen.tail:
            return False
        taken = Tickets[Ticket](head=seen.head, tail=seen.tail + 1)
        return self.tickets.compare_exchange(seen, taken, acquire) == seen

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        self.tickets.head.store(self.tickets.head.load(relaxed) + 1, release)
