import threading

from lockwright.language import Atomic, Lock, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None: ...
    def unlock(self) -> None: ...
