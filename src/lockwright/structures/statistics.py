"""Packet statistics in three forms: one record for all, one for each CPU, one for each NUMA node that needs it.

Per node: a flow begins with one record, of node 0.  A node gets its own when it writes while the last who wrote there
was another node; a flow that a single node uses keeps one record for ever.  All look at this under the lock of the
first record, so two CPUs of one node cannot both make one.  If memory is short, the packet counts in the first record.

Source: Linux net/openvswitch/flow.c at 63e7959c (3.16), per node; at e298e505 (3.14), per CPU and single.
"""

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    PerCpu,
    PerNode,
    Ptr,
    Struct,
    acquire,
    alloc,
    cpu,
    free,
    i64,
    now,
    numa_node,
    relaxed,
    release,
    softirqs_disabled,
    symbol,
    u16,
    u64,
)

L = TypeVar("L", bound=Lock)
NO_NODE = -1


class Record(Struct, Generic[L], align=64):
    lock: L
    used: u64
    packets: u64
    octets: u64
    tcp_flags: u16

    def count(self, octets: u64, tcp_flags: u16) -> None:
        self.used = now()
        self.packets += 1
        self.octets += octets
        self.tcp_flags |= tcp_flags

    def clear(self) -> None:
        """What is not yet shared begins anew; its lock is free."""
        self.used = 0
        self.packets = 0
        self.octets = 0
        self.tcp_flags = 0

    def read_packets(self) -> u64:
        with softirqs_disabled(), self.lock:
            return self.packets


class SingleStatistics(Struct, Generic[L]):
    record: Record[L]

    @symbol("ovs_flow_stats_update")
    def update(self, octets: u64, tcp_flags: u16) -> None:
        with self.record.lock:
            self.record.count(octets, tcp_flags)

    @symbol("ovs_flow_stats_get")
    def packets(self) -> u64:
        return self.record.read_packets()


class PerCpuStatistics(Struct, Generic[L]):
    records: PerCpu[Record[L]]

    @symbol("ovs_flow_stats_update")
    def update(self, octets: u64, tcp_flags: u16) -> None:
        record = self.records[cpu()]
        with record.lock:
            record.count(octets, tcp_flags)

    @symbol("ovs_flow_stats_get")
    def packets(self) -> u64:
        total = u64(0)
        for one in range(len(self.records)):
            total += self.records[one].read_packets()
        return total


class PerNodeStatistics(Struct, Generic[L]):
    records: PerNode[Atomic[Ptr[Record[L]] | None]]
    last_writer: Atomic[i64]

    def begin(self) -> bool:
        """Make the record of node 0, before anybody else knows the flow; false without memory."""
        first = alloc(Record[L], node=0)
        if first is None:
            return False
        self.records[0].store(first, relaxed)
        self.last_writer.store(NO_NODE, relaxed)
        return True

    def end(self) -> None:
        """Free all records, when nobody else knows the flow any more."""
        for node in range(len(self.records)):
            record = self.records[node].load(relaxed)
            if record is not None:
                free(record)

    @symbol("ovs_flow_stats_update")
    def update(self, octets: u64, tcp_flags: u16) -> None:
        node = numa_node()
        own = self.records[node].load(acquire)
        if own is not None:
            with own.lock:
                if node == 0 and self.last_writer.load(relaxed) != 0:
                    self.last_writer.store(0, relaxed)
                own.count(octets, tcp_flags)
            return
        first = self.records[0].load(acquire)
        assert first is not None
        with first.lock:
            last = self.last_writer.load(relaxed)
            if last != node:
                if last != NO_NODE and self.records[node].load(relaxed) is None:
                    fresh = alloc(Record[L], node=node)
                    if fresh is not None:
                        fresh.count(octets, tcp_flags)
                        self.records[node].store(fresh, release)
                        return
                self.last_writer.store(node, relaxed)
            first.count(octets, tcp_flags)

    @symbol("ovs_flow_stats_get")
    def packets(self) -> u64:
        """The sum over all nodes, from node 0 on: it has a record even where it has no CPU and no memory."""
        total = u64(0)
        for node in range(len(self.records)):
            record = self.records[node].load(acquire)
            if record is not None:
                total += record.read_packets()
        return total
