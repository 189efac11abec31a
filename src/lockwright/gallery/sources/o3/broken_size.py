"""Open vSwitch finds the record of a NUMA node by the node's id; ids may have holes."""

from lockwright.language import (
    Array,
    Atomic,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    field,
    numa_node,
    numa_nodes,
    relaxed,
    u64,
)
from lockwright.locks.tas import TasLock


class Record(Struct):
    lock: TasLock
    packets: u64


class Flow(Struct):
    records: Array[Atomic[Ptr[Record] | None]] = field(length=numa_nodes())

    def setup(self) -> None:
        self.records[0].store(alloc(Record, node=0), relaxed)

    def update(self) -> None:
        record = self.records[numa_node()].load(acquire)
        if record is None:
            record = self.records[0].load(acquire)
        assert record is not None
        with record.lock:
            record.packets += 1


class Packets(Workload):
    flow: Flow

    def each_thread(self) -> None:
        self.flow.update()
