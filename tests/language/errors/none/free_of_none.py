from lockwright.language import alloc, Atomic, free, Lock, Ptr, release, Struct, u8


class Node(Struct):
    key: u8
    after: Ptr["Node"] | None


class Mine(Lock):
    held: Atomic[u8]
    first: Ptr[Node] | None

    def lock(self) -> None:
        record = alloc(Node)
        free(record)

    def unlock(self) -> None:
        self.held.store(0, release)
