"""A counter behind a lock that threads only try to take: nobody waits."""

from typing import Generic, TypeVar

from lockwright.language import Lock, Workload, running, u32

L = TypeVar("L", bound=Lock)


class Trying(Workload, Generic[L]):
    lock: L
    counter: u32

    def each_thread(self) -> None:
        while running():
            if self.lock.trylock():
                self.counter += 1
                self.lock.unlock()
