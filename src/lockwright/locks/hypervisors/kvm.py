"""KVM: a CPU halts, and a kick ends the halt, one that came before it too.

Each CPU has a record of the lock and the ticket it waits for, and a bit in a mask (here a byte beside the others') that
says whether the record counts.  A releaser looks through the mask, and kicks the CPU that waits for the next ticket.

Source: Linux 92b75202e5e8 (3.12), arch/x86/kernel/kvm.c.
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
    halt,
    kick,
    relaxed,
    release,
    shared,
    symbol,
    u8,
    u16,
)
from lockwright.locks.hypervisors.tickets import Tickets


class Waiting(Struct, align=64):
    lock: Atomic[Ptr[AtomicWord[Tickets]] | None]  # an address: it is compared, and never followed
    want: Atomic[u16]  # the ticket


klock_waiting: PerCpu[Waiting] = shared()  # what each CPU waits for
waiting_cpus: PerCpu[Atomic[u8]] = shared()  # whether it waits: 0 or 1; a mask in the kernel


class Kvm(Struct):
    """Holds nothing itself: the records are those of the guest."""

    def is_ready(self) -> bool:
        """Return whether this CPU may stop: what would wake it is there."""
        return True

    def announce(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None:
        """Note what this CPU waits for; `lock` is empty while `want` changes, so that nobody takes one for another."""
        mine = klock_waiting[cpu()]
        mine.lock.store(None, relaxed)
        mine.want.store(want, release)
        mine.lock.store(tickets, release)
        waiting_cpus[cpu()].exchange(1, acq_rel)  # atomic, as the kernel's set_bit

    def block(self, were_on: bool) -> None:
        """Halt until kicked; interrupts come on with the halt in one step, and only if they were on before."""
        halt(interrupts_on=were_on)

    def withdraw(self) -> None:
        """Take back what `announce` noted."""
        waiting_cpus[cpu()].exchange(0, relaxed)
        klock_waiting[cpu()].lock.store(None, relaxed)

    @symbol("kvm_unlock_kick")
    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], ticket: u16) -> None:
        """Kick the CPU that has noted this lock and ticket: addresses are compared, and nothing of the lock is read."""
        for other in range(cpus()):
            if waiting_cpus[other].load(acquire):
                theirs = klock_waiting[other]
                if theirs.lock.load(acquire) is tickets and theirs.want.load(relaxed) == ticket:
                    kick(other)
                    return
