"""Paravirtual ticket lock of Linux 3.12: spin for a while, then halt; a flag tells the releaser that it must kick.

Waiters spin on `head`, at most `spin_threshold` times, and then stop their CPU.  The lowest bit of `tail` says that one
may have stopped, so that a release nobody sleeps for costs no more than one atomic add.  The releaser reads the flag,
and clears it, after the lock is free: `pv_ticket_2015` does without.

Source: Linux 545ac13892ab (the two hooks), 96f853eaa889 (the flag), 92b75202e5e8 (KVM), 80bd58fef495 (Xen).
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


class PvTicketLock(Lock, Generic[Hypervisor], fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
    hypervisor: Hypervisor
    spin_threshold: Param[u32] = 1 << 15

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        preemption_off()
        drawn = self.tickets.fetch_add(Tickets(tail=STEP), acquire)
        if drawn.head == drawn.tail:
            return
        want = drawn.tail & ~SLOWPATH
        while True:
            for _ in range(self.spin_threshold):
                if self.tickets.head.load(acquire) == want:
                    return
                pause()
            self.lock_spinning(want)

    @symbol("lock_spinning")
    def lock_spinning(self, want: u16) -> None:
        if in_nmi() or not self.hypervisor.is_ready():
            return
        were_on = interrupts_off()
        self.hypervisor.announce(self.tickets, want)
        served = self.tickets.head.load(acquire)
        self.tickets.tail.fetch_or(SLOWPATH, acq_rel)
        if served != want:
            self.hypervisor.block(were_on)
        self.hypervisor.withdraw()
        interrupts_restore(were_on)

    @symbol("__ticket_spin_trylock")
    def trylock(self) -> bool:
        preemption_off()
        seen = self.tickets.load(relaxed)
        if seen.head == (seen.tail & ~SLOWPATH):
            taken = Tickets(head=seen.head, tail=seen.tail + STEP)
            if self.tickets.compare_exchange(seen, taken, acquire) == seen:
                return True
        preemption_on()
        return False

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        before = self.tickets.load(relaxed)
        self.tickets.head.fetch_add(STEP, acq_rel)
        if self.tickets.tail.load(acquire) & SLOWPATH:
            self.unlock_slowpath(before)
        preemption_on()

    @symbol("__ticket_unlock_slowpath")
    def unlock_slowpath(self, before: Tickets) -> None:
        """Drop the flag if nobody queues; if somebody does, or comes meanwhile, kick who waits for the next ticket."""
        served = Tickets(head=before.head + STEP, tail=before.tail)
        cleared = Tickets(head=served.head, tail=served.tail & ~SLOWPATH)
        if cleared.head != cleared.tail or self.tickets.compare_exchange(served, cleared, acq_rel) != served:
            self.hypervisor.unlock_kick(self.tickets, served.head)
