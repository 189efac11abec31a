"""A counter behind a lock: what `check` puts a lock into."""

from typing import Generic, TypeVar

from lockwright.language import Lock, Workload, running, u32

L = TypeVar("L", bound=Lock)


class MutualExclusion(Workload, Generic[L]):
    lock: L
    counter: u32

    def each_thread(self) -> None:
        while running():
            with self.lock:
                self.counter += 1
