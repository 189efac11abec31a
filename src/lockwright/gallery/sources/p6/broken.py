"""Three CPUs under Xen, polling with interrupts on: what a CPU waits for is noted as a lock and a ticket."""

from lockwright.language import (
    Array,
    Atomic,
    AtomicWord,
    PerCpu,
    Word,
    Workload,
    acquire,
    cpu,
    cpus,
    event_clear,
    event_poll,
    event_send,
    field,
    interrupt,
    relaxed,
    release,
    u8,
    workers,
)

ONE = 1
OTHER = 2


class Note(Word):
    lock: u8 = 0  # 0: none
    want: u8 = 0


class Guest(Workload):
    heads: Array[Atomic[u8]] = field(length=3)  # of each lock, the ticket that is served
    notes: PerCpu[AtomicWord[Note]]

    def wait(self, lock: u8, want: u8) -> None:
        mine = self.notes[cpu()]
        below = mine.load(relaxed)  # of the waiter that a handler interrupts
        while self.heads[lock].load(acquire) != want:
            self.write(lock, want)
            event_clear()
            if self.heads[lock].load(acquire) != want:
                event_poll()
        self.write(below.lock, below.want)
        event_send(cpu())

    def write(self, lock: u8, want: u8) -> None:
        mine = self.notes[cpu()]
        # `lock` still names what the waiter below waits for
        mine.want.store(want, release)
        mine.lock.store(lock, release)

    def release(self, lock: u8) -> None:
        served = self.heads[lock].fetch_add(1, release) + 1
        for other in range(cpus()):
            if self.notes[other].load(acquire) == Note(lock=lock, want=served):
                event_send(other)
                return

    @workers(1, cpu=0)
    def third(self) -> None:
        self.wait(ONE, 2)

    @interrupt(cpu=0)
    def handler(self) -> None:
        self.wait(OTHER, 1)

    @workers(1, cpu=1)
    def second(self) -> None:
        self.wait(ONE, 1)
        self.release(ONE)

    @workers(1, cpu=2)
    def first(self) -> None:
        self.release(ONE)
        self.release(OTHER)
