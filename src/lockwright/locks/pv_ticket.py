"""Paravirtual ticket lock of Linux 3.12: spin for a while, then halt; a flag tells the releaser that it must kick.

Waiters spin on `head`, at most `spin_threshold` times, and then halt.  The lowest bit of `tail` says that one may be
halted, so that a release nobody sleeps for costs no more than one locked add.

Source: Linux 545ac13892ab (the two hooks), 96f853eaa889 (the flag), 92b75202e5e8 (the KVM back end).
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
    acq_rel,
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
    shared,
    symbol,
    u8,
    u16,
    u32,
)

SLOWPATH = 1
STEP = 2


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
        mine.asleep.store(1, release)
        tickets.tail.fetch_or(SLOWPATH, acq_rel)
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


class PvTicketLock(Lock, fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
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
            hypervisor.lock_spinning(self.tickets, want)

    @symbol("__ticket_spin_unlock")
    def unlock(self) -> None:
        before = self.tickets.load(relaxed)
        self.tickets.head.fetch_add(STEP, acq_rel)
        if self.tickets.tail.load(acquire) & SLOWPATH:
            self.unlock_slowpath(before)
        preemption_on()

    def unlock_slowpath(self, before: Tickets) -> None:
        served = Tickets(head=before.head + STEP, tail=before.tail)
        cleared = Tickets(head=served.head, tail=served.tail & ~SLOWPATH)
        if cleared.head != cleared.tail or self.tickets.compare_exchange(served, cleared, acq_rel) != served:
            hypervisor.unlock_kick(self.tickets, served.head)
