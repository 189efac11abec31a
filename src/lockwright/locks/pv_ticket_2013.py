"""Paravirtual ticket lock as its first commit had it, in 2013: wrong on x86, a wake-up can be lost.

The release is a plain add, and the processor may hold it back in the store buffer while it already looks at `tail`: it
sees nobody, and does not kick, while the next in line still sees the old `head`, and halts.  `check` finds it under
`tso`; `pv_ticket` has the cure, an atomic add.

Waiters spin on `head`, at most `spin_threshold` times, and then stop their CPU; every release that somebody waits for
kicks.

Source: Linux 545ac13892ab, with the back ends of 92b75202e5e8 (KVM) and 80bd58fef495 (Xen), which the kernel never ran
without 96f853eaa889.
"""

from typing import Generic, TypeVar

from lockwright.language import (
    AtomicWord,
    Lock,
    Param,
    acquire,
    interrupts_off,
    interrupts_restore,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    symbol,
    u16,
    u32,
)
from lockwright.locks.hypervisors.kvm import Kvm
from lockwright.locks.hypervisors.tickets import Tickets
from lockwright.locks.hypervisors.xen import Xen

Hypervisor = TypeVar("Hypervisor", Kvm, Xen)


class PvTicket2013Lock(Lock, Generic[Hypervisor], fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
    hypervisor: Hypervisor
    spin_threshold: Param[u32] = 1 << 15

    @symbol("__ticket_spin_lock")
    def lock(self) -> None:
        preemption_off()
        drawn = self.tickets.fetch_add(Tickets(tail=1), acquire)
        if drawn.head == drawn.tail:
            return
        while True:
            for _ in range(self.spin_threshold):
                if self.tickets.head.load(acquire) == drawn.tail:
                    return
                pause()
            self.lock_spinning(drawn.tail)

    @symbol("lock_spinning")
    def lock_spinning(self, want: u16) -> None:
        if not self.hypervisor.is_ready():
            return
        were_on = interrupts_off()
        self.hypervisor.announce(self.tickets, want)
        if self.tickets.head.load(acquire) != want:
            self.hypervisor.block(were_on)
        self.hypervisor.withdraw()
        interrupts_restore(were_on)

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        following = self.tickets.head.load(relaxed) + 1
        self.tickets.head.store(following, release)
        if self.tickets.tail.load(acquire) != following:
            self.hypervisor.unlock_kick(self.tickets, following)
        preemption_on()
