from lockwright.language import Atomic, Lock, Ptr, release, Struct, u8


class Node(Struct):
    key: u8
    after: Ptr["Node"] | None


class Mine(Lock):
    held: Atomic[u8]
    first: Ptr[Node] | None

    def lock(self) -> None:
        first = self.first
        self.held.store(first.key)

    def unlock(self) -> None:
        self.held.store(0, release)
