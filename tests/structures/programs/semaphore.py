"""A semaphore that one thread at a time may have, given by whoever finishes first; and one that two may have."""

from __future__ import annotations

from lockwright.language import Param, Workload, random, running, u32
from lockwright.locks.tas import TasLock
from lockwright.structures.semaphore import Semaphore


class Taking(Workload):
    """Up to `limit` threads are inside at once; some only try."""

    limit: Param[u32] = 1
    semaphore: Semaphore[TasLock]
    guard: TasLock
    inside: u32

    def setup(self) -> None:
        self.semaphore.count = self.limit

    def each_thread(self) -> None:
        while running():
            if random(2) == 0:
                self.semaphore.down()
            elif not self.semaphore.try_down():
                continue
            with self.guard:
                self.inside += 1
                assert self.inside <= self.limit
            with self.guard:
                self.inside -= 1
            self.semaphore.up()

    def at_rest(self) -> None:
        assert self.semaphore.count == self.limit
        assert self.semaphore.first is None
        assert self.semaphore.last is None


class Handed(Workload):
    """Held at first, as in a buffer that is being made: whoever comes first makes it, the others wait for that."""

    semaphore: Semaphore[TasLock]
    claim: TasLock
    claimed: bool
    made: u32

    def each_thread(self) -> None:
        with self.claim:
            is_first = not self.claimed
            self.claimed = True
        if is_first:
            self.made = 1
        else:
            self.semaphore.down()
            assert self.made > 0
            self.made += 1
        self.semaphore.up()

    def at_rest(self) -> None:
        assert self.semaphore.count == 1
