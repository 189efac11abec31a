"""Xen: a CPU polls an event channel of its own, and an event that is pending already lets the poll return at once.

As under KVM each CPU has a record of the lock and the ticket it waits for.  A CPU whose channel is not there yet
(`is_ready`) goes on spinning.

Interrupts may be on during the poll.  The kernel counts on a handler that waits meanwhile to leave an event pending.
One that gets its lock at the last look leaves none, and its record has taken the place of the waiter's below, who
sleeps on: `check` finds it (tests/locks/test_interrupted_guests.py).  Kept as it was; `xen_byte` sets the event again.

Source: Linux 80bd58fef495 (3.12), arch/x86/xen/spinlock.c.
"""

from lockwright.language import (
    Atomic,
    AtomicWord,
    PerCpu,
    Ptr,
    Struct,
    acq_rel,
    acquire,
    cpu,
    cpus,
    event_clear,
    event_poll,
    event_send,
    interrupts_off,
    interrupts_restore,
    relaxed,
    release,
    shared,
    symbol,
    u8,
    u16,
)
from lockwright.locks.hypervisors.tickets import Tickets


class Waiting(Struct, align=64):
    lock: Atomic[Ptr[AtomicWord[Tickets]] | None]
    want: Atomic[u16]


lock_waiting: PerCpu[Waiting] = shared()
waiting_cpus: PerCpu[Atomic[u8]] = shared()
lock_kicker_irq: PerCpu[Atomic[u8]] = shared(initial=1)  # 0: the channel of this CPU is not bound (-1 in the kernel)


class Xen(Struct):
    """Holds nothing itself: the records are those of the guest."""

    def is_ready(self) -> bool:
        """Return whether this CPU may stop: what would wake it is there."""
        return lock_kicker_irq[cpu()].load(relaxed) != 0

    def announce(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None:
        """Note what this CPU waits for, then forget events of earlier waits: before the last look, or one is lost."""
        mine = lock_waiting[cpu()]
        mine.lock.store(None, relaxed)
        mine.want.store(want, release)
        mine.lock.store(tickets, release)
        waiting_cpus[cpu()].exchange(1, acq_rel)  # atomic, as the kernel's set_bit
        event_clear()

    def block(self, were_on: bool) -> None:
        interrupts_restore(were_on)
        event_poll()
        interrupts_off()

    def withdraw(self) -> None:
        """Take back what `announce` noted."""
        waiting_cpus[cpu()].exchange(0, relaxed)
        lock_waiting[cpu()].lock.store(None, relaxed)

    @symbol("xen_unlock_kick")
    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], ticket: u16) -> None:
        """Find the CPU that waits for this lock with this ticket, and send it its event."""
        for other in range(cpus()):
            if waiting_cpus[other].load(acquire):
                theirs = lock_waiting[other]
                if theirs.lock.load(acquire) is tickets and theirs.want.load(relaxed) == ticket:
                    event_send(other)
                    return
