"""A waiter is interrupted between its last look and its halt; the handler waits for a lock of its own."""

from lockwright.language import (
    AtomicWord,
    Struct,
    Workload,
    acq_rel,
    acquire,
    interrupt,
    interrupts_off,
    interrupts_restore,
    pause,
    shared,
    u16,
    workers,
)
from lockwright.locks.hypervisors.kvm import Kvm
from lockwright.locks.hypervisors.tickets import Tickets

SPINS = 1 << 15
kvm: Kvm = shared()


class PvLock(Struct):
    tickets: AtomicWord[Tickets]

    def lock(self) -> None:
        drawn = self.tickets.fetch_add(Tickets(tail=1), acquire)
        while True:
            for _ in range(SPINS):
                if self.tickets.head.load(acquire) == drawn.tail:
                    return
                pause()
            self.lock_spinning(drawn.tail)

    def lock_spinning(self, want: u16) -> None:
        were_on = interrupts_off()
        kvm.announce(self.tickets, want)
        if self.tickets.head.load(acquire) != want:
            kvm.block(were_on)
        kvm.withdraw()
        interrupts_restore(were_on)

    def unlock(self) -> None:
        head = self.tickets.head.fetch_add(1, acq_rel)
        kvm.unlock_kick(self.tickets, head + 1)


class Guest(Workload):
    process: PvLock
    device: PvLock  # taken by the handler too

    @workers(1, cpu=0)
    def waiter(self) -> None:
        self.process.lock()
        self.process.unlock()

    @interrupt(cpu=0)
    def handler(self) -> None:
        self.device.lock()
        self.device.unlock()

    @workers(1, cpu=1)
    def holder(self) -> None:
        self.process.lock()
        self.device.lock()
        self.device.unlock()
        self.process.unlock()
