"""Counters per NUMA node, per CPU and per thread, summed by whoever asks; a record is made when a node first counts."""

from __future__ import annotations

from lockwright.language import (
    Array,
    Atomic,
    Param,
    PerCpu,
    PerNode,
    PerThread,
    Ptr,
    Struct,
    Workload,
    acquire,
    alloc,
    cpu,
    field,
    free,
    i64,
    numa_node,
    numa_node_exists,
    numa_node_ids,
    numa_nodes,
    random,
    relaxed,
    release,
    running,
    shared,
    thread,
    threads,
    u16,
    u32,
    u64,
)


class Count(Struct, align=64):
    events: Atomic[u64]
    flags: u16


class NodeCounts(Struct):
    by_node: PerNode[Atomic[Ptr[Count] | None]]
    by_cpu: PerCpu[Atomic[u64]]
    by_thread: PerThread[u32]

    def count(self, size: u16) -> None:
        node = numa_node()
        mine = self.by_node[node].load(acquire)
        if mine is None:
            fresh = alloc(Count, node=node)
            if fresh is None:
                self.by_cpu[cpu()].fetch_add(size, relaxed)
                return
            found = self.by_node[node].compare_exchange(None, fresh, release)
            if found is not None:
                free(fresh)
                mine = found
            else:
                mine = fresh
        mine.events.fetch_add(size, relaxed)
        self.by_thread[thread()] += size

    def total(self) -> u64:
        sum_of = u64(0)
        for node in range(numa_node_ids()):
            if numa_node_exists(node):
                one = self.by_node[node].load(acquire)
                sum_of += 0 if one is None else one.events.load(relaxed)
        for index in range(len(self.by_cpu)):
            sum_of += self.by_cpu[index].load(relaxed)
        return sum_of


everywhere: NodeCounts = shared()
balance: Atomic[i64] = shared(initial=-1)


class Counting(Workload):
    nodes: Array[Atomic[u32]] = field(length=numa_nodes())
    largest: Param[u16] = 4

    def each_thread(self) -> None:
        while running():
            everywhere.count(u16(random(self.largest)) + 1)
            balance.fetch_sub(1, relaxed)

    def at_rest(self) -> None:
        expected = u64(0)
        for index in range(threads()):
            expected += everywhere.by_thread[index]
        assert everywhere.total() == expected
        assert balance.load() < 0
