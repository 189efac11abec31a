from lockwright.language import Struct, Workload, u8


class Node(Struct):
    key: u8
    after: "Node"


class Load(Workload):
    first: Node

    def each_thread(self) -> None: ...
