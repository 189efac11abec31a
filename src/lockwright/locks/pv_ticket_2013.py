"""Paravirtual ticket lock as its first commit had it, in 2013: wrong on x86, a wake-up can be lost.

The release is a plain add, and the processor may hold it back in the store buffer while it already looks at `tail`: it
sees nobody, and does not kick, while the next in line still sees the old `head`, and halts.  `check` finds it under
`tso`; `pv_ticket` has the cure, a locked add.

Waiters spin on `head`, at most `spin_threshold` times, and then halt; every release that somebody waits for kicks.

Source: Linux 545ac13892ab, with the KVM back end of 92b75202e5e8 (the kernel never ran the two without 96f853eaa889).
"""

from lockwright.language import (
    Atomic,
    AtomicWord,
    Lock,
    Param,
    PerCpu,
    Ptr,
    Struct,
    Word,
    acquire,
    cpu,
    cpus,
    halt,
    interrupts_off,
    interrupts_restore,
    kick,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    seq_cst,
    shared,
    symbol,
    u8,
    u16,
    u32,
)


class Tickets(Word):
    head: u16 = 0
    tail: u16 = 0


class Waiting(Struct, align=64):
    lock: Atomic[Ptr[AtomicWord[Tickets]] | None]
    want: Atomic[u16]
    asleep: Atomic[u8]  # a bit of the mask `waiting_cpus` in the kernel


class Kvm(Struct):
    """Halts with a latch: a kick that comes before the halt ends the halt at once."""

    waiting: PerCpu[Waiting]

    @symbol("kvm_lock_spinning")
    def lock_spinning(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None:
        were_on = interrupts_off()
        mine = self.waiting[cpu()]
        mine.lock.store(None, relaxed)
        mine.want.store(want, release)
        mine.lock.store(tickets, release)
        mine.asleep.exchange(1, seq_cst)  # a locked bit operation in the kernel
        if tickets.head.load(acquire) != want:
            halt(interrupts_on=were_on)
        mine.asleep.store(0, relaxed)
        mine.lock.store(None, relaxed)
        interrupts_restore(were_on)

    @symbol("kvm_unlock_kick")
    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], head: u16) -> None:
        for other in range(cpus()):
            theirs = self.waiting[other]
            if (
                theirs.asleep.load(acquire)
                and theirs.lock.load(acquire) is tickets
                and theirs.want.load(relaxed) == head
            ):
                kick(other)
                return


hypervisor: Kvm = shared()  # one for all locks of the guest


class PvTicket2013Lock(Lock, fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
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
            hypervisor.lock_spinning(self.tickets, drawn.tail)

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        following = self.tickets.head.load(relaxed) + 1
        self.tickets.head.store(following, release)
        if self.tickets.tail.load(acquire) != following:
            hypervisor.unlock_kick(self.tickets, following)
        preemption_on()
