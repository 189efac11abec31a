from lockwright.language import Atomic, Lock, release, Struct, u8


class Node(Struct):
    key: u8


class Mine(Lock):
    held: Atomic[u8]
    node: Atomic[Node]

    def lock(self) -> None:
        pass

    def unlock(self) -> None:
        self.held.store(0, release)
