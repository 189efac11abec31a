"""Wait until whoever holds a ticket lock now has released it, while two threads keep it busy."""

from lockwright.language import AtomicWord, Struct, Word, Workload, acquire, pause, release, running, u8, workers


class Tickets(Word):
    head: u8 = 0
    tail: u8 = 0


class TicketLock(Struct):
    tickets: AtomicWord[Tickets]

    def lock(self) -> None:
        drawn = self.tickets.fetch_add(Tickets(tail=1), acquire)
        while self.tickets.head.load(acquire) != drawn.tail:
            pause()

    def unlock(self) -> None:
        self.tickets.head.fetch_add(1, release)

    def unlock_wait(self) -> None:
        while True:
            seen = self.tickets.load(acquire)
            if seen.head == seen.tail:
                return
            pause()


class Busy(Workload):
    spin: TicketLock

    @workers(2)
    def holder(self) -> None:
        while running():
            self.spin.lock()
            self.spin.unlock()

    @workers(1)
    def waiter(self) -> None:
        self.spin.unlock_wait()
