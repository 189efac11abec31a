"""Paravirtual ticket lock of Linux 4.0: as `pv_ticket`, but nothing touches the lock once it is free.

The flag that somebody may have stopped is the lowest bit of `head`.  The release is one `xadd` that also tells whether
the flag was set; what follows needs the lock's address, not its memory, which the next owner may already have freed.
Waiters spin on `head`, then stop their CPU; who gets in through the slow path clears the flag if nobody queues behind.

Source: Linux d6abfdb20223 (4.0), with the back ends of 92b75202e5e8 (KVM) and 80bd58fef495 (Xen).
"""

from typing import Generic, TypeVar

from lockwright.language import (
    AtomicWord,
    Lock,
    Param,
    acq_rel,
    acquire,
    in_nmi,
    interrupts_off,
    interrupts_restore,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    symbol,
    u16,
    u32,
)
from lockwright.locks.hypervisors.kvm import Kvm
from lockwright.locks.hypervisors.tickets import Tickets
from lockwright.locks.hypervisors.xen import Xen

Hypervisor = TypeVar("Hypervisor", Kvm, Xen)
SLOWPATH = 1
STEP = 2


class PvTicket2015Lock(Lock, Generic[Hypervisor], fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
    hypervisor: Hypervisor
    spin_threshold: Param[u32] = 1 << 15

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        preemption_off()
        drawn = self.tickets.fetch_add(Tickets(tail=STEP), acquire)
        if drawn.head == drawn.tail:
            return
        while True:
            for _ in range(self.spin_threshold):
                head = self.tickets.head.load(acquire)
                if (head & ~SLOWPATH) == drawn.tail:
                    self.clear_slowpath(head)
                    return
                pause()
            self.lock_spinning(drawn.tail)

    @symbol("__ticket_check_and_clear_slowpath")
    def clear_slowpath(self, head: u16) -> None:
        """Drop the flag if nobody queues behind; a waiter that stops later sets it again."""
        if head & SLOWPATH:
            alone = (head & ~SLOWPATH) + STEP
            flagged = Tickets(head=head, tail=alone)
            self.tickets.compare_exchange(flagged, Tickets(head=head & ~SLOWPATH, tail=alone), relaxed)

    @symbol("lock_spinning")
    def lock_spinning(self, want: u16) -> None:
        if in_nmi() or not self.hypervisor.is_ready():
            return
        were_on = interrupts_off()
        self.hypervisor.announce(self.tickets, want)
        self.tickets.head.fetch_or(SLOWPATH, acq_rel)
        if (self.tickets.head.load(acquire) & ~SLOWPATH) != want:
            self.hypervisor.block(were_on)
        self.hypervisor.withdraw()
        interrupts_restore(were_on)

    @symbol("__ticket_spin_trylock")
    def trylock(self) -> bool:
        preemption_off()
        seen = self.tickets.load(relaxed)
        if (seen.head & ~SLOWPATH) == seen.tail:
            taken = Tickets(head=seen.head & ~SLOWPATH, tail=seen.tail + STEP)
            if self.tickets.compare_exchange(seen, taken, acquire) == seen:
                return True
        preemption_on()
        return False

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        head = self.tickets.head.fetch_add(STEP, acq_rel)
        if head & SLOWPATH:
            self.hypervisor.unlock_kick(self.tickets, (head & ~SLOWPATH) + STEP)
        preemption_on()
