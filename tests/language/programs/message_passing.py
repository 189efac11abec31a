"""Litmus tests: a message and its flag, and the same with four threads that must not disagree."""

from lockwright.language import Array, Atomic, Workload, acquire, fence, field, pause, relaxed, release, u32, workers


class MessagePassing(Workload):
    message: u32
    flag: Atomic[u32] = field(align=64)
    got: u32 = field(align=64)

    @workers(1)
    def sender(self) -> None:
        self.message = 42
        self.flag.store(1, release)

    @workers(1)
    def receiver(self) -> None:
        while self.flag.load(acquire) == 0:
            pause()
        self.got = self.message

    def at_rest(self) -> None:
        assert self.got == 42


class Disagreement(Workload):
    spots: Array[Atomic[u32]] = field(length=2, align=64)
    seen: Array[u32] = field(length=4)

    @workers(1)
    def first(self) -> None:
        self.spots[0].store(1, relaxed)

    @workers(1)
    def second(self) -> None:
        self.spots[1].store(1, relaxed)

    @workers(1)
    def left(self) -> None:
        self.seen[0] = self.spots[0].load(acquire)
        fence()
        self.seen[1] = self.spots[1].load(acquire)

    @workers(1)
    def right(self) -> None:
        self.seen[2] = self.spots[1].load(acquire)
        fence()
        self.seen[3] = self.spots[0].load(acquire)

    def at_rest(self) -> None:
        disagree = self.seen[0] == 1 and self.seen[1] == 0 and self.seen[2] == 1 and self.seen[3] == 0
        assert not disagree
