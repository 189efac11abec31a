"""Store buffering: each thread writes one flag and reads the other; may both read the old value?

Source: Owens, Sarkar and Sewell, "A better x86 memory model: x86-TSO", TPHOLs 2009.
"""

from lockwright.language import Atomic, Workload, fence, relaxed, seq_cst, u8, workers


class Relaxed(Workload):
    x: Atomic[u8]
    y: Atomic[u8]
    first: u8
    second: u8

    @workers(1)
    def one(self) -> None:
        self.x.store(1, relaxed)
        self.first = self.y.load(relaxed)

    @workers(1)
    def other(self) -> None:
        self.y.store(1, relaxed)
        self.second = self.x.load(relaxed)


class Fenced(Workload):
    x: Atomic[u8]
    y: Atomic[u8]
    first: u8
    second: u8

    @workers(1)
    def one(self) -> None:
        self.x.store(1, relaxed)
        fence(seq_cst)
        self.first = self.y.load(relaxed)

    @workers(1)
    def other(self) -> None:
        self.y.store(1, relaxed)
        fence(seq_cst)
        self.second = self.x.load(relaxed)
