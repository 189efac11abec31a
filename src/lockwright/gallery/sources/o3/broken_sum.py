"""Open vSwitch sums up a flow whose first record is that of node 0, also where there is no node 0."""

from lockwright.language import (
    Atomic,
    PerNode,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    numa_node,
    numa_node_exists,
    numa_node_ids,
    relaxed,
    threads,
    u64,
)
from lockwright.locks.tas import TasLock


class Record(Struct):
    lock: TasLock
    packets: u64


class Flow(Struct):
    records: PerNode[Atomic[Ptr[Record] | None]]

    def setup(self) -> None:
        self.records[0].store(alloc(Record, node=0), relaxed)

    def update(self) -> None:
        record = self.records[numa_node()].load(acquire)
        if record is None:
            record = self.records[0].load(acquire)
        assert record is not None
        with record.lock:
            record.packets += 1

    def packets(self) -> u64:
        total = u64(0)
        for node in range(numa_node_ids()):
            if numa_node_exists(node):
                record = self.records[node].load(acquire)
                if record is not None:
                    total += record.packets
        return total


class Packets(Workload):
    flow: Flow

    def each_thread(self) -> None:
        self.flow.update()

    def at_rest(self) -> None:
        assert self.flow.packets() == threads(), "what was sent is what is read"
