from lockwright.language import Ptr, Struct, Workload, u32


class Node(Struct):
    count: u32


class Two(Workload):
    first: Ptr[Node] | None
    second: Ptr[Node] | None

    def each_thread(self) -> None:
        first = self.first
        second = self.second
        if first is second:
            first.count = 1
