"""Threads that take a lock or only try to, as it comes: those who try meet those who wait."""

from typing import Generic, TypeVar

from lockwright.language import Lock, Workload, random, running, u32

L = TypeVar("L", bound=Lock)


class Mixed(Workload, Generic[L]):
    lock: L
    counter: u32

    def each_thread(self) -> None:
        while running():
            if random(2) == 0:
                with self.lock:
                    self.counter += 1
            elif self.lock.trylock():
                self.counter += 1
                self.lock.unlock()
