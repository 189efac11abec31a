from typing import Generic, TypeVar

from lockwright.language import Atomic, Lock, Workload, u8, u16, u64

T = TypeVar("T", u16, u8)


class Mine(Lock, Generic[T]):
    held: Atomic[T]

    def lock(self) -> None: ...
    def unlock(self) -> None: ...


class Load(Workload):
    lock: Mine[u64]

    def each_thread(self) -> None: ...
