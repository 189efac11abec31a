from typing import Generic, TypeVar

from lockwright.language import Atomic, Lock, Struct, Workload, acquire, pause, release, u8


class Short(Struct):
    def wait(self) -> None:
        pause()


class Long(Struct):
    def wait(self) -> None:
        pause()


Waiting = TypeVar("Waiting", Short)


class Held(Lock, Generic[Waiting]):
    held: Atomic[u8]
    waiting: Waiting

    def lock(self) -> None:
        while self.held.exchange(1, acquire):
            self.waiting.wait()

    def unlock(self) -> None:
        self.held.store(0, release)


class Both(Workload):
    inner: Held[Long]

    def each_thread(self) -> None:
        with self.inner:
            pause()
