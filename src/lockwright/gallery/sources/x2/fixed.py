"""A CPU of a Xen guest waits for a lock; the handler that interrupts it has to wait for another."""

from lockwright.language import (
    Atomic,
    PerCpu,
    Ptr,
    Struct,
    Workload,
    acquire,
    cpu,
    cpus,
    event_clear,
    event_pending,
    event_poll,
    event_send,
    event_set,
    fence,
    interrupt,
    pause,
    relaxed,
    release,
    seq_cst,
    shared,
    u8,
    workers,
)

SPINS = 1 << 10


lock_spinners: PerCpu[Atomic[Ptr[Atomic[u8]] | None]] = shared()  # what each CPU waits for: the byte of a lock


class ByteLock(Struct):
    held: Atomic[u8]
    spinners: Atomic[u8]

    def lock(self) -> None:
        while self.held.exchange(1, acquire) != 0:
            if not self.is_freed() and self.lock_slow():
                return

    def is_freed(self) -> bool:
        for _ in range(SPINS):
            pause()
            if self.held.load(relaxed) == 0:
                return True
        return False

    def lock_slow(self) -> bool:
        outer = lock_spinners[cpu()].load(relaxed)
        lock_spinners[cpu()].store(self.held, release)
        self.spinners.fetch_add(1, seq_cst)
        taken = False
        while True:
            event_clear()
            if self.held.exchange(1, acquire) == 0:
                taken = True
                if outer is not None:
                    event_set()
                break
            event_poll()
            if event_pending():
                break
        self.spinners.fetch_sub(1, release)
        lock_spinners[cpu()].store(outer, release)
        return taken

    def unlock(self) -> None:
        self.held.store(0, release)
        fence(seq_cst)
        if self.spinners.load(relaxed) != 0:
            for other in range(cpus()):
                if lock_spinners[other].load(acquire) is self.held:
                    event_send(other)
                    return


class Guest(Workload):
    process: ByteLock
    device: ByteLock  # taken by the handler too

    @workers(1, cpu=0)
    def waiter(self) -> None:
        self.process.lock()
        self.process.unlock()

    @interrupt(cpu=0)
    def handler(self) -> None:
        self.device.lock()
        self.device.unlock()

    @workers(1, cpu=1)
    def holder(self) -> None:
        self.process.lock()
        self.device.lock()
        self.device.unlock()
        self.process.unlock()
