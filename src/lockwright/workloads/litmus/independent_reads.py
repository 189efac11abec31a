"""Independent reads of independent writes: may two readers see two writes in opposite orders?

Source: Boehm and Adve, "Foundations of the C++ concurrency memory model", PLDI 2008.
"""

from lockwright.language import Atomic, Workload, acquire, relaxed, seq_cst, u8, workers


class Acquire(Workload):
    x: Atomic[u8]
    y: Atomic[u8]
    x_then: u8
    y_after: u8
    y_then: u8
    x_after: u8

    @workers(1)
    def write_x(self) -> None:
        self.x.store(1, relaxed)

    @workers(1)
    def write_y(self) -> None:
        self.y.store(1, relaxed)

    @workers(1)
    def read_x_first(self) -> None:
        self.x_then = self.x.load(acquire)
        self.y_after = self.y.load(acquire)

    @workers(1)
    def read_y_first(self) -> None:
        self.y_then = self.y.load(acquire)
        self.x_after = self.x.load(acquire)


class SeqCst(Workload):
    x: Atomic[u8]
    y: Atomic[u8]
    x_then: u8
    y_after: u8
    y_then: u8
    x_after: u8

    @workers(1)
    def write_x(self) -> None:
        self.x.store(1, seq_cst)

    @workers(1)
    def write_y(self) -> None:
        self.y.store(1, seq_cst)

    @workers(1)
    def read_x_first(self) -> None:
        self.x_then = self.x.load(seq_cst)
        self.y_after = self.y.load(seq_cst)

    @workers(1)
    def read_y_first(self) -> None:
        self.y_then = self.y.load(seq_cst)
        self.x_after = self.x.load(seq_cst)
