from lockwright.language import Atomic, Lock


class Mine(Lock):
    owner: Atomic[u24]

    def lock(self) -> None: ...
    def unlock(self) -> None: ...
