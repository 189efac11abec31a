"""The byte lock of Xen guests, Linux 2.6.27 to 3.11: swap a one into a byte; after a while, sleep until an event.

Not fair: whoever swaps first has the lock.  A waiter that has polled the byte `spin_threshold` times notes on its CPU
which lock it waits for, counts itself in `spinners`, and polls its event channel.  A release that finds spinners sends
an event to the first CPU that waits for this lock, or to all of them (`wakes_all`, since 3.9).

An interrupt handler may wait for another lock on top of a waiter: it puts the outer lock back when it is through, and
leaves an event pending, so that the outer waiter looks again before it sleeps.

Source: Linux 2d9e1e2f58b5 (2.6.27), with 168d2f464ab9 (nesting), 2496afbf1e50 (the fence) and f84adf4921ae (wake all);
arch/x86/xen/spinlock.c.
"""

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    PerCpu,
    Ptr,
    acquire,
    cpu,
    cpu_online,
    cpus,
    event_clear,
    event_pending,
    event_poll,
    event_send,
    event_set,
    fence,
    interrupts_off,
    interrupts_restore,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    seq_cst,
    shared,
    symbol,
    u8,
    u32,
)
from lockwright.locks.hypervisors.xen import lock_kicker_irq

lock_spinners: PerCpu[Atomic[Ptr[Atomic[u8]] | None]] = shared()  # what each CPU waits for: the byte of a lock


class XenByteLock(Lock, overcommit=True):
    held: Atomic[u8]
    spinners: Atomic[u8]
    spin_threshold: Param[u32] = 1 << 10
    wakes_all: Param[bool] = False

    @symbol("xen_spin_lock")
    def lock(self) -> None:
        preemption_off()
        self.take(irq_enable=False)

    @symbol("__xen_spin_lock")
    def take(self, irq_enable: bool) -> None:
        """Take the lock; `irq_enable`: interrupts are off, but were on before, and may be on during the sleep."""
        while self.held.exchange(1, acquire) != 0:
            if not self.is_freed() and self.lock_slow(irq_enable):
                return

    def is_freed(self) -> bool:
        for _ in range(self.spin_threshold):
            pause()
            if self.held.load(relaxed) == 0:
                return True
        return False

    @symbol("xen_spin_lock_slow")
    def lock_slow(self, irq_enable: bool) -> bool:
        """Sleep until an event; return whether this thread has the lock."""
        if lock_kicker_irq[cpu()].load(relaxed) == 0:
            return False
        outer = lock_spinners[cpu()].load(relaxed)
        lock_spinners[cpu()].store(self.held, release)
        self.spinners.fetch_add(1, relaxed)
        fence(seq_cst)  # on x86 the atomic add is one already
        taken = False
        while True:
            event_clear()
            if self.held.exchange(1, acquire) == 0:
                taken = True
                if outer is not None:
                    event_set()
                break
            if irq_enable:
                interrupts_restore(were_on=True)
            event_poll()
            if irq_enable:
                interrupts_off()
            if event_pending():
                break
        self.spinners.fetch_sub(1, release)
        lock_spinners[cpu()].store(outer, release)
        return taken

    @symbol("xen_spin_trylock")
    def trylock(self) -> bool:
        preemption_off()
        if self.held.exchange(1, acquire) == 0:
            return True
        preemption_on()
        return False

    @symbol("xen_spin_unlock")
    def unlock(self) -> None:
        self.put()
        preemption_on()

    def put(self) -> None:
        self.held.store(0, release)
        fence(seq_cst)
        if self.spinners.load(relaxed) != 0:
            self.unlock_slow()

    @symbol("xen_spin_unlock_slow")
    def unlock_slow(self) -> None:
        for other in range(cpus()):
            if cpu_online(other) and lock_spinners[other].load(acquire) is self.held:
                event_send(other)
                if not self.wakes_all:
                    return
