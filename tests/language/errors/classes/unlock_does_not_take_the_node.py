from lockwright.language import Atomic, Lock, Ptr, release, Struct, u8


class Node(Struct):
    key: u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self, node: Ptr[Node]) -> None:
        pass

    def unlock(self, node: Ptr[Node], more: u8) -> None:
        self.held.store(0, release)
