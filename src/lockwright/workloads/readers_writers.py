"""Two fields behind a reader-writer lock: readers see them equal, each thread writes in turn with reading."""

from typing import Generic, TypeVar

from lockwright.language import RwLock, Workload, running, u8

R = TypeVar("R", bound=RwLock)


class ReadersWriters(Workload, Generic[R]):
    lock: R
    first: u8
    second: u8

    def each_thread(self) -> None:
        while running():
            with self.lock.writing():
                self.first += 1
                self.second += 1
            with self.lock.reading():
                assert self.first == self.second
