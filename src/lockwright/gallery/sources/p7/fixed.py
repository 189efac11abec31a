"""A ticket lock whose waiters halt: every release kicks the CPU that waits for the next ticket."""

from lockwright.language import (
    Atomic,
    AtomicWord,
    Lock,
    Param,
    PerCpu,
    Struct,
    Word,
    acq_rel,
    acquire,
    cpu,
    cpus,
    halt,
    kick,
    pause,
    preemption_off,
    preemption_on,
    relaxed,
    release,
    u8,
    u16,
    u32,
)


class Tickets(Word):
    head: u16 = 0
    tail: u16 = 0


class Waiting(Struct):
    want: Atomic[u16]
    asleep: Atomic[u8]


class HaltingLock(Lock, fifo=True, overcommit=True):
    tickets: AtomicWord[Tickets]
    waiting: PerCpu[Waiting]
    spin_threshold: Param[u32] = 1 << 15

    def lock(self) -> None:
        preemption_off()
        drawn = self.tickets.fetch_add(Tickets(tail=1), acquire)
        while True:
            for _ in range(self.spin_threshold):
                if self.tickets.head.load(acquire) == drawn.tail:
                    return
                pause()
            self.lock_spinning(drawn.tail)

    def lock_spinning(self, want: u16) -> None:
        mine = self.waiting[cpu()]
        mine.want.store(want, release)
        mine.asleep.exchange(1, acq_rel)
        if self.tickets.head.load(acquire) != want:
            halt()
        mine.asleep.exchange(0, relaxed)

    def unlock(self) -> None:
        served = self.tickets.head.fetch_add(1, acq_rel) + 1
        for other in range(cpus()):
            theirs = self.waiting[other]
            if theirs.asleep.load(acquire) and theirs.want.load(relaxed) == served:
                kick(other)
        preemption_on()
