"""Mutual exclusion without updates: Dekker's first step and Peterson's lock, one try each; may both be inside?

Source: Dijkstra, "Cooperating sequential processes", 1965; Peterson, IPL 12(3), 1981.
"""

from lockwright.language import Array, Atomic, Workload, acquire, fence, field, relaxed, release, seq_cst, thread, u8


class DekkerFenced(Workload):
    wants: Array[Atomic[u8]] = field(length=2)
    inside: Array[u8] = field(length=2)

    def each_thread(self) -> None:
        me = thread()
        self.wants[me].store(1, relaxed)
        fence(seq_cst)
        if self.wants[1 - me].load(acquire) == 0:
            self.inside[me] = 1


class DekkerReleased(Workload):
    wants: Array[Atomic[u8]] = field(length=2)
    inside: Array[u8] = field(length=2)

    def each_thread(self) -> None:
        me = thread()
        self.wants[me].store(1, release)
        if self.wants[1 - me].load(acquire) == 0:
            self.inside[me] = 1


class PetersonSeqCst(Workload):
    wants: Array[Atomic[u8]] = field(length=2)
    turn: Atomic[u8]
    inside: Array[u8] = field(length=2)

    def each_thread(self) -> None:
        me = thread()
        self.wants[me].store(1, seq_cst)
        self.turn.store(u8(1 - me), seq_cst)
        if self.wants[1 - me].load(seq_cst) == 0 or self.turn.load(seq_cst) == me:
            self.inside[me] = 1


class PetersonReleased(Workload):
    wants: Array[Atomic[u8]] = field(length=2)
    turn: Atomic[u8]
    inside: Array[u8] = field(length=2)

    def each_thread(self) -> None:
        me = thread()
        self.wants[me].store(1, release)
        self.turn.store(u8(1 - me), release)
        if self.wants[1 - me].load(acquire) == 0 or self.turn.load(acquire) == me:
            self.inside[me] = 1
