"""Open vSwitch counts packets: node 0 has written, now two CPUs of node 1 do, which makes a record of its own."""

from lockwright.language import (
    Atomic,
    PerNode,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    numa_node,
    relaxed,
    release,
    u32,
    workers,
)
from lockwright.locks.tas import TasLock


class Record(Struct):
    lock: TasLock
    packets: u32


class Flow(Struct):
    records: PerNode[Atomic[Ptr[Record] | None]]
    last_writer: Atomic[u32]  # a node

    def setup(self) -> None:
        first = alloc(Record, node=0)
        assert first is not None
        first.packets = 1  # node 0 has written, and is the last writer
        self.records[0].store(first, relaxed)

    def update(self) -> None:
        node = numa_node()
        own = self.records[node].load(acquire)
        if own is not None:
            with own.lock:
                own.packets += 1
            return
        first = self.records[0].load(acquire)
        assert first is not None
        with first.lock:
            if self.last_writer.load(relaxed) != node:
                fresh = alloc(Record, node=node)
                if fresh is not None:
                    fresh.packets = 1
                    self.records[node].store(fresh, release)
                    return
                self.last_writer.store(node, relaxed)
            first.packets += 1


class Packets(Workload):
    flow: Flow

    @workers(2, node=1)
    def receive(self) -> None:
        self.flow.update()

    def at_rest(self) -> None:
        packets = u32(0)
        for node in range(len(self.flow.records)):
            record = self.flow.records[node].load(relaxed)
            if record is not None:
                packets += record.packets
        assert packets == 3, "one packet of node 0, two of node 1"
