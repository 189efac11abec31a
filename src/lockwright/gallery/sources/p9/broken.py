"""Calls of the core and calls of modules go through tables of their own, which are patched at different times."""

from lockwright.language import (
    AtomicWord,
    Ptr,
    Struct,
    Table,
    Workload,
    acq_rel,
    acquire,
    interrupts_off,
    interrupts_restore,
    patch,
    pause,
    shared,
    table,
    u16,
    workers,
)
from lockwright.locks.hypervisors.kvm import Kvm
from lockwright.locks.hypervisors.tickets import Tickets

SPINS = 1 << 15
kvm: Kvm = shared()


class PvLockOps(Table):
    """The two hooks of a paravirtual ticket lock."""

    def lock_spinning(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None: ...
    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], served: u16) -> None: ...


class Native(PvLockOps):
    def lock_spinning(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None:
        pass

    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], served: u16) -> None:
        pass


class Paravirtual(PvLockOps):
    def lock_spinning(self, tickets: Ptr[AtomicWord[Tickets]], want: u16) -> None:
        were_on = interrupts_off()
        kvm.announce(tickets, want)
        if tickets.head.load(acquire) != want:
            kvm.block(were_on)
        kvm.withdraw()
        interrupts_restore(were_on)

    def unlock_kick(self, tickets: Ptr[AtomicWord[Tickets]], served: u16) -> None:
        kvm.unlock_kick(tickets, served)


core: PvLockOps = table(Native)
module: PvLockOps = table(Native)


class SpinLock(Struct):
    tickets: AtomicWord[Tickets]

    def lock(self, in_module: bool) -> None:
        drawn = self.tickets.fetch_add(Tickets(tail=1), acquire)
        while True:
            for _ in range(SPINS):
                if self.tickets.head.load(acquire) == drawn.tail:
                    return
                pause()
            if in_module:
                module.lock_spinning(self.tickets, drawn.tail)
            else:
                core.lock_spinning(self.tickets, drawn.tail)

    def unlock(self, in_module: bool) -> None:
        served = self.tickets.head.fetch_add(1, acq_rel) + 1
        if in_module:
            module.unlock_kick(self.tickets, served)
        else:
            core.unlock_kick(self.tickets, served)


class Guest(Workload):
    spin: SpinLock

    def setup(self) -> None:
        # too late for the core: its calls have been patched already
        patch(module, Paravirtual)

    @workers(1)
    def in_core(self) -> None:
        self.spin.lock(in_module=False)
        self.spin.unlock(in_module=False)

    @workers(1)
    def in_module(self) -> None:
        self.spin.lock(in_module=True)
        self.spin.unlock(in_module=True)
