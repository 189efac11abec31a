"""Message passing: data, then a flag; may who sees the flag miss the data?

Source: Maranget, Sarkar and Sewell, "A tutorial introduction to the ARM and POWER relaxed memory models", 2012; release
sequences: C++20, [intro.races].
"""

from lockwright.language import Atomic, Workload, acquire, relaxed, release, u8, workers


class Relaxed(Workload):
    data: Atomic[u8]
    flag: Atomic[u8]
    saw: u8
    got: u8

    @workers(1)
    def sender(self) -> None:
        self.data.store(1, relaxed)
        self.flag.store(1, relaxed)

    @workers(1)
    def receiver(self) -> None:
        self.saw = self.flag.load(relaxed)
        self.got = self.data.load(relaxed)


class ReleaseAcquire(Workload):
    data: Atomic[u8]
    flag: Atomic[u8]
    saw: u8
    got: u8

    @workers(1)
    def sender(self) -> None:
        self.data.store(1, relaxed)
        self.flag.store(1, release)

    @workers(1)
    def receiver(self) -> None:
        self.saw = self.flag.load(acquire)
        self.got = self.data.load(relaxed)


class ReleaseSequence(Workload):
    """An update by a third thread passes on what the release published; who reads 2 has read behind it."""

    data: Atomic[u8]
    flag: Atomic[u8]
    saw: u8
    got: u8

    @workers(1)
    def sender(self) -> None:
        self.data.store(1, relaxed)
        self.flag.store(1, release)

    @workers(1)
    def between(self) -> None:
        self.flag.fetch_add(1, relaxed)

    @workers(1)
    def receiver(self) -> None:
        self.saw = self.flag.load(acquire)
        self.got = self.data.load(relaxed)
