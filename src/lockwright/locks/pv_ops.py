"""The spin lock of a paravirtual kernel, Linux 2.6.27 to 3.11: every call goes through a table that is patched at boot.

On bare metal the table leads to the ticket lock, on Xen to its byte lock.  Both use the same two bytes, in different
ways: only a word that was never used is free in both.  A ticket lock that was taken and released once reads 0x0101,
which the byte lock takes for held.  So the table must be patched before any lock is used, for every caller.

Source: Linux 74d4affde8fe and 8efcbab674de (2.6.27), b4ecc126991b (the price of the calls).
"""

from lockwright.language import (
    AtomicWord,
    Lock,
    Ptr,
    Table,
    Word,
    acquire,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    symbol,
    table,
    u8,
)


class Slock(Word):
    low: u8 = 0  # the ticket that is served, or Xen's byte: 1 while the lock is held
    high: u8 = 0  # the next ticket, or the number of CPUs that sleep


class SpinCalls(Table):
    def lock(self, slock: Ptr[AtomicWord[Slock]]) -> None: ...
    def unlock(self, slock: Ptr[AtomicWord[Slock]]) -> None: ...


class Native(SpinCalls):
    @symbol("__ticket_spin_lock")
    def lock(self, slock: Ptr[AtomicWord[Slock]]) -> None:
        drawn = slock.fetch_add(Slock(high=1), acquire)
        low = drawn.low
        while low != drawn.high:
            pause()
            low = slock.low.load(acquire)

    @symbol("__ticket_spin_unlock")
    def unlock(self, slock: Ptr[AtomicWord[Slock]]) -> None:
        slock.low.store(slock.low.load(relaxed) + 1, release)


class Xen(SpinCalls):
    """The fast path of `xen_byte`: how it sleeps does not matter to who holds the lock."""

    @symbol("xen_spin_lock")
    def lock(self, slock: Ptr[AtomicWord[Slock]]) -> None:
        while slock.low.exchange(1, acquire) != 0:
            while slock.low.load(relaxed) != 0:
                pause()

    @symbol("xen_spin_unlock")
    def unlock(self, slock: Ptr[AtomicWord[Slock]]) -> None:
        slock.low.store(0, release)


pv_lock_ops: SpinCalls = table(Native)


class PvOpsLock(Lock, fifo=True):
    slock: AtomicWord[Slock]

    @symbol("_spin_lock")
    def lock(self) -> None:
        preemption_off()
        pv_lock_ops.lock(self.slock)

    @symbol("_spin_unlock")
    def unlock(self) -> None:
        pv_lock_ops.unlock(self.slock)
        preemption_on()
